"""Arrays that were costly to compute, kept as .npz files in a cache folder."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fingerspell.errors import DataError
from fingerspell.files import write_atomically

Arrays = dict[str, NDArray[Any]]


def save_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Keep arrays by name.

    Raises:
        DataError: the cache cannot be written to.
    """
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content.getvalue())
    except OSError as error:
        raise DataError(
            f"{path.parent} cannot be written to ({error.strerror}): choose another cache folder."
        ) from error


def load_arrays(path: Path | None) -> Arrays | None:
    """Arrays that were kept; None where there are none, or the file is damaged."""
    if path is None:
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return dict(kept)
    except Exception:  # noqa: BLE001 - numpy and zipfile raise whatever the damage leads to
        return None
