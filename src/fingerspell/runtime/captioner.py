"""What has been signed so far, for a live view: text as it grows, suggestions, edits and undo."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile

from fingerspell.core.alphabet import DELETE, SPACE
from fingerspell.core.context import InContext
from fingerspell.core.spelling.speller import Speller
from fingerspell.core.text import Word, compose, is_own_sign, typed
from fingerspell.core.text import words as split_words
from fingerspell.core.types import Letter, LetterEvent

OPEN_LETTERS = 48  # when more signs than this are still open to correction, the oldest words settle
OPEN_WORDS = 2  # words that stay open then
MOST_COMPARED = 200  # words, where a text was edited
EDITS_KEPT = 20  # that can be undone
LETTER_S = 0.3  # for each letter of words that were typed, where no sign says when
Piece = tuple[list[Letter], list[Word]]  # signs that are not corrected again, and their words


@dataclass(frozen=True)
class Correction:
    """A word that is not what was signed.

    Attributes:
        start_s: when it begins, which names it.
        signed: exactly what was signed.
        text: what it was corrected to.
    """

    start_s: float
    signed: str
    text: str


@dataclass(frozen=True)
class _State:
    """All that a text is made of."""

    settled: list[Piece]
    open: list[Letter]


class Captioner:
    """Collects letter events into a text that is corrected as it grows.

    Words settle once they are far behind, so that a long talk costs no more than a short one.

    Args:
        speller: corrects the text and suggests completions; None does neither.
        in_context: tells letters from digits by the signs beside them (see `core.context`).
    """

    def __init__(
        self,
        speller: Speller | None,
        in_context: InContext = list,
    ) -> None:
        self._speller, self._in_context = speller, in_context
        self._edits: deque[tuple[_State, _State]] = deque(maxlen=EDITS_KEPT)  # before and after each
        self._settled: list[Piece] = []  # one for each time words settled
        self._open: list[Letter] = []
        self._finished_signs: list[Letter] = []  # of the open ones, up to the last space
        self._finished_words: list[Word] = []  # what these were corrected to
        self._refresh()

    def correct_with(self, speller: Speller) -> None:
        """Correct from now on, where it is not done yet: a speller takes a while to be loaded."""
        self._speller = speller
        self._finished_signs = []  # they are looked at anew
        self._refresh()

    def clear(self) -> None:
        """Begin a new text; `undo` brings the old one back."""
        if self.signs:
            self._edit([], [])

    def undo(self) -> None:
        """Take back the last sign, or the last edit: `clear`, `choose`, `keep` or `rewrite`."""
        if self._edits and self._edits[-1][1] == _State(self._settled, self._open):
            before, _ = self._edits.pop()
            self._settled, self._open = before.settled, before.open
        else:
            self._reopen()
            del self._open[-1:]
        self._refresh()

    def _edit(self, settled: list[Piece], still_open: list[Letter]) -> None:
        before = _State(self._settled, self._open)
        self._settled, self._open = settled, still_open
        self._edits.append((before, _State(list(settled), list(still_open))))
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
        signs = typed(self._open)
        spelled = list(takewhile(_is_spelled, reversed(signs)))[::-1]
        if not spelled:
            return
        start_s, end_s = spelled[0].start_s, spelled[-1].end_s
        step_s = (end_s - start_s) / len(word)
        letters = [
            Letter(char, start_s + i * step_s, start_s + (i + 1) * step_s, 1.0)
            for i, char in enumerate(word)
        ]
        chosen = [*signs[: -len(spelled)], *letters, Letter(SPACE, end_s, end_s, 1.0)]
        self._edit(list(self._settled), chosen)

    def rewrite(self, text: str) -> None:
        """Make the text `text`, as its user has typed it: it is not corrected again.

        Words that stay keep their times; what is signed next begins a new word.
        """
        if text.split() == self.text.split():
            return
        old = list(self.words) if self.words is not None else split_words(self.signs)
        words = _timed(old, text.split())
        letters = [letter for word in words for letter in _spelled(word)]
        self._edit([(letters, words)] if words else [], [])

    def restore(self, text: str) -> None:
        """Begin with a text that was signed before; `undo` takes back its letters, not all of it."""
        self.rewrite(text)
        self._edits.clear()

    @property
    def corrections(self) -> list[Correction]:
        """The words that are not as they were signed, of those that may still be of interest."""
        pieces = [*self._settled[-1:], (self._in_context(self._open), self._finished_words)]
        found = []
        for signs, words in pieces:
            for word in words:
                signed = " ".join(w.text for w in split_words(_within(signs, word)))
                if signed and signed != word.text:
                    found.append(Correction(word.start_s, signed, word.text))
        return found

    def keep(self, start_s: float) -> None:
        """Show the word that begins at `start_s` as it was signed; nothing before it changes again."""
        for place, (signs, words) in enumerate(self._settled):
            if any(word.start_s == start_s for word in words):
                kept = (signs, _as_signed(signs, words, start_s))
                self._edit(
                    [*self._settled[:place], kept, *self._settled[place + 1 :]], list(self._open)
                )
                return
        for number, word in enumerate(self._finished_words, 1):
            if word.start_s == start_s:
                cut = sum(sign.end_s <= word.end_s for sign in self._open)
                cut += cut < len(self._open) and self._open[cut].char == SPACE
                signs, words = self._in_context(self._open[:cut]), self._finished_words[:number]
                piece = (signs, _as_signed(signs, words, start_s))
                self._edit([*self._settled, piece], self._open[cut:])
                return

    @property
    def signs(self) -> list[Letter]:
        """Every sign, `space` and `del` among them."""
        return [*(sign for signs, _ in self._settled for sign in signs), *self._in_context(self._open)]

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
        return _joined([*self._settled_words, *self._correct(self._in_context(self._open))])

    def _refresh(self) -> None:
        """Show the word that is being signed as it is: half a word is not yet a misspelled one."""
        self.text = self.raw_text
        self.suggestions: list[str] = []
        self._open_words: list[Word] = []
        if self._speller:
            signs = typed(self._in_context(self._open))
            ends = (i for i, sign in enumerate(signs) if not _is_spelled(sign))
            begin = 1 + max(ends, default=-1)
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
            signs, words = self._settled[-1]
            cut = sum(sign.start_s < words[-1].start_s for sign in signs) if words[1:] else 0
            if typed(signs[:cut]) + typed(signs[cut:]) != typed(signs):
                cut = 0
            kept = [(signs[:cut], words[:-1])] if cut else []  # only the last word is open again
            self._settled, self._open = [*self._settled[:-1], *kept], [*signs[cut:], *self._open]

    def _settle(self) -> None:
        spaces = [i for i, sign in enumerate(self._open) if sign.char == SPACE]
        if self._speller is None or len(self._open) <= OPEN_LETTERS or len(spaces) < OPEN_WORDS:
            return
        cut = spaces[-OPEN_WORDS] + 1
        old, new = self._open[:cut], self._open[cut:]
        if typed(old) + typed(new) != typed(self._open):  # a `del` took back some of the old
            return
        old = self._in_context(old)
        self._settled = [*self._settled, (old, self._correct(old))]
        self._open = new


def _is_spelled(sign: Letter) -> bool:
    """Whether a sign is of a word that is spelled."""
    return sign.char != SPACE and not is_own_sign(sign.char)


def _last(words: list[Word]) -> str:
    return words[-1].text if words else ""


def _joined(words: list[Word]) -> str:
    return " ".join(word.text for word in words)


def _within(signs: Sequence[Letter], word: Word) -> list[Letter]:
    """The signs that a word was made of."""
    return [s for s in typed(signs) if word.start_s <= s.start_s and s.end_s <= word.end_s]


def _as_signed(signs: Sequence[Letter], words: list[Word], start_s: float) -> list[Word]:
    """The words, the one that begins at `start_s` as it was signed."""
    kept: list[Word] = []
    for word in words:
        kept += split_words(_within(signs, word)) if word.start_s == start_s else [word]
    return kept


def _timed(old: list[Word], texts: list[str]) -> list[Word]:
    """Words with these texts; those of `old` keep their times, others share the time between them."""
    words: list[Word] = []
    for kind, first, last, begin, end in _changes([word.text for word in old], texts):
        if kind == "equal":
            words += old[first:last]
            continue
        start_s = old[first].start_s if first < last else words[-1].end_s if words else 0.0
        lengths_s = [LETTER_S * len(text) for text in texts[begin:end]]
        room_s = old[last].start_s - start_s if last < len(old) else sum(lengths_s)
        scale = min(1.0, max(0.0, room_s) / (sum(lengths_s) or 1.0))
        for text, length_s in zip(texts[begin:end], lengths_s, strict=True):
            words.append(Word(text, start_s, start_s + scale * length_s))
            start_s = words[-1].end_s
    return words


def _changes(old: list[str], new: list[str]) -> Iterator[tuple[str, int, int, int, int]]:
    """What became what, as `SequenceMatcher.get_opcodes` has it, in time that does not explode."""
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    left = min(len(old), len(new)) - same
    after = next((n for n in range(left) if old[-1 - n] != new[-1 - n]), left)
    first, last, begin, end = same, len(old) - after, same, len(new) - after
    yield "equal", 0, same, 0, same
    if max(last - first, end - begin) > MOST_COMPARED:
        yield "replace", first, last, begin, end
    else:
        matcher = SequenceMatcher(None, old[first:last], new[begin:end], autojunk=False)
        for kind, i, j, k, m in matcher.get_opcodes():
            yield kind, first + i, first + j, begin + k, begin + m
    yield "equal", last, len(old), end, len(new)


def _spelled(word: Word) -> list[Letter]:
    """The letters of a word that was typed, evenly over its time, and the space after it."""
    step_s = (word.end_s - word.start_s) / len(word.text)
    starts = [word.start_s + place * step_s for place in range(len(word.text))]
    letters = [Letter(c, s, s + step_s, 1.0) for c, s in zip(word.text, starts, strict=True)]
    return [*letters, Letter(SPACE, word.end_s, word.end_s, 1.0)]
