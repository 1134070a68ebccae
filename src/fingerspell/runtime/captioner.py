"""What has been signed so far, for a live view: text as it grows, suggestions, undo and clear."""

from collections.abc import Iterable

from fingerspell.core.alphabet import SPACE
from fingerspell.core.spelling import Speller
from fingerspell.core.text import compose, typed
from fingerspell.core.types import Letter, LetterEvent

OPEN_LETTERS = 48  # when more signs than this are still open to correction, the oldest words settle
OPEN_WORDS = 2  # words that stay open then


class Captioner:
    """Collects letter events into a text that is corrected as it grows.

    Words settle once they are far behind, so that a long talk costs no more than a short one.

    Args:
        speller: corrects the text and suggests completions; None does neither.
    """

    def __init__(self, speller: Speller | None) -> None:
        self._speller = speller
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._settled_signs: list[Letter] = []
        self._settled_words: list[str] = []
        self._open: list[Letter] = []
        self._refresh()

    def undo(self) -> None:
        """Take back the last sign."""
        if not self._open and self._settled_signs:
            self._open, self._settled_signs, self._settled_words = self._settled_signs, [], []
        del self._open[-1:]
        self._refresh()

    def take(self, events: Iterable[LetterEvent]) -> bool:
        """Add what began, which counts while it is still held; returns whether the text changed."""
        before, taken = self.text, list(events)
        for event in taken:
            if event.kind == "began":
                self._open.append(event.letter)
            elif self._open and self._open[-1].start_s == event.letter.start_s:  # not taken back
                self._open[-1] = event.letter  # it became another, or is surer by its end
        if taken:
            self._settle()
            self._refresh()
        return self.text != before

    @property
    def raw_text(self) -> str:
        """Exactly what was signed."""
        return compose([*self._settled_signs, *self._open])

    def finished(self) -> str:
        """The text with its last word corrected too, as if it had ended here."""
        return self._corrected(self._open) if self._speller else self.raw_text

    def _refresh(self) -> None:
        """Show the word that is being signed as it is: half a word is not yet a misspelled one."""
        self.text = self.raw_text
        self.suggestions: list[str] = []
        if self._speller:
            signs = typed(self._open)
            begin = 1 + max((i for i, sign in enumerate(signs) if sign.char == SPACE), default=-1)
            self.text = f"{self._corrected(signs[:begin])} {compose(signs[begin:])}".strip()
            self.suggestions = self._speller.complete(signs[begin:])

    def _corrected(self, signs: list[Letter]) -> str:
        """The settled words, and those of the open `signs`."""
        words = [word.text for word in self._speller.correct(signs)] if self._speller else []
        return " ".join([*self._settled_words, *words])

    def _settle(self) -> None:
        spaces = [i for i, sign in enumerate(self._open) if sign.char == SPACE]
        if self._speller is None or len(self._open) <= OPEN_LETTERS or len(spaces) < OPEN_WORDS:
            return
        cut = spaces[-OPEN_WORDS] + 1
        self._settled_words += [word.text for word in self._speller.correct(self._open[:cut])]
        self._settled_signs += self._open[:cut]
        self._open = self._open[cut:]
