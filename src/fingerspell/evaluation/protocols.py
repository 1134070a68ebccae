"""Which pictures a model may be judged on, and how strange they are to it.

A model that learned a folder is judged on the test part of its own split of it only; a set whose name
is among those a model was trained on is no stranger, whatever the user calls it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fingerspell.data.index import Index
from fingerspell.data.leakage import Part
from fingerspell.data.split_file import load_split
from fingerspell.data.split_options import Method, Shares, SplitOptions
from fingerspell.data.splits import Fold, split
from fingerspell.errors import DataError
from fingerspell.evaluation.classifiers import ModelFacts
from fingerspell.evaluation.pictures import Pictures, Protocol

PROTOCOL_OF: Mapping[Method, Protocol] = {
    Method.RANDOM: Protocol.RANDOM,
    Method.R1: Protocol.RANDOM,
    Method.R2: Protocol.RANDOM,
    Method.R3: Protocol.RANDOM,
    Method.BLOCK: Protocol.BLOCK,
    Method.SOURCE: Protocol.STRANGERS,  # the source was left out
    Method.SIGNER: Protocol.STRANGERS,
}


def held_out_part(pictures: Pictures, split_file: Path, fold: str = "") -> Pictures:
    """The test part of a split that `data split` saved.

    Args:
        pictures: all that were split.
        split_file: the CSV file; its report lies beside it.
        fold: its name; the first one where not given.

    Raises:
        DataError: it is no split, is one of other pictures, or has no such fold.
    """
    folds = {each.name: each for each in load_split(split_file, pictures.index)}
    name = fold or next(iter(folds))
    if name not in folds:
        raise DataError(f"{split_file} has no fold {fold!r}: choose one of {', '.join(folds)}.")
    report = split_file.with_suffix(".json")
    try:
        method = Method(json.loads(report.read_bytes())["by"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{report} does not say how {split_file} was split: make both with `data split -o`."
        ) from error
    return _held_out(pictures, method, folds[name])


def as_judged(pictures: Pictures, facts: ModelFacts) -> Pictures:
    """The pictures that this model may be judged on, under the protocol that they are to it.

    Raises:
        DataError: the model's split cannot be made again.
    """
    if not _is_learned(pictures, facts.data):
        if (
            pictures.protocol in (Protocol.STRANGERS, Protocol.GIVEN)
            and pictures.name in facts.trained_on
        ):
            note = f"{pictures.name} is among the sets that {facts.name} was trained on."
            return replace(pictures, protocol=Protocol.SEEN, note=note)
        return pictures
    described = facts.data.get("split")
    if not described:
        note = f"{facts.name} was trained on these pictures, and does not say which it left out."
        return replace(pictures, protocol=Protocol.SEEN, note=note)
    options = split_options(described)
    folds = {each.name: each for each in split(pictures.index, options).folds}
    name = str(described.get("fold") or next(iter(folds)))
    if name not in folds:
        raise DataError(f"{facts.model} was trained on fold {name!r}, which its split does not have.")
    return _held_out(pictures, options.by, folds[name])


def split_options(described: Mapping[str, Any]) -> SplitOptions:
    """The options of a split, after a journey through JSON.

    Raises:
        DataError: they are not those of a split.
    """
    try:
        return SplitOptions(
            by=Method(described["by"]),
            folds=int(described["folds"]),
            shares=Shares(**described["shares"]),
            seed=int(described["seed"]),
            gap=int(described["gap"]),
            group_pattern=str(described["group_pattern"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{dict(described)} does not describe a split: give the test pictures with --split."
        ) from error


def fingerprint(index: Index) -> str:
    """SHA-256 of the usable rows of an index: paths, contents, labels."""
    rows = [[p.path, p.sha256, p.label] for p in index.usable.pictures]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _is_learned(pictures: Pictures, data: Mapping[str, Any]) -> bool:
    """Whether a model's training data are these pictures, by their content or their folder."""
    root = data.get("root")
    same_folder = bool(root) and Path(str(root)).resolve() == pictures.index.root.resolve()
    return same_folder or data.get("sha256") == fingerprint(pictures.index)


def _held_out(pictures: Pictures, method: Method, fold: Fold) -> Pictures:
    chosen = pictures.take(np.flatnonzero(fold.parts == Part.TEST))
    protocol = PROTOCOL_OF[method]
    return replace(
        chosen,
        protocol=protocol,
        note=f"Only the test part of a split by {method.value}, fold {fold.name}, is judged.",
        left_out_source=fold.name if protocol is Protocol.STRANGERS else "",
    )
