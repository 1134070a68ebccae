"""Options that several commands share: which model reads, and how its letters are spelled."""

from pathlib import Path
from typing import Annotated

import typer

from fingerspell.core.decoding.options import DecoderOptions
from fingerspell.core.spelling.options import SpellingOptions
from fingerspell.runtime.language import read_words
from fingerspell.runtime.media.fewer import LEAST_FPS, is_rate
from fingerspell.runtime.reader import Reader, load_reader

Model = Annotated[
    str, typer.Option(metavar="MODEL", help="`default` (the bundled one) or a model file.")
]
Hands = Annotated[
    str,
    typer.Option(
        metavar="HANDS",
        help="Hand detector: `reader` (built in), `mediapipe` (three times slower, for models of your "
        "own; needs the extra `hands`, and downloads 7.8 MB once), or the path of that download, "
        "hand_landmarker.task.",
    ),
]
NoSpell = Annotated[bool, typer.Option("--no-spell", help="Leave the text exactly as it was signed.")]
Words = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Your own words, names for example, separated by spaces or lines: never changed, and "
        "preferred where a letter is unsure.",
    ),
]
NameProbability = Annotated[
    float,
    typer.Option(
        metavar="P",
        help="Prior probability that a word is a name or in no dictionary, from 0 to 1. Higher values "
        "change less.",
    ),
]
NAME_PROBABILITY = SpellingOptions().name
Pause = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        help="Length of the pause that is read as a space. Raise it for slow spellers.",
    ),
]
PAUSE_S = DecoderOptions().pause_s
MovingLetters = Annotated[
    bool,
    typer.Option(
        "--moving-letters",
        help="Recognise J and Z in still images, too. They are drawn in the air, so a still shows only "
        "part of them and looks like I or D.",
    ),
]

Digits = Annotated[
    bool,
    typer.Option(
        "--digits",
        help="Read digits, too. 0 looks like O, 2 like V, 6 like W and 9 like F: the signs beside them "
        "tell which is meant (docs/digits.md).",
    ),
]
Fps = Annotated[
    float | None,
    typer.Option(
        metavar="N",
        help="Read at most N frames of each second of video, 5 or more. 15 takes two thirds of the "
        "time of 30, and letters that are held are read as well (docs/text.md).  [default: all]",
        show_default=False,
    ),
]
NewName = Annotated[str, typer.Option(metavar="NAME", help="Name of the new model, in transcripts.")]
NewVersion = Annotated[
    str,
    typer.Option(metavar="VERSION", help="Its version.  [default: the old one's]", show_default=False),
]


def open_reader(
    model: str,
    hands: str,
    no_spell: bool,
    words: Path | None,
    name_probability: float,
    pause_s: float,
    *,
    moving_letters: bool = False,
    digits: bool = False,
    fps: float | None = None,
    threads: int = 0,
) -> Reader:
    """The reader that these options ask for; with so many threads, or 0 for one a core.

    Raises:
        FingerspellError: the model or the list of words cannot be read, or MediaPipe cannot be had.
        typer.BadParameter: an option is out of its range.
    """
    if not 0 < name_probability < 1:
        raise typer.BadParameter("--name-probability must lie between 0 and 1")
    if fps is not None and not is_rate(fps):
        raise typer.BadParameter(f"--fps must be {LEAST_FPS:g} or more")
    try:
        DecoderOptions(pause_s=pause_s)
    except ValueError as error:
        raise typer.BadParameter(f"--pause: {error}") from error
    return load_reader(
        model,
        pause_s=pause_s,
        spell=not no_spell,
        words=read_words(words) if words else (),
        spelling=SpellingOptions(name=name_probability),
        hands=hands,
        moving_letters_in_stills=moving_letters,
        digits=digits,
        fps=fps,
        threads=threads,
    )
