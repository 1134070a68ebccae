"""Where what `fingerspell read` has read goes: printed, written to files, drawn into a copy, spoken."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import typer

from fingerspell.cli.common import print_json, reported, time_bar
from fingerspell.core.types import Transcript, on_one_line
from fingerspell.errors import MediaError
from fingerspell.files import write_atomically
from fingerspell.runtime.media import open_media
from fingerspell.runtime.speech import say
from fingerspell.runtime.writers import WRITERS

NAME_BYTES = 255  # of a file's name, at most
CAPTIONED = "captioned.mp4"


class Format(StrEnum):
    """What `read` can write."""

    TXT = "txt"
    SRT = "srt"
    VTT = "vtt"
    TSV = "tsv"
    JSON = "json"
    ALL = "all"


@dataclass(frozen=True)
class Target:
    """Files to write: in `folder`, in each of `formats`, under the name `stem` if that was given."""

    folder: Path
    formats: list[str]
    stem: str | None = None


def target_of(path: Path | None, chosen: Format | None, n_inputs: int) -> Target | None:
    """What `-o` asks for: a folder, or the file for one input if it is called like one.

    Raises:
        typer.BadParameter: it is called like a file, but several would have to be written.
    """
    if path is None:
        return None
    suffix = path.suffix.removeprefix(".")
    if suffix.lower() not in WRITERS or path.is_dir():
        formats = list(WRITERS) if chosen is Format.ALL else [chosen or Format.TXT]
        return Target(path, [str(name) for name in formats])
    if n_inputs > 1:
        raise typer.BadParameter(
            f"-o {path} is one file, but there are {n_inputs} inputs: give a folder"
        )
    if chosen not in (None, suffix.lower()):
        raise typer.BadParameter(f"-o {path} does not fit -f {chosen}: leave one of them out")
    return Target(path.parent, [suffix], path.stem)


@dataclass(frozen=True)
class Output:
    """What becomes of each transcript; what fails is reported, added to `failed`, and loses no other.

    Attributes:
        inputs: as they were given.
        chosen: what is printed, where nothing is written.
        target: where files are written.
        captioned: whether a copy of each video is written with its captions.
        speech: whether each text is spoken.
        debug: whether the traceback of errors is shown.
        failed: what failed so far.
    """

    inputs: list[str]
    chosen: Format
    target: Target | None
    captioned: bool
    speech: bool
    debug: bool = False
    failed: list[str] = field(default_factory=list)

    @property
    def titled(self) -> bool:
        """Whether each text needs the name of what it was read from."""
        return len(self.inputs) > 1

    def make_folder(self) -> None:
        """Make the folder to write to.

        Raises:
            MediaError: it cannot be.
        """
        if self.target is None:
            return
        try:
            self.target.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MediaError(
                f"{self.target.folder} cannot be a folder ({error.strerror}): "
                "choose another folder with -o."
            ) from error

    def files(self) -> Iterator[Sequence[Path]]:
        """What is written of each input: a file for each format, and at last the captioned video."""
        endings = [*(self.target.formats if self.target else ()), *([CAPTIONED] * self.captioned)]
        for stem in self._stems(endings):
            yield [self.target.folder / f"{stem}.{end}" for end in endings] if self.target else []

    def _stems(self, suffixes: Sequence[str]) -> Iterator[str]:
        """A name for each input's files, without suffix: no two the same, so none is overwritten."""
        if self.target and self.target.stem is not None:
            yield self.target.stem
            return
        room = NAME_BYTES - max((len(f".{suffix}") for suffix in suffixes), default=0)
        taken: set[str] = set()
        for source in self.inputs:
            name = "stdin" if source == "-" else re.sub(r"[^\w.-]+", "_", Path(source).name)
            stem = next(s for s in _candidates(name or "transcript", room) if s not in taken)
            taken.add(stem)
            yield stem

    def give(self, transcript: Transcript, files: Sequence[Path]) -> bool:
        """Write, print and say one transcript; whether all of that could be done."""
        before = len(self.failed)
        if self.target is not None:
            for path in files[:-1] if self.captioned else files:
                with reported(self.debug, self.failed):
                    _write_file(transcript, path)
            if len(self.failed) > before:  # rather than to lose what was read
                self._print(transcript)
            if self.captioned:
                with reported(self.debug, self.failed):
                    _burn_in(transcript, files[-1], self.inputs)
        elif self.chosen is not Format.JSON:
            self._print(transcript)
        if self.speech:
            with reported(self.debug, self.failed):
                say(transcript.text)
        return len(self.failed) == before

    def finish(self, transcripts: list[Transcript]) -> None:
        """Print what can only be printed once all has been read: one JSON document."""
        if self.target is None and self.chosen is Format.JSON and (transcripts or self.titled):
            documents = [transcript.as_dict() for transcript in transcripts]
            print_json(documents if self.titled else documents[0])

    def _print(self, transcript: Transcript) -> None:
        name = Format.TXT if self.chosen is Format.ALL else self.chosen
        content = WRITERS[name](transcript)
        if self.titled:
            title = on_one_line(transcript.source)
            content = f"{title}: {content}" if name is Format.TXT else f"{content}\n"
        typer.echo(content, nl=False)


def _write_file(transcript: Transcript, path: Path) -> None:
    try:
        write_atomically(path, WRITERS[path.suffix[1:].lower()](transcript).encode())
    except OSError as error:
        raise MediaError(
            f"{path} cannot be written ({error.strerror}): choose another folder with -o."
        ) from error
    typer.echo(f"wrote {on_one_line(str(path))}", err=True)


def _burn_in(transcript: Transcript, path: Path, inputs: list[str]) -> None:
    source = Path(transcript.source)
    if not source.is_file() or open_media(source).kind != "video":
        raise MediaError(f"{source} is not a video file: only these can be captioned.")
    if os.path.realpath(path) in map(os.path.realpath, inputs):
        raise MediaError(f"{path} is an input, and is not written over: choose another folder with -o.")
    from fingerspell.runtime.burn_in import burn_in  # noqa: PLC0415 - it needs FFmpeg

    with time_bar(path.name, transcript.duration_s) as show:
        burn_in(transcript, source, path, show)
    typer.echo(f"wrote {on_one_line(str(path))}", err=True)


def _candidates(name: str, room: int) -> Iterator[str]:
    """`clip`, then `clip.mp4`, then `clip.mp4-2`, `clip.mp4-3`, ..., each of `room` bytes at most."""
    yield _fitted(Path(name).stem, room)
    yield _fitted(name, room)
    number = 2
    while True:
        ending = f"-{number}"
        yield _fitted(name, room - len(ending)) + ending
        number += 1


def _fitted(name: str, room: int) -> str:
    return name.encode()[:room].decode(errors="ignore")
