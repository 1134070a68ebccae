"""Measure how people sign each letter, for the app's corrections; and judge these.

    python tools/hand_data/see_landmarks.py DATA
    python tools/hand_data/letter_forms.py DATA -o src/fingerspell/app/learn/forms.json
    python tools/hand_data/letter_forms.py DATA --judge --external multisigner100

`DATA/seen/<set>.npz` holds the landmarks that the reader saw in each picture. Of every letter but J and
Z, which move, hands are put into groups by what `measures.py` measures of them (k-means, every person
with the same weight); a group that is signed by fewer than three people is left out. The table holds,
of each group, median and spread of each measure, and no landmarks of anyone.

With `--judge`, five tables are made, each of four fifths of the people, and tried on the others: how
often a letter that is signed right gets a complaint, and, for a hand that signs one letter where
another is asked for, how often the part that is named is one in which the two letters differ by their
descriptions (`letters.DIFFER`). The app names no other part for such a pair; here it may be named. A
set of `--external` is tried with the table of everybody who is not in it.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from sklearn.cluster import KMeans

from fingerspell.app.learn.correcting import sentence
from fingerspell.app.learn.letter_forms import Forms, read_forms
from fingerspell.app.learn.letters import DIFFER
from fingerspell.app.learn.measures import MEASURES, Hand, measures_of
from fingerspell.core.alphabet import LETTERS, MOVING_LETTERS
from fingerspell.files import write_atomically
from fingerspell.training.hand_reader.sources import (
    SOURCES,
    Source,
    person_of,
    read_archive,
    shown_in,
)

STILL = [letter for letter in LETTERS if letter not in MOVING_LETTERS]
FORMS, LEAST_SHARE, LEAST_PEOPLE = 4, 0.06, 3  # groups of a letter, and of what each is made at least
FLOOR = 0.5  # of the spread that letters have as a rule, the least that one of them has
SURE = 0.5  # probability of a hand
FOLDS = 5
UNNEEDED = 0.02  # share of right letters of a person left out that may be complained of
BLAMED = 2.5

PAIRS = [tuple(sorted(pair)) for pair in DIFFER]


class Hands(NamedTuple):
    """N hands that sign a letter."""

    joints: NDArray[np.float32]  # [N, 21, 2]
    letter: NDArray[np.str_]  # [N], signed
    read: NDArray[np.str_]  # [N], as the reader took it
    person: NDArray[np.str_]  # [N], who signs it; a set of few people is one

    def take(self, rows: NDArray[np.bool_]) -> "Hands":
        """Some of them, by a mask [N]."""
        return Hands(*(each[rows] for each in self))


def load(data: Path, name: str, made: str) -> Hands:
    """The hands of a set that sign still letters."""
    seen, source = read_archive(data, made, name), SOURCES.get(name, Source(1))
    letters = np.array([shown_in(path, source) for path in seen["paths"]])
    people = np.array([person_of(path) if source.by_person else name for path in seen["paths"]])
    hands = Hands(seen["joints"], letters, seen["read"], people)
    return hands.take((seen["hand"] >= SURE) & np.isin(letters, STILL))


def fit(hands: Hands) -> dict[str, list[list[list[float]]]]:
    """The forms of each letter: usual, below and above of each measure."""
    measured = np.array([measures_of(joints.tolist()) for joints in hands.joints])
    spreads = [_spread(measured[hands.letter == letter]) for letter in STILL]
    usual_spread = np.median(spreads, 0) + 0.01
    return {
        letter: list(_forms(measured[rows], hands.person[rows], usual_spread))
        for letter in STILL
        if (rows := hands.letter == letter).any()
    }


def _spread(measured: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = np.quantile(measured, (0.16, 0.84), 0)
    return np.asarray((high - low) / 2)


def _forms(
    measured: NDArray[np.float64], people: NDArray[np.str_], spread: NDArray[np.float64]
) -> Iterator[list[list[float]]]:
    counts = Counter(people.tolist())
    weight = np.array([1 / counts[person] for person in people]) / len(counts)
    means = KMeans(FORMS, n_init=4, random_state=0)
    group = means.fit(measured / spread, sample_weight=weight).labels_
    for number in range(FORMS):
        rows = group == number
        if weight[rows].sum() < LEAST_SHARE or len(set(people[rows])) < LEAST_PEOPLE:
            continue
        low, usual, high = np.quantile(measured[rows], (0.1, 0.5, 0.9), 0)
        below = np.maximum((usual - low) / 1.28, FLOOR * spread)
        above = np.maximum((high - usual) / 1.28, FLOOR * spread)
        yield [[round(x, 3) for x in each.tolist()] for each in (usual, below, above)]


def worst_deviations(forms: Forms, hands: Hands) -> NDArray[np.float64]:
    """Of each hand [N], how far off the worst part is for its own letter."""
    anything = Forms(forms.letters, 0.0, 0.0)
    worst = []
    for joints, letter in zip(hands.joints, hands.letter.tolist(), strict=True):
        faults = anything.faults(letter, joints.tolist())
        worst.append(max((abs(x.deviations) for x in faults if sentence(letter, x)), default=0.0))
    return np.array(worst)


def folds(hands: Hands) -> Iterator[tuple[Hands, Hands]]:
    """Hands of four fifths of the people, and of the others; five times."""
    people = sorted(set(hands.person.tolist()))
    np.random.default_rng(0).shuffle(people)
    for fold in range(FOLDS):
        out = np.isin(hands.person, people[fold::FOLDS])
        yield hands.take(~out), hands.take(out)


def noticed_at(hands: Hands) -> float:
    """Deviations that so few of the right letters reach of people who are left out."""
    worst = [
        worst_deviations(Forms(_letters(fit(some)), 0, 0), others) for some, others in folds(hands)
    ]
    return round(float(np.quantile(np.concatenate(worst), 1 - UNNEEDED)), 2)


def _letters(forms: dict[str, list[list[list[float]]]]):
    return read_forms({"letters": forms, "noticed": 0, "blamed": 0}).letters


def table(hands: Hands) -> dict[str, object]:
    """What is written."""
    return {
        "measures": list(MEASURES),
        "people": len(set(hands.person.tolist())),
        "hands": len(hands.letter),
        "noticed": noticed_at(hands),
        "blamed": BLAMED,
        "letters": fit(hands),
    }


def named(forms: Forms, letter: str, joints: Hand, seen: str = "") -> str:
    """The part that is said to be off; "" if none is."""
    said = (fault.part for fault in forms.faults(letter, joints, seen) if sentence(letter, fault))
    return next(said, "")


class Tally:
    """What was said of hands that were left out."""

    def __init__(self) -> None:
        self.right: list[
            tuple[str, str, bool, bool, str]
        ] = []  # letter, person, was read, complaint, part
        self.blamed: list[tuple[str, str, str]] = []  # signed, asked for, part that is named or ""

    def take(self, forms: Forms, hands: Hands) -> None:
        """Judge hands against their own letter, and against those that it is confused with."""
        for joints, letter, read, person in zip(*map(np.ndarray.tolist, _columns(hands)), strict=True):
            part = named(forms, letter, joints)
            self.right.append((letter, person, read == letter, bool(part), part))
            for pair in PAIRS:
                if letter in pair:
                    [asked] = set(pair) - {letter}
                    self.blamed.append((letter, asked, named(forms, asked, joints, letter)))

    def report(self, title: str) -> None:
        """Print what came of it."""
        print(f"\n{title}")
        for name, rows in (
            ("read right", [x for x in self.right if x[2]]),
            ("read as another letter, or as none", [x for x in self.right if not x[2]]),
        ):
            parts = Counter(x[4] for x in rows if x[3])
            share = np.mean([x[3] for x in rows]) if rows else 0
            print(f"signed right, {name}: {share:.1%} of {len(rows):,} get a complaint  {dict(parts)}")
        by_person = [
            np.mean([x[3] for x in self.right if x[1] == person and x[2]])
            for person in sorted({x[1] for x in self.right if x[2]})
        ]
        print(f"people: {len(by_person)}, mean {np.mean(by_person):.1%}, worst {max(by_person):.1%}")
        print("signed, asked for: hands, a part is named, of these right")
        named = right = total = 0
        for pair in PAIRS:
            parts = DIFFER[frozenset(pair)]
            for signed, asked in (pair, pair[::-1]):
                said = [part for s, a, part in self.blamed if (s, a) == (signed, asked)]
                some = [part for part in said if part]
                fine = sum(part in parts for part in some)
                named, right, total = named + len(some), right + fine, total + len(said)
                print(
                    f"  {signed} {asked}  {len(said):>5,}  {len(some) / max(len(said), 1):6.1%}  "
                    f"{fine / max(len(some), 1):6.1%}  {dict(Counter(some).most_common(4))}"
                )
        print(
            f"  all  {total:>5,}  {named / max(total, 1):6.1%}  {right / max(named, 1):6.1%}",
            flush=True,
        )


def _columns(hands: Hands) -> tuple[NDArray[np.generic], ...]:
    return hands.joints, hands.letter, hands.read, hands.person


def judge(hands: Hands) -> None:
    """Print what tables make of people who are not in them."""
    tally = Tally()
    for some, others in track(list(folds(hands)), "judging", transient=True):
        tally.take(read_forms(table(some)), others)
    tally.report("people left out, in five folds")


def judge_external(hands: Hands, external: Hands) -> None:
    """Print what a table of everybody else makes of another set."""
    tally = Tally()
    tally.take(read_forms(table(hands.take(~np.isin(hands.person, external.person)))), external)
    tally.report("external")


def main() -> None:
    """Parse the command line, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", default="people", help="comma-separated")
    parser.add_argument("--seen", default="seen", help="folder of landmarks in DATA")
    parser.add_argument("-o", "--output", type=Path, help="write the table")
    parser.add_argument("--judge", action="store_true", help="try tables on people left out")
    parser.add_argument("--external", help="try a table on a set, or on people who are not in it then")
    parser.add_argument("--external-seen", default="seen", help="folder of its landmarks in DATA")
    args = parser.parse_args()
    parts = [load(args.data, name, args.seen) for name in args.sets.split(",")]
    hands = Hands(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    if args.judge:
        judge(hands)
    if args.external:
        judge_external(hands, load(args.data, args.external, args.external_seen))
    if args.output:
        write_atomically(args.output, (json.dumps(table(hands)) + "\n").encode())


if __name__ == "__main__":
    main()
