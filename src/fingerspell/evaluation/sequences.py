"""Video with known text: characters and words read wrong, letters found in time, delay.

What is known is a table (CSV) with the columns `file` and `text` and, where it is known, `signer`; or a
JSON document in the shape that `fingerspell read -f json` prints: one object or a list of them, each
with `source`, `text`, and, where they are known, `signer`, and `letters` with `char`, `start_s` and
`end_s`. Paths are taken from the document's folder.
"""

import json
import math
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
from scipy.optimize import linear_sum_assignment

from fingerspell.core.text import compose, plain
from fingerspell.core.types import FrameClassifier, Letter, LetterEvent
from fingerspell.errors import DataError
from fingerspell.evaluation.character_errors import CharacterErrors
from fingerspell.evaluation.missed import (
    CharacterError,
    Misread,
    Missed,
    character_errors,
    what_is_missed,
)
from fingerspell.evaluation.moments import Moment, hand_seen, moments_of
from fingerspell.evaluation.observed import Observed, Observer
from fingerspell.progress import Advance, unheard
from fingerspell.runtime.language import load_speller
from fingerspell.runtime.media import open_media
from fingerspell.runtime.reader import Reader
from fingerspell.texts import read_records

SPEEDS = (2.0, 4.0)  # letters a second from which a video is of the next of these
_TABLES = (".csv", ".tsv", ".txt")  # the last is what Excel calls its tables in UTF-16
NOT_NAMED = "not named"  # signers, where others are
SPEED_NAMES = ("under 2 letters/s", "2 to 4 letters/s", "4 letters/s and more")


@dataclass(frozen=True)
class KnownVideo:
    """A video and what is signed in it; `letters` is empty where the times are not known."""

    path: Path
    text: str
    letters: tuple[Letter, ...] = ()
    signer: str = ""


@dataclass(frozen=True)
class Seen:
    """A letter that was read, and when it was certain, in seconds."""

    letter: Letter
    decided_s: float


@dataclass(frozen=True)
class VideoReading:
    """One video: what is known and what was read.

    Attributes:
        path: of the video.
        signer: who signs, where that is known.
        text: what is signed.
        raw: what was read.
        corrected: the same after spelling correction.
        letters_per_s: signed, while the letters last or, without known times, a hand is seen.
        letters: that were read.
        errors: the characters of `raw` that are wrong, in the order of the text.
        moments: a few frames, with what the reader took them for.
    """

    path: str
    signer: str
    text: str
    raw: str
    corrected: str
    letters_per_s: float
    letters: tuple[Letter, ...]
    errors: tuple[CharacterError, ...]
    moments: tuple[Moment, ...]

    @property
    def speed(self) -> str:
        """Which of `SPEED_NAMES` it is of."""
        return SPEED_NAMES[bisect(SPEEDS, self.letters_per_s)]


@dataclass(frozen=True)
class SequenceFigures:
    """How well videos were read, over all of them together.

    Attributes:
        videos: how many.
        characters: in the known texts.
        words: in the known texts.
        character_error_rate: characters put in, left out or replaced, of those known; case is ignored.
        word_error_rate: the same of words.
        corrected_character_error_rate: the same after spelling correction.
        corrected_word_error_rate: the same after spelling correction.
        raw: how the characters are wrong, before correction.
        corrected: and after it.
        by_speed: the same as `raw`, by letters a second.
        by_signer: and by signer, where there are several.
        missed: how often each character is read wrong, before correction, the most frequent first.
        letters: signs whose times are known.
        precision: of the signs read, the share that is there at that time; None without known times.
        recall: of the signs there, the share read at that time.
        delay_s: from the beginning of a sign until it was certain: median.
        delay_p95_s: 95th percentile.
        texts: of each video: what is known, what was read, and that after spelling correction.
        readings: of each video.
    """

    videos: int
    characters: int
    words: int
    character_error_rate: float
    word_error_rate: float
    corrected_character_error_rate: float
    corrected_word_error_rate: float
    raw: CharacterErrors
    corrected: CharacterErrors
    by_speed: dict[str, CharacterErrors]
    by_signer: dict[str, CharacterErrors]
    missed: tuple[Missed, ...]
    letters: int
    precision: float | None
    recall: float | None
    delay_s: float | None
    delay_p95_s: float | None
    texts: tuple[tuple[str, str, str], ...]
    readings: tuple[VideoReading, ...]


def load_known(path: Path) -> list[KnownVideo]:
    """Read the document that says what is signed in videos.

    Raises:
        DataError: it is missing, or not of the shape told above, or a video is missing.
    """
    try:
        known = [_known(path.parent, entry) for entry in _entries(path)]
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path} does not say what is signed: give a table with the columns `file` and `text`, or "
            "a list of objects with `source` and `text`, as `fingerspell read -f json` prints them."
        ) from error
    if not known:
        raise DataError(f"{path} names no videos: add a row for each.")
    for video in known:
        if not video.path.is_file():
            raise DataError(f"{video.path}, named in {path}, is not there: correct its path.")
        if not video.text:
            raise DataError(f"{path} has no text for {video.path}: write what is signed there.")
    return known


def _entries(path: Path) -> list[dict[str, Any]]:
    if path.suffix.lower() in _TABLES:
        rows = (row for _, row in read_records(path, "file", "text"))
        return [{**row, "source": row["file"]} for row in rows]
    document = json.loads(path.read_text("utf-8-sig"))
    return document if isinstance(document, list) else [document]


def _known(folder: Path, entry: dict[str, Any]) -> KnownVideo:
    letters = tuple(
        Letter(letter["char"], _seconds(letter["start_s"]), _seconds(letter["end_s"]), 1.0)
        for letter in entry.get("letters", ())
    )
    signer = str(entry.get("signer") or "")
    return KnownVideo(folder / entry["source"], plain(entry["text"]), letters, signer)


def _seconds(value: Any) -> float:
    seconds = float(value)
    if not math.isfinite(seconds):
        raise ValueError(value)
    return seconds


def measure_sequences(
    classifier: FrameClassifier,
    known: Sequence[KnownVideo],
    advance: Advance = unheard,
    observer: Observer | None = None,
) -> SequenceFigures:
    """Read videos and compare with what is signed in them.

    Args:
        classifier: the model.
        known: at least one video.
        advance: called after each video.
        observer: looks at the videos with `classifier`, and may remember what it saw.

    Raises:
        DataError: one of them is an image.
        MediaError: a video cannot be read to its end.
    """
    for video in known:
        if open_media(video.path).kind == "picture":
            raise DataError(f"{video.path} is an image, and no video: images are for --data.")
    reader, speller = Reader(classifier), load_speller()
    observer = observer or Observer(classifier)
    readings: list[VideoReading] = []
    delays: list[float] = []
    found = n_seen = 0
    for video in known:
        observed = observer.video(video.path)
        seen = list(read_letters(reader, observed))
        letters = tuple(each.letter for each in seen)
        end_s = float(observed.times_s[-1]) if len(observed) else 0.0
        words = speller.correct(letters, end_s=end_s)
        raw = plain(compose(letters))
        errors = character_errors(video.text, raw, letters, video.letters, hand_seen(observed))
        readings.append(
            VideoReading(
                path=str(video.path),
                signer=video.signer,
                text=video.text,
                raw=raw,
                corrected=plain(" ".join(word.text for word in words)),
                letters_per_s=_letters_per_s(video, observed),
                letters=letters,
                errors=errors,
                moments=moments_of(reader, observed),
            )
        )
        if video.letters:
            matches = match_in_time(video.letters, seen)
            found, n_seen = found + len(matches), n_seen + len(seen)
            delays += [seen[j].decided_s - video.letters[i].start_s for i, j in matches]
        advance(1)
    return _figures(readings, sum(len(video.letters) for video in known), found, n_seen, delays)


def _figures(
    readings: Sequence[VideoReading], n_letters: int, found: int, n_seen: int, delays: Sequence[float]
) -> SequenceFigures:
    truth = [each.text for each in readings]
    raws, corrections = [each.raw for each in readings], [each.corrected for each in readings]
    raw = _counted(readings)
    corrected = CharacterErrors.of(zip(truth, corrections, strict=True))
    by_signer = _by(readings, [each.signer or NOT_NAMED for each in readings])
    speeds = [each.speed for each in readings]
    misread = [Misread(each.path, each.text, each.speed, each.errors) for each in readings]
    return SequenceFigures(
        videos=len(readings),
        characters=raw.characters,
        words=sum(len(text.split()) for text in truth),
        character_error_rate=raw.rate,
        word_error_rate=jiwer.wer(truth, raws),
        corrected_character_error_rate=corrected.rate,
        corrected_word_error_rate=jiwer.wer(truth, corrections),
        raw=raw,
        corrected=corrected,
        by_speed=_by(readings, speeds, SPEED_NAMES),
        by_signer=by_signer if len(by_signer) > 1 else {},
        missed=what_is_missed(misread, SPEED_NAMES),
        letters=n_letters,
        precision=found / n_seen if n_seen else None,
        recall=found / n_letters if n_letters else None,
        delay_s=float(np.median(delays)) if delays else None,
        delay_p95_s=float(np.percentile(delays, 95)) if delays else None,
        texts=tuple(zip(truth, raws, corrections, strict=True)),
        readings=tuple(readings),
    )


def _by(
    readings: Sequence[VideoReading], names: Sequence[str], order: Sequence[str] = ()
) -> dict[str, CharacterErrors]:
    """The errors of the videos of each name, in this order or that of the alphabet."""
    groups: dict[str, list[VideoReading]] = {name: [] for name in order or sorted(set(names))}
    for reading, name in zip(readings, names, strict=True):
        groups[name].append(reading)
    return {name: _counted(group) for name, group in groups.items() if group}


def _counted(readings: Sequence[VideoReading]) -> CharacterErrors:
    return CharacterErrors.counted(
        (each.text, [error.kind for error in each.errors]) for each in readings
    )


def _letters_per_s(video: KnownVideo, observed: Observed) -> float:
    """How fast is signed: while the letters last, or from the first to the last frame with a hand."""
    if video.letters:
        starts = min(each.start_s for each in video.letters)
        lasts_s = max(each.end_s for each in video.letters) - starts
    else:
        first_s, last_s = hand_seen(observed)
        lasts_s = last_s - first_s
    return len(video.text.replace(" ", "")) / max(lasts_s, 0.1)


def read_letters(reader: Reader, observed: Observed) -> Iterator[Seen]:
    """The letters of a video, each with the time of the frame after which it was certain."""
    begun_s: dict[float, float] = {}  # start of a letter to when it was told
    for time_s, event in decoded(reader, observed):
        if event.kind == "ended":
            yield Seen(event.letter, begun_s.get(event.letter.start_s, time_s))
        else:
            begun_s[event.letter.start_s] = time_s


def decoded(reader: Reader, observed: Observed) -> Iterator[tuple[float, LetterEvent]]:
    """The events of a video, each with the time of the frame at which it came."""
    decoder, time_s = reader.decoder(), 0.0
    for time_s, shown_s, probabilities, joints, hand in observed.frames():
        for event in decoder.push(time_s, probabilities, joints, hand, duration_s=shown_s):
            yield time_s, event
    for event in decoder.flush():
        yield time_s, event


def match_in_time(truth: Sequence[Letter], seen: Sequence[Seen]) -> list[tuple[int, int]]:
    """Pairs (i, j) of signs that are there and signs that were read: the same, at the same time.

    Each is in one pair at most; of all ways to pair them, one with the longest common time.
    """
    if not truth or not seen:
        return []
    start, end = (np.array([[getattr(s, at)] for s in truth]) for at in ("start_s", "end_s"))
    seen_start = np.array([s.letter.start_s for s in seen])
    seen_end = np.array([s.letter.end_s for s in seen])
    common_s = np.minimum(end, seen_end) - np.maximum(start, seen_start)
    same = np.array([[t.char == s.letter.char for s in seen] for t in truth])
    common_s = np.where(same, np.maximum(common_s, 0), 0)
    pairs = zip(*linear_sum_assignment(common_s, maximize=True), strict=True)
    return [(int(i), int(j)) for i, j in pairs if common_s[i, j] > 0]
