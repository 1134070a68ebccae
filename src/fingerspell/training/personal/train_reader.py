"""A person's own pictures make a model their own: the way from a folder to a model file.

Whether it helped is told by pictures that the model was not taught: it is taught five times, each time
without one fifth of every class, which it then reads. What is written has learned them all.
"""

import hashlib
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fingerspell.core.alphabet import CLASSES, Alphabet
from fingerspell.data.blocks import frame_number
from fingerspell.data.check import clean
from fingerspell.data.index import Index
from fingerspell.data.passed_over import PassedOver, of_problem
from fingerspell.data.scan import Problem, scan
from fingerspell.errors import DataError, ModelError, TrainingError
from fingerspell.evaluation.classifiers import find_model, model_bytes
from fingerspell.export.last_layer import TOLERANCE, Floats, LastLayer, softmax
from fingerspell.export.onnx_file import open_content
from fingerspell.files import write_atomically
from fingerspell.pictures.still import read_picture
from fingerspell.progress import Stage
from fingerspell.runtime.onnx_classifier import OnnxClassifier
from fingerspell.training.personal.teacher import Teacher
from fingerspell.training.personal.views import COPIES, view_others, view_pictures, view_reminders

MIN_PICTURES = 3  # of a class
_REPEATED = "repeats another"
_OF_PICTURES = {_REPEATED, *(problem.value for problem in Problem)}  # reasons that are of pictures
N_PROOF = 32  # pictures of which the file has to say what was learned
SUFFIX, NAME_SUFFIX = ".onnx", "-personal"


@dataclass(frozen=True)
class PersonalReader:
    """A model file that has learned a person's pictures, and what it gained by them.

    Attributes:
        path: of the file.
        name: of the model, with its version.
        base: name, version and SHA-256 of the model that was taught.
        pictures: how many of each class were learned; classes without any are not named.
        n_unusable: damaged, tiny or repeated pictures, which were left out.
        passed_over: what of the folder was not learned, and why.
        right_before: by class, how many of the pictures the base reads right.
        right_after: by class, how many are read right by a model that was not taught them.
        seconds: taken.
    """

    path: Path
    name: str
    base: dict[str, str]
    pictures: dict[str, int]
    n_unusable: int
    right_before: dict[str, int]
    right_after: dict[str, int]
    seconds: float
    passed_over: tuple[PassedOver, ...] = ()

    @property
    def n(self) -> int:
        """Pictures that were learned."""
        return sum(self.pictures.values())

    @property
    def accuracy_before(self) -> float:
        """Share of them that the base reads right."""
        return sum(self.right_before.values()) / self.n

    @property
    def accuracy_after(self) -> float:
        """Share of them read right by a model that was not taught them."""
        return sum(self.right_after.values()) / self.n


@dataclass(frozen=True)
class Lesson:
    """How a reader is taught.

    Attributes:
        only_new: leave the classes that it knows exactly as they are, and add those that it lacks.
        remember: folder of pictures that are to be read as before.
        name: of the taught model; "" makes one of the base's.
        version: of the taught model; "" keeps the base's.
        force: write the file also where no more of the pictures are read right.
        anew: forget what it knows of the classes of the pictures, but for the 29 usual ones.
        copies: of each picture, changed at random.
        seed: of how pictures are changed.
    """

    only_new: bool = False
    remember: Path | None = None
    name: str = ""
    version: str = ""
    force: bool = False
    anew: bool = False
    copies: int = COPIES
    seed: int = 0


def train_reader(
    folder: Path, output: Path, model: str, stage: Stage, lesson: Lesson | None = None
) -> PersonalReader:
    """Teach a model a person's own pictures, and write it as a model file of its own.

    Args:
        folder: pictures in class folders, at least 3 of a class. Classes that the model knows may be
            missing; those that it does not know are added: digits, own signs.
        output: the file to write, `.onnx`; an older one is replaced.
        model: `default` or a model file.
        stage: announces pieces of work.
        lesson: how it is taught.

    Raises:
        DataError: the pictures cannot be used.
        ModelError: the model cannot be used, or not be taught.
        TrainingError: it did not help, or the file cannot be written.
    """
    began, lesson = time.perf_counter(), lesson or Lesson()
    _check_output(output)
    classifier, content = OnnxClassifier(find_model(model)), model_bytes(model)
    layer = LastLayer(content, model)
    index, passed = _usable(folder, stage)
    pictures = dict(Counter(row.label for row in index.pictures))
    if lesson.anew:
        layer = layer.without(set(pictures) - set(CLASSES))
    alphabet = widened(layer.alphabet, index, only_new=lesson.only_new)
    spec = classifier.preprocess
    views = view_pictures(layer, index, alphabet, spec, lesson.seed, stage, lesson.copies)
    n_new = len(alphabet) - len(layer.alphabet)
    reminders = reminders_of(layer, lesson, stage)
    teacher = Teacher(layer, reminders, n_new=n_new, only_new=lesson.only_new)
    known = views.as_read @ layer.weight.T + layer.bias
    before = _right(
        alphabet, views.labels, np.pad(known, ((0, 0), (0, n_new)), constant_values=-np.inf)
    )
    after = _right(alphabet, views.labels, teacher.read_unseen(views, stage))
    if not lesson.force:
        _refuse_no_gain(output, before, after, len(index.pictures))
    base = {key: str(classifier.metadata[key]) for key in ("name", "version")}
    base["sha256"] = hashlib.sha256(content).hexdigest()
    weight, bias = teacher.teach(views)
    about = _metadata(classifier.metadata, base, pictures, folder, lesson) | alphabet.as_dict()
    taught = layer.replaced(weight, bias, about)
    name = _write(output, taught, index, views.as_read @ weight.T + bias)
    seconds = time.perf_counter() - began
    n_unusable = sum(each.n for each in passed if each.reason in _OF_PICTURES)
    return PersonalReader(output, name, base, pictures, n_unusable, before, after, seconds, passed)


def _check_output(output: Path) -> None:
    """Refuse before the work what cannot be written after it."""
    if output.suffix != SUFFIX:
        raise TrainingError(f"{output} has to end in {SUFFIX}, as model files do: change -o.")
    if output.is_dir() or not output.parent.is_dir():
        raise TrainingError(f"{output} cannot be written: give a file in an existing folder with -o.")


def _usable(folder: Path, stage: Stage) -> tuple[Index, tuple[PassedOver, ...]]:
    """The pictures to learn, those of a class in order; and what was passed over.

    Raises:
        DataError: a picture is in no class folder, or there are too few.
    """
    advance = stage("reading images", 0)
    found = scan(folder, lambda _what, _length: advance)
    scanned = found.index
    for row in scanned.pictures:
        if row.problem == Problem.UNKNOWN_CLASS:
            raise DataError(
                f"{folder / row.path} is in no class folder: name the folders A to Z, del, nothing, "
                "space, 0 to 9 or as your own signs, two at least, and take other images away."
            )
    rows = sorted(clean(scanned).pictures, key=lambda row: (row.label, *frame_number(row.path)))
    found.refuse_without_pictures()
    counts = Counter(row.label for row in rows)
    if len(counts) == 1:
        raise DataError(
            f"{folder} holds images of {rows[0].label} only: add a second class, such as one "
            "that it is mistaken for."
        )
    few = {label: n for label, n in counts.items() if n < MIN_PICTURES}
    if few:
        raise DataError(
            f"{folder} holds too few usable images of {', '.join(few)}: take at least {MIN_PICTURES} "
            "of each class, better 10, or leave the class out."
        )
    kept = {row.path for row in rows}
    copies = [row.path for row in scanned.usable.pictures if row.path not in kept]
    repeated = of_problem(_REPEATED, copies, len(scanned.pictures))
    return Index(scanned.root, tuple(rows)), (*found.passed_over, *repeated)


def widened(known: Alphabet, index: Index, *, only_new: bool) -> Alphabet:
    """The classes of a model, and those of pictures that it lacks after them.

    Raises:
        DataError: only new ones are to be learned, and there are none.
    """
    names = {row.label for row in index.pictures}
    new = [name for name in Alphabet.holding(names).classes if name in names - set(known.classes)]
    if only_new and not new:
        raise DataError(
            f"{index.root} holds no class that the model lacks: leave out --only-new, or let it forget "
            "digits and own signs with --anew."
        )
    if not new:
        return known
    added = Alphabet.of(new)
    return Alphabet(
        known.classes + added.classes, known.roles + added.roles, known.moving | added.moving
    )


def reminders_of(layer: LastLayer, lesson: Lesson, stage: Stage) -> Floats:
    """Features of what is to be read as before."""
    reminders = view_reminders(layer, lesson.seed, stage)
    if lesson.remember is None:
        return reminders
    others = scan(lesson.remember).index.usable
    if not others.pictures:
        raise DataError(f"{lesson.remember} holds no usable images: give a folder that does.")
    return np.concatenate((reminders, view_others(layer, others, stage)))


def _right(alphabet: Alphabet, labels: NDArray[np.int64], logits: Floats) -> dict[str, int]:
    """How many pictures of each class are read right.

    Digits are asked for if there are some. Then a digit and the letter that looks like it are one,
    since only the signs beside them tell which is meant.
    """
    names = {alphabet.classes[label] for label in labels}
    with_digits = bool(names & set(alphabet.digits))
    kept = alphabet.read(digits=with_digits)
    odds = softmax(logits)[:, [alphabet.index(name) for name in kept.classes]]
    read = [kept.classes[int(np.argmax(kept.pooled(row)))] for row in odds.tolist()]
    alike = {alphabet.classes[a]: alphabet.classes[b] for a, b in kept.look_alikes.items()}
    right: Counter[str] = Counter()
    for label, told in zip(labels.tolist(), read, strict=True):
        name = alphabet.classes[label]
        right[name] += alike.get(name, name) == told
    return {name: right[name] for name in alphabet.classes if name in names}


def _refuse_no_gain(output: Path, before: dict[str, int], after: dict[str, int], n: int) -> None:
    n_before, n_after = sum(before.values()), sum(after.values())
    if n_after <= n_before:
        raise TrainingError(
            f"of these {n} images {n_before} are already recognised, and {n_after} by a model taught "
            f"the others, so {output} was not written: add images of letters that are read wrong and "
            "of those they are mistaken for, or use --force."
        )


def _metadata(
    metadata: dict[str, Any],
    base: dict[str, str],
    pictures: dict[str, int],
    folder: Path,
    lesson: Lesson,
) -> dict[str, Any]:
    """What the taught model says of itself; figures measured with the base are not its own."""
    trained_on = dict.fromkeys([*metadata.get("training_data", ()), folder.resolve().name])
    return {
        **{key: value for key, value in metadata.items() if key != "metrics"},
        "name": lesson.name or base["name"].removesuffix(NAME_SUFFIX) + NAME_SUFFIX,
        "version": lesson.version or base["version"],
        "training_data": list(trained_on),
        ("added" if lesson.only_new else "personal"): {"base": base, "pictures": pictures},
    }


def _write(output: Path, content: bytes, index: Index, logits: Floats) -> str:
    """Write a model file that says what was learned, logits [N, C] of the index; and its name.

    Raises:
        ModelError: it says something else.
        TrainingError: it cannot be written; an older file is untouched.
    """
    classifier = open_content(content, digits=True)
    for row, expected in list(zip(index.pictures, softmax(logits), strict=True))[:N_PROOF]:
        [said] = classifier.classify(read_picture(index.root / row.path)[None])
        if np.abs(said.probabilities - expected).max() > TOLERANCE:
            raise ModelError(
                f"the taught model reads {row.path} differently from what it was taught, so it was not "
                "written: report this with your version of onnxruntime."
            )
    try:
        write_atomically(output, content)
    except OSError as error:
        raise TrainingError(
            f"{output} cannot be written ({error.strerror}): choose another place with -o."
        ) from error
    return classifier.name
