"""A person's pictures of their hand, in a folder of this computer: `<folder>/<CLASS>/<number>.jpg`."""

import shutil
from pathlib import Path

from fingerspell.core.alphabet import LETTERS, MOVING_LETTERS, NOTHING
from fingerspell.errors import AppError
from fingerspell.files import write_atomically

WANTED = 10  # pictures of a sign
FEWEST, FEWEST_SIGNS = 3, 2  # as `fingerspell train-reader` has them
# A still holds only part of J and Z; `space` and `del` are signed in too many ways.
SIGNS = (*(letter for letter in LETTERS if letter not in MOVING_LETTERS), NOTHING)


class Album:
    """The pictures.

    Args:
        folder: where they are; made when the first one comes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def pictures(self, sign: str) -> list[Path]:
        """The pictures of a sign, the oldest first."""
        return sorted((self.folder / sign).glob("*.jpg"), key=lambda path: int(path.stem))

    def counts(self) -> dict[str, int]:
        """How many pictures there are of each sign."""
        return {sign: len(self.pictures(sign)) for sign in SIGNS}

    def add(self, sign: str, jpeg: bytes) -> None:
        """Keep a picture.

        Raises:
            AppError: it cannot be written.
        """
        held = self.pictures(sign)
        number = int(held[-1].stem) + 1 if held else 1
        path = self.folder / sign / f"{number}.jpg"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, jpeg)
        except OSError as error:
            raise AppError(
                f"{path} cannot be written ({error.strerror}): make room, or change whose folder it is."
            ) from error

    def remove(self, sign: str) -> None:
        """Delete the pictures of a sign."""
        shutil.rmtree(self.folder / sign, ignore_errors=True)

    def clear(self) -> None:
        """Delete all."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def next_sign(self, after: str) -> str:
        """The next sign that lacks pictures; the same one if none does."""
        counts, place = self.counts(), SIGNS.index(after)
        order = (*SIGNS[place:], *SIGNS[:place])
        return next((sign for sign in order if counts[sign] < WANTED), after)

    def is_enough(self) -> bool:
        """Whether a reader can be taught."""
        held = [n for n in self.counts().values() if n]
        return len(held) >= FEWEST_SIGNS and min(held) >= FEWEST
