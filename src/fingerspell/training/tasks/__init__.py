"""What a run learns: to classify images, or to read hands as the bundled reader does."""
