"""Learning the letters: what each looks like, practice with a camera or without, progress over time."""
