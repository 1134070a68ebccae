"""Transcripts as text, subtitles, tables and JSON."""

import html
import json
from collections.abc import Callable

from fingerspell.core.text import Cue, cues, letter_times
from fingerspell.core.types import Transcript, on_one_line


def to_txt(transcript: Transcript) -> str:
    """The text, one line."""
    return transcript.text + "\n"


def to_srt(transcript: Transcript) -> str:
    """SubRip subtitles, cues of one readable line."""
    blocks = [
        f"{number}\n{clock(cue.start_s, ',')} --> {clock(cue.end_s, ',')}\n{_srt_text(cue.text)}\n"
        for number, cue in enumerate(cues(transcript.words), start=1)
    ]
    return "\n".join(blocks)


def to_vtt(transcript: Transcript) -> str:
    """WebVTT subtitles, cues of one readable line in which each letter has its time."""
    blocks = [
        f"{clock(cue.start_s, '.')} --> {clock(cue.end_s, '.')}\n{_timed_text(cue, transcript)}\n"
        for cue in cues(transcript.words)
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def to_tsv(transcript: Transcript) -> str:
    """Every sign with its times in seconds and its probability, tab-separated."""
    rows = [
        f"{letter.start_s:.3f}\t{letter.end_s:.3f}\t{on_one_line(letter.char)}\t{letter.probability:.4f}\n"
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


def _timed_text(cue: Cue, transcript: Transcript) -> str:
    """The line with a time before each letter but the first, which comes with the cue."""
    last_ms, parts = round(cue.start_s * 1000), []
    for i, word in enumerate(cue.words):
        parts.append(" " if i else "")
        for letter, start_s in zip(word.text, letter_times(word, transcript.letters), strict=True):
            # WebVTT wants times that grow and lie within the cue.
            if last_ms < round(start_s * 1000) < round(cue.end_s * 1000):
                last_ms = round(start_s * 1000)
                parts.append(f"<{clock(start_s, '.')}>")
            parts.append(_vtt_text(letter))
    return "".join(parts)


def _srt_text(text: str) -> str:
    """A line that no player takes for the end of the cue, or for its times."""
    return on_one_line(text).replace("-->", "->")


def _vtt_text(text: str) -> str:
    """Text that no player takes for times or tags."""
    return html.escape(on_one_line(text), quote=False)


def clock(seconds: float, point: str) -> str:
    """Seconds as HH:MM:SS and milliseconds."""
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"
