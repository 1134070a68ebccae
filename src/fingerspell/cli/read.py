"""`fingerspell read`: pictures and video in, text out."""

from pathlib import Path
from typing import Annotated

import typer

from fingerspell.cli.common import Debug, reported, say, time_bar
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
from fingerspell.cli.output import Format, Output, target_of
from fingerspell.cli.source import opened
from fingerspell.core.types import Transcript
from fingerspell.runtime.media import local_path
from fingerspell.runtime.reader import BUNDLED, BY_ITSELF, IncompleteError, Reader
from fingerspell.runtime.speech import voice_command


def read(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Pictures (JPEG, PNG, WebP, AVIF, BMP, HEIC), folders of pictures (one letter each, "
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
    as_json: Annotated[
        bool, typer.Option("--json", help="Same as -f json: one document on stdout.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Read fingerspelling from pictures, folders and videos, and print the text.

    The text is corrected as English; `-f json` holds it exactly as it was signed too.
    An input that cannot be read is reported on stderr; the others are still read, and of a video that
    is cut short, or a folder with damaged pictures, what is there.
    A network address is read until it ends or Ctrl-C is pressed, and gives what was read until then.

    For example:

    * `fingerspell read clip.mp4`
    * `fingerspell read clip.mp4 photo.jpg -f srt -o out/`
    * `fingerspell read clip.mp4 --json`
    * `fingerspell read - < clip.mp4`
    """
    asked = _asked_format(as_json, output_format)
    target = target_of(written, asked, len(inputs))
    if target is None and (asked is Format.ALL or captioned):
        option = "--burn-in" if captioned else "-f all"
        raise typer.BadParameter(f"{option} needs a folder to write into: add -o DIR")
    inputs = [local_path(source) for source in inputs]
    failed: list[str] = []
    output = Output(inputs, asked or Format.TXT, target, captioned, speech, debug, failed)
    transcripts: list[Transcript] = []
    with reported(debug, failed):
        if speech:
            voice_command()  # rather than to find out after reading that there is none
        reader = open_reader(
            model, hands, no_spell, words, name_probability, pause, moving_letters=moving_letters
        )
        output.make_folder()
        for source, stem in zip(inputs, output.stems(), strict=True):
            with reported(debug, failed):
                transcript, damage = _read_with_progress(reader, source)
                transcripts.append(transcript)
                output.give(transcript, stem)
                if damage:
                    raise damage
            if transcripts and transcripts[-1].stopped:
                break
        output.finish(transcripts)
    if transcripts and transcripts[-1].stopped:
        raise KeyboardInterrupt
    if failed:
        raise typer.Exit(1)


def _asked_format(as_json: bool, output_format: Format | None) -> Format | None:
    if as_json and output_format not in (None, Format.JSON):
        raise typer.BadParameter("give either --json or -f, not both")
    return Format.JSON if as_json else output_format


def _read_with_progress(reader: Reader, source: str) -> tuple[Transcript, IncompleteError | None]:
    """What was read, and of what only a part could be, what is wrong with the rest."""
    read: tuple[Transcript, IncompleteError | None]
    with opened(source) as media, time_bar(Path(source).name, media.duration_s) as show:
        try:
            read = reader.read_media(media, show), None
        except IncompleteError as error:
            read = error.transcript, error
        say(media.notes())
    return read
