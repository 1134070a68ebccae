"""Which signs are told: those of words of which one sign was sure, and the pauses between words."""

from fingerspell.core.alphabet import DELETE, SPACE
from fingerspell.core.types import Letter, LetterEvent


class Words:
    """Holds the events of a word back until it counts, and notes what was typed.

    Attributes:
        counts: whether a sign of the word at hand was sure.
    """

    def __init__(self) -> None:
        self.counts = False
        self._waiting: list[LetterEvent] = []
        self._typed: list[str] = []  # what the signs that were told have typed
        self._took_back = ""  # by the last of them, if that was `del`
        self._last_counted: Letter | None = None  # the last of the words that counted, before this one

    def tell(self, *events: LetterEvent) -> list[LetterEvent]:
        """The events, if this word counts; else they wait."""
        self._waiting += events
        return self._told() if self.counts else []

    def count(self) -> list[LetterEvent]:
        """From now on this word counts; what was waiting is told."""
        self.counts = True
        return self._told()

    def next(self, last: Letter | None) -> Letter | None:
        """Begin a new word after the letter `last`; the last letter of the words that counted.

        The word before is forgotten if it did not count.
        """
        if self.counts:
            self._last_counted = last
        self.counts = False
        self._waiting.clear()
        return self._last_counted

    def takes_space(self, char: str) -> bool:
        """Whether a pause before `char` is a space: not at the beginning, nor beside another one."""
        in_space = SPACE in (*self._typed[-1:], self._took_back)
        return bool(self._typed) and not in_space and char not in (SPACE, DELETE)

    def _told(self) -> list[LetterEvent]:
        """What was waiting, and is told now; note what it types."""
        events, self._waiting = self._waiting, []
        for char in (event.letter.char for event in events if event.kind == "ended"):
            self._took_back = ""
            if char != DELETE:
                self._typed.append(char)
            elif self._typed:
                self._took_back = self._typed.pop()
        return events
