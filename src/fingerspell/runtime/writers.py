"""Transcripts as text, subtitles, tables and JSON."""

import json
from collections.abc import Callable

from fingerspell.core.text import words
from fingerspell.core.types import Transcript


def to_txt(transcript: Transcript) -> str:
    """The text, one line."""
    return transcript.text + "\n"


def to_srt(transcript: Transcript) -> str:
    """SubRip subtitles, one cue a word."""
    cues = [
        f"{number}\n{_clock(word.start_s, ',')} --> {_clock(word.end_s, ',')}\n{word.text}\n"
        for number, word in enumerate(words(transcript.letters), start=1)
    ]
    return "\n".join(cues)


def to_vtt(transcript: Transcript) -> str:
    """WebVTT subtitles, one cue a word."""
    cues = [
        f"{_clock(word.start_s, '.')} --> {_clock(word.end_s, '.')}\n{word.text}\n"
        for word in words(transcript.letters)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def to_tsv(transcript: Transcript) -> str:
    """Every sign with its times in seconds and its probability, tab-separated."""
    rows = [
        f"{letter.start_s:.3f}\t{letter.end_s:.3f}\t{letter.char}\t{letter.probability:.4f}\n"
        for letter in transcript.letters
    ]
    return "".join(["start_s\tend_s\tchar\tprobability\n", *rows])


def to_json(transcript: Transcript) -> str:
    """The whole transcript; see `Transcript.as_dict`."""
    return json.dumps(transcript.as_dict(), ensure_ascii=False, indent=2) + "\n"


WRITERS: dict[str, Callable[[Transcript], str]] = {
    "txt": to_txt,
    "srt": to_srt,
    "vtt": to_vtt,
    "tsv": to_tsv,
    "json": to_json,
}


def _clock(seconds: float, point: str) -> str:
    """Seconds as HH:MM:SS and milliseconds."""
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"
