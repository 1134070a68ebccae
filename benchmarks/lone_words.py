"""Does correction make words that stand alone better or worse? Prints a table.

    python benchmarks/lone_words.py [--n 60]

Names, abbreviations and book words are misread as real hands are: of the letters 12 % are left out and
8 % read as what the bundled model takes them for. No model and no data are needed.
"""

import argparse
from pathlib import Path

import jiwer
import numpy as np
from rich.progress import track

from fingerspell.core.alphabet import LETTERS
from fingerspell.core.spelling.speller import Speller
from fingerspell.core.types import Letter
from fingerspell.runtime.language import confusion_counts, load_speller, spelled_words, word_counts

LEFT_OUT, MISREAD = 0.12, 0.08
RIGHT_PROBABILITY, WRONG_PROBABILITY = (0.55, 0.99), (0.4, 0.85)  # what the decoder says of a letter
MOST_LETTERS = 5  # of an abbreviation


def words_of(rng: np.random.Generator, n: int) -> dict[str, list[str]]:
    """What is spelled: `n` of each kind."""
    names = Path(__file__).with_name("names.txt").read_text().upper().split()
    short = [word for word in spelled_words() if len(word) <= MOST_LETTERS]
    words = list(word_counts())
    weights = np.array([word_counts()[word] for word in words]) ** 0.5
    common = rng.choice(words, n, replace=False, p=weights / weights.sum())
    return {
        "names": rng.choice(names, n, replace=False).tolist(),
        "abbreviations": rng.choice(short, n, replace=False).tolist(),
        "words": [word.upper() for word in common if word.isascii() and word.isalpha()],
    }


def read_as(word: str, rng: np.random.Generator, wrong: bool) -> list[Letter]:
    """The letters of a word as they are read, `wrong` or all of them right."""
    taken_for = np.array(confusion_counts()) + 0.3
    np.fill_diagonal(taken_for, 0)
    signs = []
    for i, char in enumerate(word):
        draw, seen, sure = rng.random(), char, RIGHT_PROBABILITY
        if wrong and draw < LEFT_OUT:
            continue
        if wrong and draw < LEFT_OUT + MISREAD:
            row = taken_for[LETTERS.index(char)]
            seen, sure = str(rng.choice(LETTERS, p=row / row.sum())), WRONG_PROBABILITY
        signs.append(Letter(seen, 0.3 * i, 0.3 * i + 0.2, float(rng.uniform(*sure))))
    return signs


def row_of(kind: str, words: list[str], speller: Speller, rng: np.random.Generator) -> str:
    """Character error rates before and after, words that became better and worse, right ones kept."""

    def corrected(signs: list[Letter]) -> str:
        return " ".join(word.text for word in speller.correct(signs))

    kept = sum(corrected(read_as(word, rng, wrong=False)) == word for word in words)
    readings = [read_as(word, rng, wrong=True) for word in track(words, kind, transient=True)]
    raw = ["".join(sign.char for sign in signs) for signs in readings]
    after = [corrected(signs) for signs in readings]
    change = [jiwer.cer(w, a) - jiwer.cer(w, r) for w, r, a in zip(words, raw, after, strict=True)]
    better, worse = sum(each < 0 for each in change), sum(each > 0 for each in change)
    return (
        f"| {kind} | {len(words)} | {jiwer.cer(words, raw):.1%} | {jiwer.cer(words, after):.1%} | "
        f"{better} | {worse} | {kept} |"
    )


def main() -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--n", type=int, default=60, help="of each kind")
    args = parser.parse_args()
    rng, speller = np.random.default_rng(0), load_speller()
    print("| alone | n | wrong as read | corrected | better | worse | right ones kept |")
    print("|---|---|---|---|---|---|---|")
    for kind, words in words_of(rng, args.n).items():
        print(row_of(kind, words, speller, rng), flush=True)


if __name__ == "__main__":
    main()
