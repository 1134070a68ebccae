"""What do more devices and larger batches buy, and why? Grids of runs, a scaling model, hypotheses."""
