"""From frames to text: how right, how prompt, how quiet. Prints tables.

    python benchmarks/text_quality.py DATA [--development] [--rules] [--hands mediapipe --cache OTHER]

DATA holds the sets as `<set>/<class>/<picture>`. What the model says of each frame is kept in --cache,
which belongs to one model. Decoder and spelling were tuned on what --development measures: seed 1,
stills of aslalphabets_test and kaggle64_test, as they are and in hard views. All else is seed 0, and
nothing was tuned on multisigner100 or sibi_letters.
"""

import argparse
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from text_material import Clip, Material, spelled_with

from fingerspell.core.alphabet import SPACE
from fingerspell.core.spelling.speller import Speller
from fingerspell.core.text import compose, edit_distance
from fingerspell.core.types import Letter
from fingerspell.evaluation.sequences import decoded
from fingerspell.runtime.language import load_speller
from fingerspell.runtime.reader import BUNDLED, BY_ITSELF, Reader, load_reader

HERE = Path(__file__).parent
SAME = ("aslalphabets_test", "kaggle64_test")  # other pictures of people the model was trained on
SENTENCE_HEAD = (
    "\n| stills | frames/s | sentences | letters | CER raw (95 %) | CER corrected (95 %) "
    "| change (95 %) | delay s, median / 95th | double letters right | spelling ms |"
    "\n|---|---|---|---|---|---|---|---|---|---|"
)
N_SENTENCES = 200
QUIET_S = 600.0
INTRODUCTION = "MY FRIEND IS "
EARLY_S, LATE_S = 0.1, 0.4  # a letter may begin this much before its sign, and after its end


@dataclass(frozen=True)
class Reading:
    """What was made of a clip: errors in letters, delays in seconds, double letters."""

    length: int
    raw_errors: int
    errors: int
    delays_s: list[float]
    doubles: int
    doubles_seen: int
    doubles_right: int
    spelling_s: float


def letters_of(reader: Reader, clip: Clip) -> list[Letter]:
    """The signs that are read."""
    return [event.letter for _, event in decoded(reader, clip.seen) if event.kind == "ended"]


def read(reader: Reader, clip: Clip, speller: Speller) -> Reading:
    """Decode, correct and compare."""
    events = list(decoded(reader, clip.seen))
    letters = [event.letter for _, event in events if event.kind == "ended"]
    started = time.perf_counter()
    text = " ".join(word.text for word in speller.correct(letters))
    spelling_s = time.perf_counter() - started
    begun = [(time_s, e.letter.char) for time_s, e in events if e.kind != "ended"]

    def seen(sign: Letter, until_s: float) -> list[float]:
        reach = (sign.start_s - EARLY_S, until_s + LATE_S)
        return [t for t, char in begun if char == sign.char and reach[0] <= t <= reach[1]]

    signs = [sign for sign in clip.truth if sign.char != SPACE]
    delays = [times[0] - sign.start_s for sign in signs if (times := seen(sign, sign.end_s))]
    counts = [len(seen(first, second.end_s)) for first, second in doubles_of(clip)]
    return Reading(
        length=len(clip.text),
        raw_errors=edit_distance(compose(letters).strip(), clip.text),
        errors=edit_distance(text, clip.text),
        delays_s=delays,
        doubles=len(counts),
        doubles_seen=sum(count > 0 for count in counts),
        doubles_right=sum(count == 2 for count in counts),
        spelling_s=spelling_s,
    )


def doubles_of(clip: Clip) -> list[tuple[Letter, Letter]]:
    """Both signs of each double letter; on either side of a pause, two like ones are none."""
    signs = (sign for sign in clip.truth if sign.char != SPACE)
    shown = [None if char == " " else next(signs) for char in clip.text]
    return [(a, b) for a, b in itertools.pairwise(shown) if a and b and a.char == b.char]


def interval(errors: Sequence[int], lengths: Sequence[int]) -> str:
    """Character error rate with its 95 % bootstrap interval over sentences."""
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(errors), size=(1000, len(errors)))
    rates = np.array(errors)[drawn].sum(1) / np.array(lengths)[drawn].sum(1)
    low, high = np.percentile(rates, [2.5, 97.5])
    return f"{sum(errors) / sum(lengths):.1%} ({low:.1%} to {high:.1%})"


def print_sentences(name: str, reader: Reader, clips: list[Clip], speller: Speller) -> None:
    """One row a frame rate.

    Double letters right: of those whose letter was read at all, how many were read twice.
    """
    for step in (1, 2, 3):
        readings = [read(reader, clip.every(step), speller) for clip in clips]
        lengths = [reading.length for reading in readings]
        delays = np.array([d for reading in readings for d in reading.delays_s])
        doubles, doubles_seen, right = (
            sum(getattr(reading, name) for reading in readings)
            for name in ("doubles", "doubles_seen", "doubles_right")
        )
        median, late = np.percentile(delays, [50, 95])
        print(
            f"| {name} | {30 // step} | {len(clips)} | {sum(lengths)} | "
            f"{interval([r.raw_errors for r in readings], lengths)} | "
            f"{interval([r.errors for r in readings], lengths)} | "
            f"{interval([r.errors - r.raw_errors for r in readings], lengths)} | "
            f"{median:.2f} / {late:.2f} (n {len(delays)}) | "
            f"{right / max(doubles_seen, 1):.0%} ({right} of {doubles_seen}; {doubles} signed) | "
            f"{1000 * np.median([r.spelling_s for r in readings]):.0f} |",
            flush=True,
        )


def print_real_letters(material: Material, texts: list[str], speller: Speller) -> None:
    """Each real clip alone, and sentences of them joined; spaces are not counted."""
    clips = material.letters("sibi_letters")
    print("\n| letter | read as |\n|---|---|")
    for letter, clip in clips.items():
        print(f"| {letter} | {compose(letters_of(material.reader, clip)) or '-'} |")
    lengths, raw, corrected = [], [], []
    for text in texts:
        clip = spelled_with(clips, text)
        letters = [sign for sign in letters_of(material.reader, clip) if sign.char != SPACE]
        words = "".join(word.text for word in speller.correct(letters))
        lengths.append(len(clip.text))
        raw.append(edit_distance(compose(letters), clip.text))
        corrected.append(edit_distance(words, clip.text))
    print(f"\nJoined: {len(texts)} sentences, {sum(lengths)} letters, one woman.")
    print(f"Raw {interval(raw, lengths)}, corrected {interval(corrected, lengths)}.")


def print_quiet(material: Material) -> None:
    """False letters where nobody signs."""
    print("\n| scene | seconds | false letters | which |\n|---|---|---|---|")
    for name, clip in material.quiet(QUIET_S).items():
        signs = [letter.char for letter in letters_of(material.reader, clip) if letter.char != SPACE]
        print(
            f"| {name} | {clip.seen.times_s[-1]:.0f} | {len(signs)} | {' '.join(signs)} |", flush=True
        )


def print_names(material: Material, texts: list[str], speller: Speller) -> None:
    """Names that were signed and read right, alone and in a sentence, given as names and not."""
    clips = material.letters("sibi_letters")
    joined = [letters_of(material.reader, spelled_with(clips, text)) for text in texts]
    of_hand = [sign.glimpses for signs in joined for sign in signs if sign.char != SPACE]
    names = (HERE / "names.txt").read_text().upper().split()
    print("\n| 500 names, read right | alone | in a sentence | with the glimpses of a real hand, too |")
    print("|---|---|---|---|")
    for label, spells in (("given", load_speller(names)), ("not given", speller)):
        kept = [
            sum(
                _corrected(spells, before + name, glimpses, number).endswith(f" {name}")
                for number, name in enumerate(names)
            )
            for before, glimpses in (("", [()]), (INTRODUCTION, [()]), (INTRODUCTION, of_hand))
        ]
        print(f"| {label}: left unchanged | {' | '.join(map(str, kept))} |", flush=True)


def _corrected(speller: Speller, text: str, glimpses: Sequence[tuple[Letter, ...]], number: int) -> str:
    """What becomes of a text whose letters were read right, each with glimpses drawn at random."""
    rng = np.random.default_rng(number)
    letters = [
        Letter(SPACE if c == " " else c, i, i + 0.5, 0.95, glimpses[rng.integers(len(glimpses))])
        for i, c in enumerate(text)
    ]
    return " " + " ".join(word.text for word in speller.correct(letters))


def print_suggestions(texts: list[str], speller: Speller) -> None:
    """How often the right word is among three suggestions, knowing the word before and not."""
    print("\n| letters signed | words | right among three | the word before known, too |")
    print("|---|---|---|---|")
    pairs = [pair for text in texts for pair in itertools.pairwise(text.upper().split())]
    for n in (1, 2, 3):
        words = [(before, word) for before, word in pairs if len(word) > n + 1]
        begun = [
            [Letter(char, i, i + 0.5, 0.95) for i, char in enumerate(word[:n])] for _, word in words
        ]
        shares = [
            np.mean(
                [
                    word in speller.complete(signs, after=before if knows else "")
                    for (before, word), signs in zip(words, begun, strict=True)
                ]
            )
            for knows in (False, True)
        ]
        print(f"| {n} | {len(words)} | {shares[0]:.0%} | {shares[1]:.0%} |", flush=True)


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, help="a model file; the bundled one if not given")
    parser.add_argument(
        "--hands",
        default=BY_ITSELF,
        help="`mediapipe`, or its hand_landmarker.task; needs a --cache of its own",
    )
    parser.add_argument(
        "--rules", action="store_true", help="do without the model's sequence reader, if it has one"
    )
    parser.add_argument("--cache", type=Path, default=Path(".text_quality"))
    parser.add_argument(
        "--tables", default="names,suggestions,quiet,real,sentences", help="which to print"
    )
    parser.add_argument("--sentences", type=int, default=N_SENTENCES)
    parser.add_argument("--development", action="store_true", help="what the options were tuned on")
    args = parser.parse_args()
    seed = int(args.development)
    reader = load_reader(args.model or BUNDLED, spell=False, hands=args.hands)
    if args.rules:
        reader.network = None
    material = Material(reader, args.data, args.cache, seed)
    speller = load_speller()
    texts = (HERE / "sentences.txt").read_text().splitlines()
    np.random.default_rng(seed).shuffle(texts)
    if args.development:
        print(SENTENCE_HEAD)
        print_sentences("hard views", reader, material.sentences(SAME, texts[:40], hard=True), speller)
        print_sentences("as they are", reader, material.sentences(SAME, texts[:40]), speller)
        return
    tables = args.tables.split(",")
    if "names" in tables:
        print_names(material, texts[:40], speller)
    if "suggestions" in tables:
        print_suggestions(texts[:100], speller)
    if "quiet" in tables:
        print_quiet(material)
    if "real" in tables:
        print_real_letters(material, texts[:40], speller)
    if "sentences" not in tables:
        return
    still = [
        text for text in texts if not set(text) & set("jz")
    ]  # stills of unseen signers lack J and Z
    print(SENTENCE_HEAD)
    unseen = material.sentences(("multisigner100",), still[: args.sentences])
    print_sentences("unseen", reader, unseen, speller)
    print_sentences("same signers", reader, material.sentences(SAME, texts[:60]), speller)


if __name__ == "__main__":
    main()
