"""Hands to learn from, made up."""

import numpy as np


def hand(seed: int) -> np.ndarray:
    """A hand [21, 2] whose fingers end anywhere."""
    rng = np.random.default_rng(seed)
    bases = np.array([[0, 0.5], [-0.3, -0.4], [-0.1, -0.5], [0.1, -0.45], [0.3, -0.4]])
    joints = np.repeat(bases, 4, axis=0) + np.cumsum(rng.normal(0, 0.15, (20, 2)), 0) * 0.2
    return np.concatenate([[[0, 0.5]], joints]).astype(np.float32)
