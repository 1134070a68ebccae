"""Training a sequence reader: from what is seen over time to the letters that are signed."""
