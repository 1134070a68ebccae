"""From letters as they were seen to words as they were meant: `speller` puts the parts together."""
