"""What is missed in videos: each character read wrong, with its time, and how often each is.

Of a letter that was read, the time is known. One that was left out lies between its neighbours that
were read, unless the known text has times.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fingerspell.core.alphabet import SPACE
from fingerspell.core.text import plain, runs, typed, written
from fingerspell.core.types import Letter
from fingerspell.evaluation.character_errors import Difference, Kind, differences

Span = tuple[float, float]  # from when to when, in seconds


@dataclass(frozen=True)
class CharacterError:
    """A character read wrong in a video.

    Attributes:
        kind: how it is wrong.
        signed: the known character; empty where one is put in.
        read: the read one; empty where one is left out.
        start_s: from when it was read, in seconds; of one left out, from when it was signed or,
            without known times, may have been.
        end_s: until when.
    """

    kind: Kind
    signed: str
    read: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Missed:
    """One way in which a character is read wrong, over several videos.

    Attributes:
        signed: the known character; empty where one is put in.
        read: the read one; empty where one is left out.
        n: how often.
        of: how often it was signed; None where one is put in.
        by_speed: how often by letters a second, in the order of `sequences.SPEED_NAMES`.
        videos: their paths.
    """

    signed: str
    read: str
    n: int
    of: int | None
    by_speed: dict[str, int]
    videos: tuple[str, ...]


@dataclass(frozen=True)
class Misread:
    """A video's part of the table of what is missed."""

    video: str
    text: str
    speed: str
    errors: Sequence[CharacterError]


def character_errors(
    text: str, raw: str, letters: Sequence[Letter], known: Sequence[Letter], whole: Span
) -> tuple[CharacterError, ...]:
    """The characters of a video that were read wrong, each with its time.

    Args:
        text: what is signed.
        raw: what was read: `plain(compose(letters))`.
        letters: that were read.
        known: those that are signed, where their times are known.
        whole: when anything may have been signed.
    """
    read_spans, known_spans = spans(letters), spans(known)
    if len(known_spans) != len(text):  # not all of its times are known
        known_spans = []
    return tuple(
        CharacterError(each.kind, each.signed, each.read, *_when(each, read_spans, known_spans, whole))
        for each in differences(text, raw)
    )


def spans(signs: Sequence[Letter]) -> list[Span]:
    """When each character of `plain(compose(signs))` is signed; a space, between its words."""
    words: list[list[Span]] = [
        [(sign.start_s, sign.end_s) for sign in run for _ in plain(written(sign.char))]
        for run in runs(typed(signs))
        if run[0].char != SPACE
    ]
    placed: list[Span] = []
    for word in words:
        if placed:
            placed.append((placed[-1][1], word[0][0]))
        placed += word
    return placed


def _when(error: Difference, read: Sequence[Span], known: Sequence[Span], whole: Span) -> Span:
    if error.read:
        return read[error.read_at]
    if known:
        return known[error.signed_at]
    before_s = read[error.read_at - 1][1] if error.read_at else whole[0]
    after_s = read[error.read_at][0] if error.read_at < len(read) else whole[1]
    return min(before_s, after_s), max(before_s, after_s)


def what_is_missed(misread: Sequence[Misread], speeds: Sequence[str]) -> tuple[Missed, ...]:
    """How often each character is read wrong in each way, the most frequent first.

    Args:
        misread: one a video.
        speeds: the names of all speeds, in order.
    """
    found: dict[tuple[str, str], list[Misread]] = {}
    for video in misread:
        for error in video.errors:
            found.setdefault((error.signed, error.read), []).append(video)
    signed = "".join(video.text for video in misread)
    rows = (
        Missed(
            signed=char,
            read=read,
            n=len(where),
            of=signed.count(char) if char else None,
            by_speed={name: sum(video.speed == name for video in where) for name in speeds},
            videos=tuple(dict.fromkeys(video.video for video in where)),
        )
        for (char, read), where in found.items()
    )
    # Letters before what is put in, which has none.
    return tuple(sorted(rows, key=lambda row: (-row.n, not row.signed, row.signed, row.read)))
