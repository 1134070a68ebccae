"""Evaluate models: predictions, then counts, then figures, then a report."""
