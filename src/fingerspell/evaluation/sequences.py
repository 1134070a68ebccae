"""Video with known text: characters and words read wrong, letters found in time, delay.

What is known is a JSON document beside the videos, in the shape that `fingerspell read -f json` prints:
one object or a list of them, each with `source` (a path from the document's folder), `text`, and, where
the times of the signs are known, `letters` with `char`, `start_s` and `end_s`.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
from scipy.optimize import linear_sum_assignment

from fingerspell.core.text import compose, plain
from fingerspell.core.types import FrameClassifier, Letter
from fingerspell.errors import DataError
from fingerspell.runtime.language import load_speller
from fingerspell.runtime.media import open_media
from fingerspell.runtime.reader import Reader


@dataclass(frozen=True)
class KnownVideo:
    """A video and what is signed in it; `letters` is empty where the times are not known."""

    path: Path
    text: str
    letters: tuple[Letter, ...] = ()


@dataclass(frozen=True)
class Seen:
    """A letter that was read, and when it was certain, in seconds."""

    letter: Letter
    decided_s: float


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
        letters: signs whose times are known.
        precision: of the signs read, the share that is there at that time; None without known times.
        recall: of the signs there, the share read at that time.
        delay_s: from the beginning of a sign until it was certain: median.
        delay_p95_s: 95th percentile.
        texts: of each video: what is known, what was read, and that after spelling correction.
    """

    videos: int
    characters: int
    words: int
    character_error_rate: float
    word_error_rate: float
    corrected_character_error_rate: float
    corrected_word_error_rate: float
    letters: int
    precision: float | None
    recall: float | None
    delay_s: float | None
    delay_p95_s: float | None
    texts: tuple[tuple[str, str, str], ...]


def load_known(path: Path) -> list[KnownVideo]:
    """Read the document that says what is signed in videos.

    Raises:
        DataError: it is missing, or not of the shape told above, or a video is missing.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
        entries = document if isinstance(document, list) else [document]
        known = [_known(path.parent, entry) for entry in entries]
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path} does not say what is signed: give a list of objects with `source` and `text`, as "
            "`fingerspell read -f json` prints them."
        ) from error
    for video in known:
        if not video.path.is_file():
            raise DataError(f"{video.path}, named in {path}, is not there: mend its `source`.")
        if not video.text:
            raise DataError(f"{path} has no text for {video.path}: write what is signed there.")
    return known


def _known(folder: Path, entry: dict[str, Any]) -> KnownVideo:
    letters = tuple(
        Letter(letter["char"], float(letter["start_s"]), float(letter["end_s"]), 1.0)
        for letter in entry.get("letters", ())
    )
    return KnownVideo(folder / entry["source"], plain(entry["text"]), letters)


def measure_sequences(
    classifier: FrameClassifier,
    known: Sequence[KnownVideo],
    advance: Callable[[int], None] = lambda _n: None,
) -> SequenceFigures:
    """Read videos and compare with what is signed in them.

    Args:
        classifier: the model.
        known: at least one video.
        advance: called after each video.

    Raises:
        MediaError: a video cannot be read to its end.
    """
    reader, speller = Reader(classifier), load_speller()
    texts: list[tuple[str, str, str]] = []
    delays: list[float] = []
    found = n_seen = 0
    for video in known:
        seen = list(read_letters(reader, video.path))
        letters = [each.letter for each in seen]
        corrected = " ".join(word.text for word in speller.correct(letters))
        texts.append((video.text, plain(compose(letters)), plain(corrected)))
        if video.letters:
            matches = match_in_time(video.letters, seen)
            found, n_seen = found + len(matches), n_seen + len(seen)
            delays += [seen[j].decided_s - video.letters[i].start_s for i, j in matches]
        advance(1)
    truth, raws, corrections = (list(column) for column in zip(*texts, strict=True))
    n_letters = sum(len(video.letters) for video in known)
    return SequenceFigures(
        videos=len(known),
        characters=sum(map(len, truth)),
        words=sum(len(text.split()) for text in truth),
        character_error_rate=jiwer.cer(truth, raws),
        word_error_rate=jiwer.wer(truth, raws),
        corrected_character_error_rate=jiwer.cer(truth, corrections),
        corrected_word_error_rate=jiwer.wer(truth, corrections),
        letters=n_letters,
        precision=found / n_seen if n_seen else None,
        recall=found / n_letters if n_letters else None,
        delay_s=float(np.median(delays)) if delays else None,
        delay_p95_s=float(np.percentile(delays, 95)) if delays else None,
        texts=tuple(texts),
    )


def read_letters(reader: Reader, path: Path) -> Iterator[Seen]:
    """The letters of a video, each with the time of the frame after which it was certain."""
    decided_s = 0.0
    for event in reader.stream(open_media(path).frames()):
        if event.kind == "ended":
            yield Seen(event.letter, decided_s)
        else:
            decided_s = event.letter.end_s


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
