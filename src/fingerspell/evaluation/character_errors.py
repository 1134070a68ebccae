"""Characters read wrong: which, as what, and how many.

Texts are aligned by jiwer; all that is counted, named or shown of them comes from that one alignment.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import jiwer

Kind = Literal["substituted", "left out", "put in"]
SUBSTITUTED: Kind = "substituted"
LEFT_OUT: Kind = "left out"
PUT_IN: Kind = "put in"
_KINDS: dict[str, Kind] = {"substitute": SUBSTITUTED, "delete": LEFT_OUT, "insert": PUT_IN}


@dataclass(frozen=True)
class Difference:
    """One character in which a read text differs from the known one.

    Attributes:
        kind: how it differs.
        signed: the known character; empty where one is put in.
        read: the read one; empty where one is left out.
        signed_at: place in the known text, of the character or of what is put in.
        read_at: place in the read text, of the character or of what is left out.
    """

    kind: Kind
    signed: str
    read: str
    signed_at: int
    read_at: int


def differences(known: str, read: str) -> list[Difference]:
    """What has to be changed to make the known text, which is not empty, the read one."""
    [chunks] = jiwer.process_characters(known, read).alignments
    return [
        each for chunk in chunks if chunk.type in _KINDS for each in _characters(chunk, known, read)
    ]


def _characters(chunk: jiwer.AlignmentChunk, known: str, read: str) -> Iterator[Difference]:
    """A chunk is several characters of one kind, next to each other."""
    signed_at, read_at = chunk.ref_start_idx, chunk.hyp_start_idx
    while (signed_at, read_at) != (chunk.ref_end_idx, chunk.hyp_end_idx):
        signed = known[signed_at] if signed_at < chunk.ref_end_idx else ""
        got = read[read_at] if read_at < chunk.hyp_end_idx else ""
        yield Difference(_KINDS[chunk.type], signed, got, signed_at, read_at)
        signed_at, read_at = signed_at + len(signed), read_at + len(got)


@dataclass(frozen=True)
class CharacterErrors:
    """How many characters are read wrong, and how.

    Attributes:
        videos: how many.
        characters: in the known texts.
        substitutions: characters read as others.
        deletions: characters left out.
        insertions: characters read where there are none.
        rate: of all of these, per known character.
    """

    videos: int
    characters: int
    substitutions: int
    deletions: int
    insertions: int
    rate: float

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> "CharacterErrors":
        """From known texts (none of them empty), each with what was read."""
        return cls.counted(
            (known, [each.kind for each in differences(known, read)]) for known, read in pairs
        )

    @classmethod
    def counted(cls, texts: Iterable[tuple[str, Iterable[Kind]]]) -> "CharacterErrors":
        """From known texts (none of them empty), each with the errors that were made in it."""
        known, errors = (list(column) for column in zip(*texts, strict=True))
        kinds = [kind for of_text in errors for kind in of_text]
        characters = sum(map(len, known))
        counts = (kinds.count(SUBSTITUTED), kinds.count(LEFT_OUT), kinds.count(PUT_IN))
        return cls(len(known), characters, *counts, len(kinds) / characters)
