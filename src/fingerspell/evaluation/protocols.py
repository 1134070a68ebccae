"""Which images a model may be evaluated on, and how strange they are to it.

A model that learned a folder is evaluated on the test part of its own split of it only; a set whose
name is among those a model was trained on holds no unseen signers, whatever the user calls it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fingerspell.data.leakage import Part
from fingerspell.data.split_file import near_training_share, read_split
from fingerspell.data.split_options import Method
from fingerspell.errors import DataError
from fingerspell.evaluation.classifiers import ModelFacts
from fingerspell.evaluation.pictures import Pictures, Protocol

PROTOCOL_OF: Mapping[Method, Protocol] = {
    Method.GIVEN: Protocol.GIVEN,
    Method.RANDOM: Protocol.RANDOM,
    Method.R1: Protocol.RANDOM,
    Method.R2: Protocol.RANDOM,
    Method.R3: Protocol.RANDOM,
    Method.BLOCK: Protocol.BLOCK,
    Method.SOURCE: Protocol.STRANGERS,  # the source was left out
    Method.PERSON: Protocol.STRANGERS,
    Method.SIGNER: Protocol.STRANGERS,
}
TAKEN_ON_TRUST = (Protocol.STRANGERS, Protocol.GIVEN)


def as_evaluated(pictures: Pictures, facts: ModelFacts) -> Pictures:
    """The images that a model may be evaluated on, under the protocol that they are to it.

    Raises:
        DataError: the split in the model's run folder cannot be read.
    """
    if not _is_learned(pictures, facts.data):
        pictures = _own_test_part(pictures) if pictures.is_own_test_part_meant else pictures
        folder = pictures.index.root.resolve().name  # two of one name are shown by longer names
        named = folder in facts.trained_on and pictures.protocol in TAKEN_ON_TRUST
        note = f"{pictures.name} is among the sets that {facts.name} was trained on."
        note = " ".join(filter(None, (note, pictures.note)))
        return replace(pictures, protocol=Protocol.SEEN, note=note) if named else pictures
    if facts.split_file is None:
        note = f"{facts.name} was trained on {pictures.name}, and its run with the split is not there."
        return replace(pictures, protocol=Protocol.SEEN, note=note)
    return held_out(pictures, facts.split_file, str(facts.data.get("fold", "")))


def with_own_parts(sets: Sequence[Pictures], is_asked: bool) -> list[Pictures]:
    """The sets, where those of a corpus that has its own parts are for evaluation on its test part.

    Raises:
        DataError: it was asked for, and a set has no such parts.
    """
    meant = []
    for pictures in sets:
        is_corpus = pictures.protocol == Protocol.GIVEN
        if is_asked and is_corpus and not pictures.index.has_own_parts:
            raise DataError(
                f"{pictures.index.root} has no parts of its own: name folders train, valid and test, "
                "or leave out --split given."
            )
        is_meant = is_corpus and pictures.index.has_own_parts
        meant.append(replace(pictures, is_own_test_part_meant=is_meant))
    return meant


def _own_test_part(pictures: Pictures) -> Pictures:
    """The images in the part that the data set's own folders name for testing."""
    places = np.flatnonzero(pictures.index.own_test_part)
    note = (
        f"Of {pictures.name}, only its own test part is evaluated, {len(places):,} of "
        f"{len(pictures):,} images."
    )
    return replace(pictures.take(places), note=note)


def held_out(pictures: Pictures, split_file: Path, fold: str = "") -> Pictures:
    """The images that are in the test part of a split.

    Args:
        pictures: what was split, or more.
        split_file: the CSV file that `data split` or a run saved; its report lies beside it.
        fold: its name; the first one where not given.

    Raises:
        DataError: it is no split, has no such fold, or none of the images is in its test part.
    """
    paths, saved = read_split(split_file)
    folds = {each.name: each for each in saved}
    name = fold or next(iter(folds), "")
    if name not in folds:
        raise DataError(f"{split_file} has no fold {fold!r}: choose one of {', '.join(folds)}.")
    tested = {path for path, part in zip(paths, folds[name].parts, strict=True) if part == Part.TEST}
    places = [n for n, picture in enumerate(pictures.index.pictures) if picture.path in tested]
    if not places:
        raise DataError(
            f"{split_file} is a split of other images than those of {pictures.index.root}: make it "
            "anew with `data split`."
        )
    method = _method(split_file)
    protocol = PROTOCOL_OF[method]
    return replace(
        pictures.take(np.array(places)),
        protocol=protocol,
        note=f"Of {pictures.name}, only the test part of a split by {method.value} is evaluated "
        f"(fold {name}).",
        left_out_source=name if protocol is Protocol.STRANGERS else "",
        near_training=near_training_share(split_file.with_suffix(".json"), name),
    )


def _method(split_file: Path) -> Method:
    report = split_file.with_suffix(".json")
    try:
        return Method(json.loads(report.read_bytes())["by"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{report} does not say how {split_file} was split: make both with `data split -o`."
        ) from error


def _is_learned(pictures: Pictures, data: Mapping[str, Any]) -> bool:
    """Whether a model's training data are these images, by their folder or their content."""
    same_folder = data.get("root") == str(pictures.index.root.resolve())
    return same_folder or data.get("sha256") == pictures.index.sha256
