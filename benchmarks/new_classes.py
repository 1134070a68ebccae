"""How well classes that were added to a reader are recognised, of people they were not learned from.

    python benchmarks/new_classes.py DATA --folds 5 --copies 1 --remember LETTERS

DATA holds class folders. Their classes are learned as `fingerspell train-reader DATA --anew --only-new`
learns them: the digits and own signs among them are forgotten first, and all other classes of the model
stay as they are. This is done once for each fold, without the people of that fold, who are then read.
The layers below the last are the model's own, whatever these have learned from.

Printed are shares of images with 95 % intervals (bootstrap of people), with each look-alike counted as
right under either name and without, by class, and what is mistaken for what. Features take the time
(two images a second with one copy on a busy core); `--keep FILE.npz` keeps them for the next time.

By default, people are told by the numbers of their files, as those of `digits218` are: images were
taken one after the other, each person showing the classes in their order. Where the class does not come
after the one before, the next person begins. Where names tell people, give `--person-pattern`.
"""

import argparse
import os
import platform
from collections import Counter
from pathlib import Path

import numpy as np

from fingerspell.cli.common import stages
from fingerspell.core.alphabet import CLASSES, Alphabet
from fingerspell.data.blocks import frame_number
from fingerspell.data.groups import People, with_people
from fingerspell.data.index import Index
from fingerspell.data.scan import scan
from fingerspell.evaluation.classifiers import find_model, model_bytes
from fingerspell.evaluation.compare import RESAMPLES
from fingerspell.export.last_layer import LastLayer, softmax
from fingerspell.progress import Stage
from fingerspell.runtime.onnx_classifier import OnnxClassifier
from fingerspell.training.personal.teacher import Teacher
from fingerspell.training.personal.train_reader import Lesson, reminders_of, widened
from fingerspell.training.personal.views import COPIES, Views, view_pictures

MISTAKES = 8  # that are named


def people_in_turn(index: Index, alphabet: Alphabet) -> np.ndarray:
    """The number of each image's person, int64 [N], of files numbered as they were taken."""
    taken = [(frame_number(row.path)[1], alphabet.index(row.label)) for row in index.pictures]
    people, person, before = np.zeros(len(taken), np.int64), -1, len(alphabet)
    for place in sorted(range(len(taken)), key=taken.__getitem__):
        person += taken[place][1] <= before
        before, people[place] = taken[place][1], person
    return people


def people_by_name(index: Index, pattern: str) -> np.ndarray:
    """The number of each image's person, int64 [N], by what a pattern finds in the paths."""
    named = with_people(index, People(), pattern)
    if named is None:
        raise SystemExit(f"{pattern!r} finds nobody in the names in {index.root}: change it.")
    return np.unique([row.group for row in named.pictures], return_inverse=True)[1]


def seen(
    args: argparse.Namespace, layer: LastLayer, index: Index, alphabet: Alphabet, stage: Stage
) -> tuple[Views, np.ndarray]:
    """Features of the images with their changed copies, and of what is to be read as before."""
    paths = [row.path for row in index.pictures]
    if args.keep and args.keep.exists():
        kept = dict(np.load(args.keep))
        if not np.array_equal(kept.pop("paths"), paths):
            raise SystemExit(f"{args.keep} is of other images: give another file with --keep.")
        reminders = kept.pop("reminders")
        return Views(**kept), reminders
    spec = OnnxClassifier(find_model(args.model)).preprocess
    views = view_pictures(layer, index, alphabet, spec, 0, stage, args.copies)
    reminders = reminders_of(layer, Lesson(remember=args.remember), stage)
    if args.keep:
        np.savez(args.keep, paths=paths, reminders=reminders, **vars(views))
    return views, reminders


def read_unseen(
    layer: LastLayer, views: Views, reminders: np.ndarray, folds: np.ndarray, n_new: int, stage: Stage
) -> np.ndarray:
    """Probabilities [N, C] of each image, of rows that were learned from the other folds."""
    teacher = Teacher(layer, reminders, n_new=n_new, only_new=True)
    logits = np.zeros((len(folds), len(layer.weight) + n_new), np.float32)
    advance = stage("learning", len(np.unique(folds)))
    for fold in np.unique(folds):
        test = folds == fold
        weight, bias = teacher.teach(views.take(~test))
        logits[test] = views.as_read[test] @ weight.T + bias
        advance(1)
    return softmax(logits)


def share(right: np.ndarray, people: np.ndarray) -> str:
    """The share of images [N] that are right, in percent, with its interval over people."""
    _, who = np.unique(people, return_inverse=True)
    hits, sizes = np.bincount(who, right), np.bincount(who)
    drawn = np.random.default_rng(0).integers(0, len(sizes), (RESAMPLES, len(sizes)))
    low, high = np.percentile(hits[drawn].sum(1) / sizes[drawn].sum(1), [2.5, 97.5])
    return f"{right.mean():.1%} ({100 * low:.1f} to {100 * high:.1f})"


def report(alphabet: Alphabet, labels: np.ndarray, said: np.ndarray, people: np.ndarray) -> None:
    """Print the tables, from true classes [N] and probabilities [N, C]."""
    alike = np.arange(len(alphabet))
    alike[list(alphabet.look_alikes)] = list(alphabet.look_alikes.values())
    read = np.array([np.argmax(alphabet.pooled(row)) for row in said.tolist()])
    right, exact = read == alike[labels], said.argmax(1) == labels
    only = ~np.isin(labels, list(alphabet.look_alikes))
    print("| unseen people | n | recognised |\n|---|--:|--:|")
    print(f"| all, look-alikes as one | {len(labels):,} | {share(right, people)} |")
    print(f"| those that look like no letter | {only.sum():,} | {share(right[only], people[only])} |")
    print(f"| all, look-alikes told apart | {len(labels):,} | {share(exact, people)} |")
    print("\n| class | n | recognised |\n|---|--:|--:|")
    for label in np.unique(labels):
        own = labels == label
        print(f"| {alphabet.classes[label]} | {own.sum():,} | {right[own].mean():.1%} |")
    pairs = zip(labels[~right].tolist(), read[~right].tolist(), strict=True)
    named = [
        f"{alphabet.classes[true]} as {alphabet.classes[other]} {n}"
        for (true, other), n in Counter(pairs).most_common(MISTAKES)
    ]
    print(f"\nmistaken: {', '.join(named)}")


def main() -> None:
    """Parse the command line, learn, read, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, help="images of new classes, in class folders")
    parser.add_argument("--model", default="default")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--copies", type=int, default=COPIES, help="changed copies of each image")
    parser.add_argument("--remember", type=Path, help="images that are to be read as before")
    parser.add_argument("--person-pattern", default="", help="as for `fingerspell evaluate`")
    parser.add_argument("--keep", type=Path, help="file of features, .npz; read where it is there")
    args = parser.parse_args()
    with stages() as stage:
        index = scan(args.data, stage).index.usable
        names = {row.label for row in index.pictures}
        layer = LastLayer(model_bytes(args.model), args.model).without(names - set(CLASSES))
        alphabet = widened(layer.alphabet, index, only_new=True)
        views, reminders = seen(args, layer, index, alphabet, stage)
        people = (
            people_by_name(index, args.person_pattern)
            if args.person_pattern
            else people_in_turn(index, alphabet)
        )
        n_new = len(alphabet) - len(layer.alphabet)
        said = read_unseen(layer, views, reminders, people % args.folds, n_new, stage)
    print(
        f"{OnnxClassifier(find_model(args.model)).name}, {os.cpu_count()} cores, {platform.machine()}"
    )
    print(
        f"{len(np.unique(people))} people, {args.folds} folds, remembering {len(reminders):,} images\n"
    )
    report(alphabet, views.labels, said, people)


if __name__ == "__main__":
    main()
