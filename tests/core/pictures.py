"""Pictures for tests of what is done to pixels."""

import numpy as np


def random_pictures(n: int, height: int, width: int) -> np.ndarray:
    """RGB noise, uint8 [N, H, W, 3]; the same for the same sides."""
    return np.random.default_rng(height * 100 + width).integers(0, 256, (n, height, width, 3), np.uint8)
