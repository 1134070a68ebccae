"""From a trained network to the one file the reader needs."""
