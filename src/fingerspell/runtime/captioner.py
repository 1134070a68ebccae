"""What has been signed so far, for a live view: text as it grows, suggestions, undo and clear."""

from collections.abc import Iterable
from itertools import takewhile

from fingerspell.core.alphabet import DELETE, SPACE
from fingerspell.core.spelling import Speller
from fingerspell.core.text import Word, compose, typed
from fingerspell.core.text import words as split_words
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
        self._settled: list[tuple[list[Letter], list[Word]]] = []  # a piece for each time words settled
        self._open: list[Letter] = []
        self._before_choice: tuple[list[Letter], list[Letter]] | None = None
        self._finished_signs: list[Letter] = []  # of the open ones, up to the last space
        self._finished_words: list[Word] = []  # what these were corrected to
        self._refresh()

    def undo(self) -> None:
        """Take back the last sign, or the last choice of a word."""
        self._reopen()
        if self._before_choice and self._before_choice[1] == self._open:
            self._open, self._before_choice = self._before_choice[0], None
        else:
            del self._open[-1:]
        self._refresh()

    def take(self, events: Iterable[LetterEvent]) -> bool:
        """Add what began, which counts while it is still held; returns whether the text changed."""
        before, taken = self.text, list(events)
        for event in taken:
            if event.kind == "began":
                if event.letter.char == DELETE:
                    self._reopen()
                self._open.append(event.letter)
            elif event.kind == "ended":
                self._end(event.letter)
            elif self._open and self._open[-1].start_s == event.letter.start_s:  # not taken back
                self._open[-1] = event.letter
        if taken:
            self._settle()
            self._refresh()
        return self.text != before

    def add(self, char: str, time_s: float) -> None:
        """Add a sign that was not signed but asked for by a key: `space` or `del`, for example."""
        letter = Letter(char, time_s, time_s, 1.0)
        self.take([LetterEvent("began", letter)])

    def choose(self, word: str) -> None:
        """Make the word that is being signed `word`, and begin the next."""
        before, signs = list(self._open), typed(self._open)
        spelled = list(takewhile(lambda sign: sign.char != SPACE, reversed(signs)))[::-1]
        if not spelled:
            return
        start_s, end_s = spelled[0].start_s, spelled[-1].end_s
        step_s = (end_s - start_s) / len(word)
        letters = [
            Letter(char, start_s + i * step_s, start_s + (i + 1) * step_s, 1.0)
            for i, char in enumerate(word)
        ]
        self._open = [*signs[: -len(spelled)], *letters, Letter(SPACE, end_s, end_s, 1.0)]
        self._before_choice = (before, list(self._open))
        self._refresh()

    @property
    def signs(self) -> list[Letter]:
        """Every sign, `space` and `del` among them."""
        return [*(sign for signs, _ in self._settled for sign in signs), *self._open]

    @property
    def raw_text(self) -> str:
        """Exactly what was signed."""
        return compose(self.signs)

    @property
    def words(self) -> tuple[Word, ...] | None:
        """The words that were meant; None without a speller."""
        return (*self._settled_words, *self._open_words) if self._speller else None

    @property
    def _settled_words(self) -> list[Word]:
        return [word for _, words in self._settled for word in words]

    def _correct(self, signs: list[Letter]) -> list[Word]:
        """The words of signs that follow what has settled."""
        return self._speller.correct(signs, _last(self._settled_words)) if self._speller else []

    def finished(self) -> str:
        """The text with its last word corrected too, as if it had ended here."""
        if self._speller is None:
            return self.raw_text
        return _joined([*self._settled_words, *self._correct(self._open)])

    def _refresh(self) -> None:
        """Show the word that is being signed as it is: half a word is not yet a misspelled one."""
        self.text = self.raw_text
        self.suggestions: list[str] = []
        self._open_words: list[Word] = []
        if self._speller:
            signs = typed(self._open)
            begin = 1 + max((i for i, sign in enumerate(signs) if sign.char == SPACE), default=-1)
            if signs[:begin] != self._finished_signs:  # else the words before are the same
                self._finished_signs = signs[:begin]
                self._finished_words = self._correct(signs[:begin])
            self._open_words = [*self._finished_words, *split_words(signs[begin:])]
            self.text = _joined([*self._settled_words, *self._open_words])
            before = _last(self._finished_words or self._settled_words)
            self.suggestions = self._speller.complete(signs[begin:], after=before)

    def _end(self, ended: Letter) -> None:
        """Note how long a sign was held, and how sure it was by its end."""
        for place in reversed(range(len(self._open))):
            held = self._open[place]
            if (held.char, held.start_s) == (ended.char, ended.start_s):
                self._open[place] = ended
                return

    def _reopen(self) -> None:
        """Where nothing open is left to take back, open what settled last again."""
        while self._settled and not typed(self._open):
            signs, _ = self._settled.pop()
            self._open = [*signs, *self._open]

    def _settle(self) -> None:
        spaces = [i for i, sign in enumerate(self._open) if sign.char == SPACE]
        if self._speller is None or len(self._open) <= OPEN_LETTERS or len(spaces) < OPEN_WORDS:
            return
        cut = spaces[-OPEN_WORDS] + 1
        old, new = self._open[:cut], self._open[cut:]
        if typed(old) + typed(new) != typed(self._open):  # a `del` took back some of the old
            return
        self._settled.append((old, self._correct(old)))
        self._open = new


def _last(words: list[Word]) -> str:
    return words[-1].text if words else ""


def _joined(words: list[Word]) -> str:
    return " ".join(word.text for word in words)
