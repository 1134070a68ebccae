"""Pictures without hands, to be shown behind pictures of signs: rooms, streets, whatever there is."""

from pathlib import Path

import numpy as np

from fingerspell.data.decode import PackSpec, Pixels, decode_square
from fingerspell.errors import DataError, PictureError
from fingerspell.pictures.formats import PICTURE_SUFFIXES

MAX_BACKGROUNDS = 1000  # spread over the folder; 150 MB at 224 pixels


def read_backgrounds(folder: Path, size_px: int) -> Pixels:
    """All pictures of a folder, however deep, or `MAX_BACKGROUNDS` of them: uint8 [M, S, S, 3].

    Raises:
        DataError: there are none, or one cannot be read.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES)
    if not paths:
        raise DataError(f"{folder} holds no images to show behind signs: give a folder that does.")
    chosen = np.linspace(0, len(paths) - 1, min(len(paths), MAX_BACKGROUNDS)).astype(int)
    spec = PackSpec(size_px, keep_aspect=False)
    pictures = []
    for path in (paths[place] for place in chosen):
        try:
            pictures.append(decode_square(path.read_bytes(), spec, path))
        except (OSError, PictureError) as error:
            reason = error.fault if isinstance(error, PictureError) else error.strerror
            raise DataError(f"{path} cannot be decoded ({reason}): take it away.") from error
    return np.stack(pictures)
