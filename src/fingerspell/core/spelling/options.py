"""How readily letters are changed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SpellingOptions:
    """How readily letters are changed; all are probabilities but `most_changed` and the beam's.

    How likely it is that a letter of a word was missed is how unsure those that were seen are on
    average: who is hard to read is missed more often.

    Attributes:
        most_sure: a letter is never taken to be surer than this.
        name: that a word is in no lexicon, a name for example.
        least_missed: that a letter of a word was not seen, at least.
        most_missed: and at most.
        doubled: that a double letter was seen once, or a single one twice.
        glimpsed: that a letter of which there was a glimpse was meant.
        extra: that a letter was seen that was not there.
        missed_space: that no space was seen between two words.
        extra_space: that a space was seen within a word.
        follows: that a word is one of those that often follow the one before.
        most_changed: share of a word's letters that may be changed; a word that would change more, and
            by more than one letter, stays as it was signed; so does a lone letter that would get
            another. A glimpse stands for any letter, or for none, where this is counted.
        lone: power of a word's probability where it stands alone: running text has OF and TO all the
            time, but who spells one word spells a rare one as readily.
        lone_sure: probability from which a letter of a word that stands alone is not taken for another.
        sure_word: probability of its least sure letter from which a word of the lexicon stays as it was
            signed, however much more frequent another is; and from which a word of up to three letters,
            an abbreviation perhaps, gets no others.
        beam_cost: hypotheses that cost this much more than the best, as -log probability, are dropped.
        beam_size: and those after this many.
    """

    most_sure: float = 0.97
    name: float = 0.5
    least_missed: float = 0.01
    most_missed: float = 0.1
    doubled: float = 0.1
    glimpsed: float = 0.9
    extra: float = 0.005
    missed_space: float = 0.01
    extra_space: float = 0.01
    follows: float = 0.2
    most_changed: float = 0.25
    lone: float = 0.5
    lone_sure: float = 0.7
    sure_word: float = 0.9
    beam_cost: float = 14.0
    beam_size: int = 400

    def __post_init__(self) -> None:
        letters = (self.most_sure, self.name, self.doubled, self.glimpsed, self.extra)
        words = (self.missed_space, self.extra_space, self.follows)
        if not all(0 < p < 1 for p in (*letters, *words)):
            raise ValueError("probabilities must lie between 0 and 1")
        if not all(
            0 <= share <= 1 for share in (self.sure_word, self.most_changed, self.lone, self.lone_sure)
        ):
            raise ValueError("sure_word, most_changed, lone and lone_sure must lie between 0 and 1")
        if self.beam_size < 1 or not self.beam_cost > 0:
            raise ValueError("beam_size and beam_cost must be more than 0")
        if not 0 < self.least_missed <= self.most_missed < 1:
            raise ValueError("must be 0 < least_missed <= most_missed < 1")
