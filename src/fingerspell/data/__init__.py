"""Data sets: fetch, check, split honestly, pack once, augment, look at."""
