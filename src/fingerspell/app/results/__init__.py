"""Comparing models: training runs in a folder, and how well the loaded model reads."""
