"""What `read` does with many inputs: folders of clips, what is finished already, every core."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import typer

from fingerspell.cli.common import stages
from fingerspell.errors import MediaError
from fingerspell.pictures.formats import PICTURE_SUFFIXES, is_named_as_picture, natural_order
from fingerspell.runtime.many import Load, Outcome, read_many, read_on_ray

VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".gif", ".mpg", ".mpeg", ".ts", ".mts", ".flv"}
    | {".wmv", ".ogv", ".3gp"}
)
FEW_PICTURES = 100  # are read sooner than other processes have started
Todo = list[tuple[str, Sequence[Path]]]  # inputs, each with the files that are made of it
FINISHED = ".finished"  # in the folder of outputs: a digest for each input that was read


def expand(inputs: Sequence[str]) -> list[str]:
    """The inputs, with the videos of each folder that holds no images in its place.

    A folder of images is one input, a sequence. Videos are also looked for in the folders below, and
    come in natural order (2 before 10).
    """
    return [source for given in inputs for source in _clips(Path(given)) or [given]]


def _clips(folder: Path) -> list[str]:
    if not folder.is_dir() or any(map(_is_picture, folder.iterdir())):
        return []
    clips = [
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in VIDEO_SUFFIXES and not path.name.startswith(".") and path.is_file()
    ]
    return sorted(map(str, clips), key=natural_order)


def _is_picture(path: Path) -> bool:
    return is_named_as_picture(path) and path.suffix.lower() not in VIDEO_SUFFIXES


def is_much(sources: Sequence[str]) -> bool:
    """Whether reading takes so long that starting processes for it is worth while."""
    suffixes = PICTURE_SUFFIXES - VIDEO_SUFFIXES
    pictures = sum(Path(source).suffix.lower() in suffixes for source in sources)
    return len(sources) - pictures > 1 or pictures > FEW_PICTURES


@dataclass
class Finished:
    """Which inputs were read before, by a file beside the outputs.

    An input counts as read if neither it nor anything that was asked for has changed since, and its
    outputs are still there.

    Args:
        folder: of the outputs.
        settings: all that the outputs depend on besides the inputs.
    """

    folder: Path
    settings: str
    _known: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        try:
            lines = (self.folder / FINISHED).read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return
        self._known = set(lines)

    def has(self, source: str, outputs: Sequence[Path]) -> bool:
        """Whether this input was read into these files."""
        return self._key(source, outputs) in self._known and all(path.exists() for path in outputs)

    def add(self, source: str, outputs: Sequence[Path]) -> None:
        """Note that it was; a line that is cut short by a loss of power counts for nothing.

        Raises:
            MediaError: the folder cannot be written to.
        """
        try:
            with (self.folder / FINISHED).open("a", encoding="utf-8") as file:
                file.write(f"{self._key(source, outputs)}\n")
        except OSError as error:
            raise MediaError(
                f"{self.folder} cannot be written to ({error.strerror}): choose another with -o."
            ) from error

    def _key(self, source: str, outputs: Sequence[Path]) -> str:
        names = sorted(path.name for path in outputs)
        parts = [self.settings, os.path.realpath(source), names, state(Path(source))]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def state(path: Path) -> list[list[int | str]]:
    """What changes when a file, or an image of a folder, does."""
    files = sorted(path.iterdir()) if path.is_dir() else [path.resolve()]
    stats = [(each.name, each.lstat()) for each in files]
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats]


def unfinished(todo: Todo, finished: Finished) -> Todo:
    """The inputs, each with its outputs, that were not read before; stderr says how many were."""
    left = [each for each in todo if not (exists(each[0]) and finished.has(*each))]
    if skipped := len(todo) - len(left):
        typer.echo(
            f"skipped {skipped:,} of {len(todo):,} inputs, whose outputs {finished.folder} holds: "
            "to read one again, delete its output.",
            err=True,
        )
    return left


def exists(source: str) -> bool:
    """Whether this is a file or folder here, and no network address."""
    try:
        return Path(source).exists()
    except (OSError, ValueError):
        return False


def outcomes(
    sources: Sequence[str], load: Load, processes: int, ray: str, in_order: bool
) -> Iterator[Outcome]:
    """Read all of them elsewhere, with a bar of how many are done and how long the rest will take."""
    read = read_on_ray(sources, load, ray) if ray else read_many(sources, load, processes)
    with closing(read), stages() as stage:
        advance = stage("reading", len(sources))
        waiting: dict[int, Outcome] = {}
        following = 0
        for outcome in read:
            advance(1)
            if not in_order:
                yield outcome
                continue
            waiting[outcome.place] = outcome
            while following in waiting:
                yield waiting.pop(following)
                following += 1
