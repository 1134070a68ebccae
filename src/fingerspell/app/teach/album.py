"""A person's pictures of their hand, in a folder of this computer: `<folder>/<CLASS>/<number>.jpg`."""

import shutil
from pathlib import Path

from fingerspell.core.alphabet import CLASSES, DIGITS, LETTERS, MOVING_LETTERS, NOTHING, class_named
from fingerspell.errors import AppError
from fingerspell.files import write_atomically

WANTED = 10  # pictures of a sign
FEWEST, FEWEST_SIGNS = 3, 2  # as `fingerspell train-reader` has them
# A still holds only part of J and Z; `space` and `del` are signed in too many ways.
SIGNS = (*(letter for letter in LETTERS if letter not in MOVING_LETTERS), NOTHING, *DIGITS)
FEWEST_CHARACTERS = 2  # of an own sign's name: one is a letter
LONGEST_SIGN = 30  # characters of an own sign's name


class Album:
    """The pictures.

    Args:
        folder: where they are; made when the first one comes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def signs(self) -> tuple[str, ...]:
        """What there may be pictures of: the reader's signs, and the own ones that were begun."""
        folders = self.folder.iterdir() if self.folder.is_dir() else ()
        return (*SIGNS, *sorted(path.name for path in folders if path.name not in SIGNS))

    def begin(self, name: str) -> str:
        """Begin an own sign, which is typed as a word, or a letter such as C+H; its name as it is kept.

        Raises:
            AppError: it cannot be a sign's name, or not be written.
        """
        kept = "".join(c for c in name if c.isalnum() or c in "-_+ ")
        sign = class_named(" ".join(kept.split())[:LONGEST_SIGN])
        if sign in SIGNS:
            return sign
        if sign in CLASSES or len(sign) < FEWEST_CHARACTERS:
            raise AppError(
                f"{name!r} cannot be the name of a sign of your own: use a word, such as thank-you."
            )
        try:
            (self.folder / sign).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AppError(
                f"{self.folder / sign} cannot be made ({error.strerror}): change its name."
            ) from error
        return sign

    def pictures(self, sign: str) -> list[Path]:
        """The pictures of a sign, the oldest first."""
        return sorted((self.folder / sign).glob("*.jpg"), key=lambda path: int(path.stem))

    def counts(self) -> dict[str, int]:
        """How many pictures there are of each sign."""
        return {sign: len(self.pictures(sign)) for sign in self.signs}

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
        signs, counts = self.signs, self.counts()
        place = signs.index(after)
        order = (*signs[place:], *signs[:place])
        return next((sign for sign in order if counts[sign] < WANTED), after)

    def is_enough(self) -> bool:
        """Whether a reader can be taught."""
        held = [n for n in self.counts().values() if n]
        return len(held) >= FEWEST_SIGNS and min(held) >= FEWEST
