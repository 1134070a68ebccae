"""Pictures as a browser sends them."""

import io

import numpy as np
from PIL import Image


def jpeg(pixels: np.ndarray) -> bytes:
    """A JPEG file of RGB uint8 [H, W, 3]."""
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "JPEG", quality=95)
    return content.getvalue()
