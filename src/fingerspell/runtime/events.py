"""What is told to other programs while somebody signs: JSON documents, one schema for every way out.

`fingerspell live --events` prints them, one a line; the app sends them through a WebSocket
(`app.captions`). `type` says what a document is, and times are seconds from the beginning:

- `begin`, first: `version` (1), and `text` and `raw_text` so far;
- `letter`: `state` is `began`, `became` or `ended` (see `LetterEvent`), with `char` (A to Z, `space` or
  `del`), `start_s`, `end_s` and `probability`;
- `text`, whenever it has changed: `text` and `raw_text`, whole;
- `end`, last, of what ends: `text` and `raw_text`.

Programs should pass over types and keys that they do not know.
"""

from typing import Any, Literal

from fingerspell.core.types import LetterEvent

VERSION = 1
Document = dict[str, Any]


def text_document(kind: Literal["begin", "text", "end"], text: str, raw_text: str) -> Document:
    """The text as it is now."""
    version = {"version": VERSION} if kind == "begin" else {}
    return {"type": kind, **version, "text": text, "raw_text": raw_text}


def letter_document(event: LetterEvent) -> Document:
    """What became of one sign."""
    letter = event.letter
    return {
        "type": "letter",
        "state": event.kind,
        "char": letter.char,
        "start_s": round(letter.start_s, 3),
        "end_s": round(letter.end_s, 3),
        "probability": round(letter.probability, 4),
    }
