"""`fingerspell read`: images and video in, text out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from fingerspell import __version__
from fingerspell.cli.common import Debug, reported, say, time_bar
from fingerspell.cli.many_inputs import (
    Finished,
    Todo,
    exists,
    expand,
    is_much,
    outcomes,
    state,
    unfinished,
)
from fingerspell.cli.output import Format, Output, target_of
from fingerspell.cli.reader_options import (
    NAME_PROBABILITY,
    PAUSE_S,
    Digits,
    Fps,
    Hands,
    Model,
    MovingLetters,
    NameProbability,
    NoSpell,
    Pause,
    Words,
    open_reader,
)
from fingerspell.cli.source import STDIN, opened
from fingerspell.core.types import Transcript
from fingerspell.errors import FingerspellError
from fingerspell.processes import cores
from fingerspell.runtime.many import Outcome
from fingerspell.runtime.media import local_path
from fingerspell.runtime.reader import BUNDLED, BY_ITSELF, IncompleteError, Reader
from fingerspell.runtime.speech import voice_command


def read(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Images (JPEG, PNG, WebP, AVIF, BMP, HEIC), folders of images (one letter each, "
            "in natural order), videos (MP4, MOV, WebM, AVI, GIF) or network addresses (rtsp://...); "
            "`-` is standard input.",
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
    written: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Write a file for each input into this folder instead of printing; of a single input, "
            "this may be the file itself: `-o out.srt`.",
        ),
    ] = None,
    captioned: Annotated[
        bool,
        typer.Option(
            "--burn-in",
            help="Also write a copy of each video with the captions drawn in, without sound; needs -o.",
        ),
    ] = False,
    speech: Annotated[
        bool, typer.Option("--speak", help="Also say each text aloud, with the system's voice.")
    ] = False,
    model: Model = BUNDLED,
    hands: Hands = BY_ITSELF,
    no_spell: NoSpell = False,
    words: Words = None,
    name_probability: NameProbability = NAME_PROBABILITY,
    pause: Pause = PAUSE_S,
    moving_letters: MovingLetters = False,
    digits: Digits = False,
    fps: Fps = None,
    processes: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="How many processes read several files.  [default: one a core, for several videos or "
            "over 100 images]",
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
    """Read fingerspelling from images, folders and videos, and print the text.

    The text is corrected as English; `-f json` holds it exactly as it was signed too.
    An input that cannot be read is reported on stderr. Other inputs are still read; a truncated video
    is read up to the damage, and a folder without its damaged images.
    In a folder of videos, each video is read. With several videos, or over 100 images, whatever -o has
    written already is skipped, so you can give the same command again to finish a run.
    A network address is read until it ends or you press Ctrl-C; the text so far is printed.

    For example:

    * `fingerspell read clip.mp4`
    * `fingerspell read clip.mp4 photo.jpg -f srt -o out/`
    * `fingerspell read clip.mp4 --json`
    * `fingerspell read clips/ -f all -o out/`
    * `fingerspell read clip.mp4 --digits`
    * `fingerspell read - < clip.mp4`
    """
    asked = _asked_format(as_json, output_format)
    sources = expand([local_path(source) for source in inputs])
    target = target_of(written, asked, len(sources))
    if target is None and (asked is Format.ALL or captioned):
        option = "--burn-in" if captioned else "-f all"
        raise typer.BadParameter(f"{option} needs a folder to write into: add -o DIR")
    failed: list[str] = []
    output = Output(sources, asked or Format.TXT, target, captioned, speech, debug, failed)
    work = Work(
        load=partial(
            open_reader,
            *(model, hands, no_spell, words, name_probability, pause),
            moving_letters=moving_letters,
            digits=digits,
            fps=fps,
        ),
        processes=processes,
        ray=ray,
    )
    stopped = False
    with reported(debug, failed):
        if speech:
            voice_command()  # rather than to find out after reading that there is none
        reader = work.load()
        output.make_folder()
        stopped = _read_all(work, reader, output)
    if stopped:
        raise KeyboardInterrupt
    if failed:
        raise typer.Exit(1)


def _asked_format(as_json: bool, output_format: Format | None) -> Format | None:
    if as_json and output_format not in (None, Format.JSON):
        raise typer.BadParameter("give either --json or -f, not both")
    return Format.JSON if as_json else output_format


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
        are_files = not any(source == STDIN or "://" in source for source in sources)
        if len(sources) > 1 and are_files and (n > 1 or self.ray):
            return outcomes(sources, partial(self.load, threads=1), n, self.ray, in_order)
        return _one_by_one(sources, reader)


def _read_all(work: Work, reader: Reader, output: Output) -> bool:
    """Read what was not read before, and write, print and say it; whether a live source was stopped."""
    todo: Todo = list(zip(output.inputs, output.files(), strict=True))
    finished: Finished | None = None
    is_long = work.is_elsewhere or is_much(output.inputs)
    if output.target and is_long and not output.speech:
        finished = Finished(output.target.folder, work.settings)
        todo = unfinished(todo, finished)
    transcripts: list[Transcript] = []
    for outcome in work.outcomes([source for source, _ in todo], reader, output.target is None):
        source, files = todo[outcome.place]
        with reported(output.debug, output.failed):
            say(outcome.notes)
            if outcome.transcript:
                transcripts.append(outcome.transcript)
                is_written = output.give(outcome.transcript, files)
                if finished and is_written and not outcome.error:
                    finished.add(source, files)
            if outcome.error:
                raise outcome.error
    output.finish(transcripts)
    return bool(transcripts) and transcripts[-1].stopped


def _one_by_one(sources: Sequence[str], reader: Reader) -> Iterator[Outcome]:
    for place, source in enumerate(sources):
        try:
            outcome = _read_with_progress(reader, place, source)
        except FingerspellError as error:
            yield Outcome(place, None, error)
            continue
        yield outcome
        if outcome.transcript and outcome.transcript.stopped:
            return


def _read_with_progress(reader: Reader, place: int, source: str) -> Outcome:
    """What was read, and of what only a part could be, what is wrong with the rest."""
    transcript: Transcript
    damage: IncompleteError | None = None
    with opened(source) as media, time_bar(Path(source).name, media.duration_s) as show:
        try:
            transcript = reader.read_media(media, show)
        except IncompleteError as error:
            transcript, damage = error.transcript, error
        return Outcome(place, transcript, damage, media.notes())
