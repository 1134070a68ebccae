"""Still pictures, files of several, and folders of them, as frames."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from fingerspell.core.types import Frame
from fingerspell.errors import Fault, MediaError, PictureError
from fingerspell.pictures.container import Content, durations
from fingerspell.pictures.formats import (
    PICTURE_SUFFIXES,
    format_of,
    head_of,
    is_named_as_picture,
    natural_order,
)
from fingerspell.pictures.moving import file_content, moving_pictures
from fingerspell.pictures.still import decode, read_picture, refuse_other_formats

MOST_SENTENCES = 10  # about the damaged pictures of one folder
MOST_SUFFIXES = 5  # that are named of what is passed over


def is_picture(path: Path) -> bool:
    """Whether a file is in a format of pictures, told by its content, whatever it is called.

    Raises:
        OSError: it cannot be read.
        PictureError: it is a picture in a format that is not read here.
    """
    head = head_of(path)
    refuse_other_formats(head, path)
    return format_of(head) is not None


def picture_frames(path: Path) -> Iterator[Frame]:
    """One picture as the only frame.

    Raises:
        PictureError: it cannot be read.
    """
    yield Frame(0.0, read_picture(path))


def moving_frames(path: Path, longest_px: int | None) -> Iterator[Frame]:
    """The pictures of a file that holds several, each for as long as it is shown.

    They are at most `longest_px` a side (None: as they are).

    Raises:
        PictureError: it is damaged; whoever has taken the frames up to there keeps them.
    """
    with file_content(path) as content:
        yield from content_frames(content, path, longest_px)


def content_frames(content: Content, name: object, longest_px: int | None) -> Iterator[Frame]:
    """The picture of a file's content, or the several, as frames; errors call it `name`.

    Raises:
        PictureError: it is damaged; whoever has taken the frames up to there keeps them.
    """
    if len(own_s := durations(content)) > 1:
        lengths_s = lengths_shown(own_s)
        for place, shown in enumerate(moving_pictures(content, name, longest_px)):
            yield Frame(shown.start_s, shown.pixels, lengths_s[place])
    else:
        yield Frame(0.0, decode(bytes(content), name))


def lengths_shown(own_s: list[float]) -> list[float]:
    """How long each of several pictures counts: as its file says, and the last no less than the others.

    Who leaves out frames that do not change often gives the last one no length of its own, as in videos
    (see `timeline`).
    """
    *others, last = own_s
    return [*others, max(last, sum(others) / len(others))]


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder in natural order (2 before 10, b between A and C).

    Raises:
        MediaError: there are none.
    """
    return PictureFolder(folder).pictures


class PictureFolder:
    """The pictures of a folder as frames, and what of it is not read.

    Args:
        folder: where they are; not in folders below it.

    Attributes:
        pictures: in natural order.

    Raises:
        MediaError: there are none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        members = [path for path in folder.iterdir() if not path.name.startswith(".")]
        found = [path for path in members if is_named_as_picture(path)]
        self.pictures = sorted(found, key=lambda path: natural_order(path.name))
        self._n_folders = sum(path.is_dir() for path in members)
        others = (path for path in members if not is_named_as_picture(path) and not path.is_dir())
        self._others = Counter(path.suffix.lower() or "no suffix" for path in others)
        self._n_moving = 0
        if not found:
            held = self._passed_over()
            raise MediaError(
                f"{folder} holds no images ({', '.join(sorted(PICTURE_SUFFIXES))})"
                f"{f', but {held}' if held else ''}: "
                "give the folder they are in, or the files themselves."
            )

    def frames(self) -> Iterator[Frame]:
        """The pictures, one a second; those that cannot be read leave their second empty.

        Raises:
            MediaError: once all others have been given: what is wrong with those that cannot be read.
        """
        wrong: list[str] = []
        self._n_moving = 0
        for second, path in enumerate(self.pictures):
            try:
                pixels = read_picture(path)
            except PictureError as error:
                if error.fault is Fault.SEVERAL:
                    self._n_moving += 1
                else:
                    wrong.append(str(error))
                continue
            yield Frame(float(second), pixels, 1.0)
        if len(wrong) > MOST_SENTENCES:
            n_more = len(wrong) - MOST_SENTENCES
            wrong[MOST_SENTENCES:] = [f"{n_more} more images of {self._folder} cannot be read."]
        if wrong:
            raise MediaError(" ".join(wrong))
        if self._n_moving == len(self.pictures):
            raise MediaError(f"{self._folder} holds {self._passed_over()}: read these by themselves.")

    def notes(self) -> tuple[str, ...]:
        """What was passed over; once the frames have been read."""
        held = self._passed_over()
        return (f"{self._folder}: only images are read; {held} passed over.",) if held else ()

    def _passed_over(self) -> str:
        suffixes = [f"{count} {suffix}" for suffix, count in self._others.most_common(MOST_SUFFIXES)]
        if len(self._others) > MOST_SUFFIXES:
            suffixes.append("...")
        listed = f" ({', '.join(suffixes)})" if suffixes else ""
        parts = [
            _counted(self._n_moving, "file of several images", "files of several images"),
            _counted(self._others.total(), "other file", "other files") + listed,
            _counted(self._n_folders, "folder", "folders"),
        ]
        return " and ".join(part for part in parts if part)


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}" if count else ""
