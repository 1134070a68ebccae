"""`fingerspell read`: pictures and video in, text out."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from fingerspell import __version__
from fingerspell.cli.common import Debug, print_json, reported, time_bar
from fingerspell.cli.many import Finished, Todo, exists, expand, is_much, outcomes, state, unfinished
from fingerspell.cli.options import (
    NAME_PROBABILITY,
    PAUSE_S,
    Hands,
    Model,
    MovingLetters,
    NameProbability,
    NoSpell,
    Pause,
    Words,
    open_reader,
)
from fingerspell.core.types import Transcript, printable
from fingerspell.errors import FingerspellError, MediaError
from fingerspell.files import write_atomically
from fingerspell.processes import cores
from fingerspell.runtime.many import Outcome
from fingerspell.runtime.media import open_media
from fingerspell.runtime.reader import BUNDLED, BY_ITSELF, IncompleteError, Reader
from fingerspell.runtime.speech import say, voice_command
from fingerspell.runtime.writers import WRITERS


class Format(StrEnum):
    """What `read` can write."""

    TXT = "txt"
    SRT = "srt"
    VTT = "vtt"
    TSV = "tsv"
    JSON = "json"
    ALL = "all"


def read(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Pictures (JPEG, PNG, WebP, BMP), folders of pictures (one letter each, in natural "
            "order), videos (MP4, MOV, WebM, AVI, GIF) or network addresses (rtsp://...).",
            show_default=False,
        ),
    ],
    output_format: Annotated[
        Format | None,
        typer.Option(
            "--format",
            "-f",
            help="What to write; srt and vtt hold cues of one readable line, tsv and json every sign "
            "with its times. `all` writes all five and needs -o.  [default: txt]",
            show_default=False,
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Write a file for each input into this folder instead of printing.",
        ),
    ] = None,
    captioned: Annotated[
        bool,
        typer.Option(
            "--burn-in",
            help="Write a copy of each video with the captions drawn into it, without sound, too; "
            "needs -o.",
        ),
    ] = False,
    speech: Annotated[
        bool, typer.Option("--speak", help="Say each text aloud, too, with the system's own voice.")
    ] = False,
    model: Model = BUNDLED,
    hands: Hands = BY_ITSELF,
    no_spell: NoSpell = False,
    words: Words = None,
    name_probability: NameProbability = NAME_PROBABILITY,
    pause: Pause = PAUSE_S,
    moving_letters: MovingLetters = False,
    processes: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="How many processes read several files.  [default: one a core, for several videos or "
            "over 100 pictures]",
            show_default=False,
        ),
    ] = 0,
    ray: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Read the files on a Ray cluster that sees the same paths: its address, `auto` for "
            "the one of this computer, or `local` to start one. Needs the extra `ray`.",
        ),
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Same as -f json: one document on stdout.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Read fingerspelling from pictures, folders and videos, and print the text.

    The text is corrected as English; `-f json` holds it exactly as it was signed too.
    An input that cannot be read is reported on stderr; the others are still read, and of a video that
    is cut short what is there.
    Of a folder that holds videos instead of pictures, each is read. Of several videos, or over 100
    pictures, what -o has written before is skipped, so that a run that was stopped can go on.
    A network address is read until it ends or Ctrl-C is pressed, and gives what was read until then.

    For example:

    * `fingerspell read clip.mp4`
    * `fingerspell read clip.mp4 photo.jpg -f srt -o out/`
    * `fingerspell read clip.mp4 --json`
    * `fingerspell read clips/ -f all -o out/`
    """
    chosen = _chosen_format(as_json, output_format)
    if folder is None and (chosen is Format.ALL or captioned):
        option = "--burn-in" if captioned else "-f all"
        raise typer.BadParameter(f"{option} needs a folder to write into: add -o DIR")
    sources = expand(inputs)
    output = Output(sources, chosen, folder, captioned, speech)
    work = Work(
        load=partial(
            open_reader,
            *(model, hands, no_spell, words, name_probability, pause),
            moving_letters=moving_letters,
        ),
        processes=processes,
        ray=ray,
    )
    failed: list[str] = []
    stopped = False
    with reported(debug, failed):
        if speech:
            voice_command()  # rather than to find out after reading that there is none
        reader = work.load()
        if folder is not None:
            _make_folder(folder)
        stopped = _read_all(work, reader, output, debug, failed)
    if stopped:
        raise KeyboardInterrupt
    if failed:
        raise typer.Exit(1)


@dataclass(frozen=True)
class Work:
    """Who reads: `processes` of this computer (0: one a core if there is much), or a Ray cluster."""

    load: "partial[Reader]"
    processes: int
    ray: str

    @property
    def is_elsewhere(self) -> bool:
        """Whether processes or a cluster were asked for."""
        return bool(self.processes or self.ray)

    @property
    def settings(self) -> str:
        """All that transcripts depend on besides what is read."""
        given = [*self.load.args, *self.load.keywords.values()]
        files = [state(Path(str(each))) for each in given if exists(str(each))]
        return repr((__version__, given, files))

    def outcomes(self, sources: Sequence[str], reader: Reader, in_order: bool) -> Iterator[Outcome]:
        """Read all of them; here, one after the other, if there are few, or some are no files."""
        n = self.processes or (cores() if is_much(sources) else 1)
        are_files = not any("://" in source for source in sources)
        if len(sources) > 1 and are_files and (n > 1 or self.ray):
            return outcomes(sources, partial(self.load, threads=1), n, self.ray, in_order)
        return _one_by_one(sources, reader)


def _read_all(work: Work, reader: Reader, output: "Output", debug: bool, failed: list[str]) -> bool:
    """Read what was not read before, and write, print and say it; whether a live source was stopped."""
    todo: Todo = list(zip(output.inputs, output.files(), strict=True))
    finished: Finished | None = None
    is_long = work.is_elsewhere or is_much(output.inputs)
    if output.folder is not None and is_long and not output.speech:
        finished = Finished(output.folder, work.settings)
        todo = unfinished(todo, finished)
    transcripts: list[Transcript] = []
    for outcome in work.outcomes([source for source, _ in todo], reader, output.folder is None):
        source, files = todo[outcome.place]
        with reported(debug, failed):
            if outcome.transcript:
                transcripts.append(outcome.transcript)
                with reported(debug, failed):
                    output.give(outcome.transcript, files)
                    if finished and not outcome.error:
                        finished.add(source, files)
            if outcome.error:
                raise outcome.error
    output.finish(transcripts)
    return bool(transcripts) and transcripts[-1].stopped


def _one_by_one(sources: Sequence[str], reader: Reader) -> Iterator[Outcome]:
    for place, source in enumerate(sources):
        try:
            transcript, error = _read_with_progress(reader, source)
        except FingerspellError as failure:
            yield Outcome(place, None, failure)
            continue
        yield Outcome(place, transcript, error)
        if transcript.stopped:
            return


@dataclass(frozen=True)
class Output:
    """Where transcripts go and what is made of them: files in `folder`, or text on stdout."""

    inputs: list[str]
    chosen: Format
    folder: Path | None
    captioned: bool
    speech: bool

    @property
    def titled(self) -> bool:
        """Whether each text needs the name of what it was read from."""
        return len(self.inputs) > 1

    def files(self) -> Iterator[Sequence[Path]]:
        """What is written of each input: a file for each format, and at last the captioned video."""
        formats = list(WRITERS) if self.chosen is Format.ALL else [self.chosen.value]
        endings = [*formats, "captioned.mp4"] if self.captioned else formats
        for stem in _stems(self.inputs):
            yield [self.folder / f"{stem}.{ending}" for ending in endings] if self.folder else []

    def give(self, transcript: Transcript, files: Sequence[Path]) -> None:
        """Write, print and say one transcript."""
        if self.folder is not None:
            _write_files(transcript, files[:-1] if self.captioned else files)
            if self.captioned:
                _burn_in(transcript, files[-1], self.inputs)
        elif self.chosen is not Format.JSON:
            _print_transcript(transcript, self.chosen.value, self.titled)
        if self.speech:
            say(transcript.text)

    def finish(self, transcripts: list[Transcript]) -> None:
        """Print what can only be printed once all has been read: one JSON document."""
        if self.folder is None and self.chosen is Format.JSON and (transcripts or self.titled):
            documents = [transcript.as_dict() for transcript in transcripts]
            print_json(documents if self.titled else documents[0])


def _chosen_format(as_json: bool, output_format: Format | None) -> Format:
    if as_json and output_format not in (None, Format.JSON):
        raise typer.BadParameter("give either --json or -f, not both")
    return Format.JSON if as_json else output_format or Format.TXT


def _read_with_progress(reader: Reader, source: str) -> tuple[Transcript, IncompleteError | None]:
    """What was read, and of a damaged video, of which only a part was, what is wrong with it."""
    media = open_media(source)
    with time_bar(Path(source).name, media.duration_s) as show:
        try:
            return reader.read_media(media, show), None
        except IncompleteError as error:
            return error.transcript, error


def _print_transcript(transcript: Transcript, name: str, titled: bool) -> None:
    content = WRITERS[name](transcript)
    if titled:
        title = printable(transcript.source)
        content = f"{title}: {content}" if name == "txt" else f"{content}\n"
    typer.echo(content, nl=False)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MediaError(
            f"{folder} cannot be a folder ({error.strerror}): choose another folder with -o."
        ) from error


def _write_files(transcript: Transcript, paths: Sequence[Path]) -> None:
    for path in paths:
        name = path.suffix.removeprefix(".")
        try:
            write_atomically(path, WRITERS[name](transcript).encode())
        except OSError as error:
            raise MediaError(
                f"{path} cannot be written ({error.strerror}): choose another folder with -o."
            ) from error
        typer.echo(f"wrote {path}", err=True)


def _burn_in(transcript: Transcript, path: Path, inputs: list[str]) -> None:
    if not transcript.fps or not Path(transcript.source).is_file():
        raise MediaError(f"{transcript.source} is no video file: only these can be captioned.")
    if os.path.realpath(path) in map(os.path.realpath, inputs):
        raise MediaError(f"{path} is an input, and is not written over: choose another folder with -o.")
    from fingerspell.runtime.burn_in import burn_in  # noqa: PLC0415 - it needs FFmpeg

    with time_bar(path.name, transcript.duration_s) as show:
        burn_in(transcript, Path(transcript.source), path, show)
    typer.echo(f"wrote {path}", err=True)


def _stems(sources: list[str]) -> Iterator[str]:
    """A file name for each source, without suffix: no two the same, so that nothing is overwritten."""
    taken: set[str] = set()
    for source in sources:
        name = re.sub(r"[^\w.-]+", "_", Path(source).name) or "transcript"
        stem = next(s for s in _candidates(name) if s not in taken)
        taken.add(stem)
        yield stem


def _candidates(name: str) -> Iterator[str]:
    """`clip`, then `clip.mp4`, then `clip.mp4-2`, `clip.mp4-3`, ..."""
    yield Path(name).stem
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1
