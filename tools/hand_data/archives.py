"""Archives of arrays, written whole or not at all."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from fingerspell.files import write_atomically


def write_archive(path: Path, **arrays: ArrayLike) -> None:
    """Write a compressed .npz file."""
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    write_atomically(path, content.getvalue())
