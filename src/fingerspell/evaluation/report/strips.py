"""Strips: a few frames of a clip, what they were taken for, and what is wrong there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from fingerspell import html_page as page
from fingerspell.core.alphabet import NOTHING, SPACE
from fingerspell.core.text import named, typed
from fingerspell.evaluation.character_errors import LEFT_OUT, PUT_IN, SUBSTITUTED
from fingerspell.evaluation.missed import CharacterError, Span
from fingerspell.evaluation.moments import Guess, Moment
from fingerspell.evaluation.pictures import Pixels
from fingerspell.evaluation.sequences import VideoReading
from fingerspell.runtime.hand_square import around
from fingerspell.runtime.media import open_media

SIDE_PX = 96  # of a hand; a whole frame is as high at most, and up to twice as wide
SPAN = 0.6  # share of the square that the hand's landmarks span
STYLE = """<style>
.strip { display: grid; grid-template-columns: repeat(auto-fill, minmax(4.4rem, 1fr)); gap: .5rem 0; }
.strip > div { font-size: .72rem; line-height: 1.25; text-align: center; }
.strip button { all: unset; display: block; margin: 0 2px; cursor: pointer; }
.strip button:focus-visible { outline: 2px solid #2f6f9f; }
.strip img { width: 100%; aspect-ratio: 1; object-fit: contain; background: #1f2933; }
.strip small { display: block; font-size: inherit; white-space: nowrap; }
.strip .time { color: #5b6875; }
.strip b { display: block; min-height: 1.25em; margin-top: 2px; color: #fff; }
.strip .right, .key .right { background: #2e6b3f; }
.strip .substituted, .key .substituted { background: #a3271b; }
.strip .put-in, .key .put-in { background: #8a4b00; }
.strip .other { background: #5b6875; }
.strip .left-out, .key .left-out { color: #7a1d14; background:
  repeating-linear-gradient(135deg, #f3c9c3 0 4px, #fbe9e6 4px 8px); }
.strip .now img { outline: 3px solid #2f6f9f; }
.key b { padding: 0 .4em; color: #fff; border-radius: 3px; white-space: nowrap; }
</style>"""
_NAMES = {SUBSTITUTED: "substituted", PUT_IN: "put-in", LEFT_OUT: "left-out"}  # in the style
KEY = (
    '<p class="key">Under each frame: its time, what the frame reader took it for and, after an arrow, '
    "what the sequence reader made of that, where the model has one (&ndash; is no sign). Below, the "
    'letters that were decoded: <b class="right">A</b> right, <b class="substituted">A for B</b> '
    'substituted, <b class="put-in">+ A</b> put in, and <b class="left-out">&minus; A</b> somewhere in '
    "this time left out. A tap on a frame shows the clip at that time.</p>"
)


def strip(reading: VideoReading) -> str:
    """The strip of a clip.

    Raises:
        MediaError: the clip is gone, or cannot be read as far as it was.
    """
    times_s = np.array([moment.time_s for moment in reading.moments])
    below: list[list[str]] = [[] for _ in reading.moments]
    for mark in marks(reading):
        for number, place in enumerate(under(mark, times_s)):
            words = "" if number else escape(mark.words)  # the colour alone goes on
            below[place].append(f'<b class="{mark.kind}" title="{escape(mark.words)}">{words}</b>')
    shown = zip(reading.moments, _frames(reading), below, strict=True)
    cells = (_cell(moment, pixels, lines) for moment, pixels, lines in shown)
    return f'<div class="strip">{"".join(cells)}</div>'


def _frames(reading: VideoReading) -> Iterator[Pixels]:
    """The frame of each moment, as it is shown."""
    wanted = {moment.frame: moment for moment in reading.moments}
    for number, frame in enumerate(open_media(Path(reading.path)).frames()):
        if number in wanted:
            yield thumbnail(frame.pixels, wanted.pop(number).tracked)
        if not wanted:
            return


def thumbnail(pixels: Pixels, joints: NDArray[np.float32] | None) -> Pixels:
    """The hand, or the whole frame, as it stands in a strip.

    Args:
        pixels: RGB [H, W, 3].
        joints: of the hand, [21, 2] in heights of the frame; None where none is tracked.

    Returns:
        RGB uint8, `SIDE_PX` high and wide, or of the frame's shape within twice that width.
    """
    if joints is not None:
        hand, _ = around(pixels, joints * pixels.shape[0], SPAN)
        return np.asarray(Image.fromarray(hand).resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR))
    return np.asarray(ImageOps.contain(Image.fromarray(pixels), (2 * SIDE_PX, SIDE_PX)))


@dataclass(frozen=True)
class Mark:
    """What stands below the frames from one time to another: a colour, and words under the first."""

    kind: str
    words: str
    start_s: float
    end_s: float


def marks(reading: VideoReading) -> list[Mark]:
    """The signs that were decoded and what is wrong, in order of time."""
    errors: dict[tuple[bool, Span], list[CharacterError]] = {}  # a sign may type several characters
    for error in reading.errors:
        errors.setdefault((error.kind == LEFT_OUT, (error.start_s, error.end_s)), []).append(error)
    found = [
        Mark(_NAMES[each[0].kind], ", ".join(dict.fromkeys(map(_words, each))), *span)
        for (_, span), each in errors.items()
    ]
    kept = typed(reading.letters)
    for letter in reading.letters:
        span = (letter.start_s, letter.end_s)
        if (False, span) not in errors:
            is_right = letter in kept and letter.char != SPACE
            found.append(Mark("right" if is_right else "other", letter.char, *span))
    return sorted(found, key=lambda mark: (mark.start_s, mark.end_s))


def _words(error: CharacterError) -> str:
    signed, read = named(error.signed), named(error.read)
    if error.kind == SUBSTITUTED:
        return f"{read} for {signed}"
    return f"+ {read}" if error.kind == PUT_IN else f"\N{MINUS SIGN} {signed}"


def told(errors: Sequence[CharacterError]) -> str:
    """What is wrong and when, in words; what was left out at one time, together."""
    said: dict[str, list[str]] = {}
    for error in errors:
        signed, read = named(error.signed), named(error.read)
        kind = f"read as {read}" if error.kind == SUBSTITUTED else error.kind
        when = f"{kind} at {error.start_s:.2f} to {error.end_s:.2f} s"
        said.setdefault(when, []).append(signed or read)
    return "; ".join(f"{', '.join(chars)} {when}" for when, chars in said.items())


def under(mark: Mark, times_s: NDArray[np.float64]) -> list[int]:
    """The moments under which a mark stands: those within its time, or else the nearest."""
    within = np.flatnonzero((times_s >= mark.start_s) & (times_s <= mark.end_s))
    if len(within):
        return within.tolist()
    return [int(np.abs(times_s - (mark.start_s + mark.end_s) / 2).argmin())]


def _cell(moment: Moment, pixels: Pixels, below: Sequence[str]) -> str:
    guesses = _guess(moment.seen) + (
        f"<br>\N{RIGHTWARDS ARROW} {_guess(moment.in_motion)}" if moment.in_motion else ""
    )
    said = f"{moment.time_s:.2f} s: {moment.seen.char}, {moment.seen.probability:.0%}"
    return (
        f'<div><button data-at="{moment.time_s:.3f}" title="{escape(said)}">'
        f"{page.image(pixels, said, 'WEBP')}</button>"
        f'<small class="time">{moment.time_s:.2f} s</small><small>{guesses}</small>'
        f"{''.join(below)}</div>"
    )


def _guess(guess: Guess) -> str:
    name = "\N{EN DASH}" if guess.char == NOTHING else guess.char
    return f"{escape(name)} {guess.probability:.0%}"
