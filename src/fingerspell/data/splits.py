"""Split a data set into training, validation and test pictures, so that the test is honest.

Pictures of the ASL alphabet are frames of a few videos: neighbours are near-duplicates, and a random
split puts one in the training part and the other in the test part. `block` and `source` do not.
Copies of one photo are never in two parts. Every split is determined by the index, the options and the
seed.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import (
    LeaveOneGroupOut,
    StratifiedGroupKFold,
    StratifiedKFold,
    train_test_split,
)

from fingerspell.data.blocks import block_folds, block_parts
from fingerspell.data.copies import units_of
from fingerspell.data.groups import with_groups
from fingerspell.data.index import Index
from fingerspell.data.leakage import Part
from fingerspell.data.person_folds import draw_people, folds_of_people
from fingerspell.data.scan import Problem
from fingerspell.data.split_options import Method, Shares, SplitOptions
from fingerspell.errors import DataError

Parts = NDArray[np.int8]


@dataclass(frozen=True)
class Fold:
    """One way to share the pictures out.

    Attributes:
        name: "1", "2", ...; or the source that is held out.
        parts: the `Part` of each picture of the index, int8 [N].
    """

    name: str
    parts: Parts


@dataclass(frozen=True)
class Split:
    """The pictures of an index, with their groups, and each fold's parts of them."""

    index: Index
    options: SplitOptions
    folds: tuple[Fold, ...]


def split(index: Index, options: SplitOptions, given: Mapping[str, str] | None = None) -> Split:
    """Share the usable pictures of `index` out.

    Args:
        index: the pictures; those that a correction left out count in the size of a fold of people.
        options: how.
        given: folds that are fixed, by person; see `person_folds`.

    Raises:
        DataError: the pictures do not allow the split asked for.
    """
    counted = [p for p in index.pictures if p.label and p.problem in ("", Problem.LEFT_OUT)]
    index = Index(index.root, tuple(counted))
    if not index.usable.pictures:
        raise DataError(f"{index.root} holds no usable image: run `data check` to see why.")
    if options.group_pattern:
        index = with_groups(index, options.group_pattern)
    sizes = Counter(picture.group for picture in index.pictures)
    index = index.usable
    if options.by == Method.AUTO:
        is_plain = not options.folds and not options.group_pattern
        by = Method.GIVEN if is_plain and index.has_own_parts else Method.RANDOM
        options = replace(options, by=by)
    units = units_of(index.pictures)
    match options.by:
        case Method.GIVEN:
            folds = [_given(index, options, units)]
        case Method.BLOCK:
            folds = _by_block(index, options)
        case Method.SOURCE:
            folds = _by_group(index, options, units)
        case Method.PERSON | Method.SIGNER:
            folds = _by_person(index, options, sizes, given, units)
        case _:
            folds = _at_random(index, options, units)
    folds = [Fold(fold.name, _apart(fold.parts, units)) for fold in folds]
    for fold in folds:
        _check_parts(fold, options.shares)
    return Split(index, options, tuple(folds))


def _given(index: Index, options: SplitOptions, units: NDArray[np.int64]) -> Fold:
    """As folders say; pictures in none of them are not used.

    Where there is no test part, the validation part is tested on. Where there is none to validate on,
    it is drawn from the training part.
    """
    is_test = index.own_test_part
    splits = np.array([picture.split for picture in index.pictures])
    parts = np.full(len(splits), Part.UNUSED, np.int8)
    parts[splits == "train"] = Part.TRAIN
    parts[splits == "validation"] = Part.VALIDATION
    parts[is_test] = Part.TEST
    if not np.any(parts == Part.TRAIN) or not np.any(is_test):
        raise DataError(
            f"{index.root} has no parts of its own: name folders train, valid and test, or choose "
            "another split, such as random."
        )
    parts = _apart(parts, units)
    if options.shares.validation and not np.any(parts == Part.VALIDATION):
        share = options.shares.validation / (options.shares.train + options.shares.validation)
        n = max(1, round(share * np.count_nonzero(parts == Part.TRAIN)))
        _draw_validation(parts, _labels(index), units, n, options.seed)
    return Fold("1", parts)


def _apart(parts: Parts, units: NDArray[np.int64]) -> Parts:
    """The same parts, where copies of one photo in several of them stay in test, else validation."""
    rank = np.array([1, 2, 3, 0])[parts]  # of train, validation, test, unused
    highest = np.zeros(int(units.max(initial=-1)) + 1, np.int64)
    np.maximum.at(highest, units, rank)
    return np.where(rank < highest[units], np.int8(Part.UNUSED), parts)


def _by_block(index: Index, options: SplitOptions) -> list[Fold]:
    paths = [picture.path for picture in index.pictures]
    if not options.folds:
        return [Fold("1", block_parts(paths, options.shares, options.gap, options.seed))]
    folds = block_folds(paths, options.folds, options.shares.validation, options.gap)
    return [Fold(str(number), parts) for number, parts in enumerate(folds, 1)]


def _by_group(index: Index, options: SplitOptions, units: NDArray[np.int64]) -> list[Fold]:
    groups, labels = _groups(index, options), _labels(index)
    if options.folds:
        splitter = StratifiedGroupKFold(options.folds, shuffle=True, random_state=options.seed)
    else:
        splitter = LeaveOneGroupOut()
    folds = []
    for number, (_, test) in enumerate(splitter.split(labels, labels, groups), 1):
        parts = _hold_out(labels, test, options, units)
        folds.append(Fold(str(number) if options.folds else str(groups[test[0]]), parts))
    return folds


def _by_person(
    index: Index,
    options: SplitOptions,
    sizes: Mapping[str, int],
    given: Mapping[str, str] | None,
    units: NDArray[np.int64],
) -> list[Fold]:
    """Whole people in every part, so that validation, too, is on people who are not learned from."""
    groups = _groups(index, options)
    names = np.unique(groups).tolist()
    fold_of = {name: name for name in names}
    order = names
    if options.folds:
        numbers = folds_of_people({name: sizes[name] for name in names}, options.folds, given)
        fold_of = {name: str(number) for name, number in numbers.items()}
        order = [str(number) for number in range(1, options.folds + 1)]
    folds = []
    for name in order:
        test = np.array([fold_of[group] == name for group in groups])
        folds.append(Fold(name, _hold_out_people(index, groups, test, options, units)))
    return folds


def _hold_out_people(
    index: Index,
    groups: NDArray[np.str_],
    test: NDArray[np.bool_],
    options: SplitOptions,
    units: NDArray[np.int64],
) -> Parts:
    """Like `_hold_out`, of whole people; of one person who is left alone, pictures are drawn."""
    if len(np.unique(groups[~test])) == 1:
        return _hold_out(_labels(index), np.flatnonzero(test), options, units)
    _, n_validation, _ = options.shares.sizes(len(groups))
    parts = np.full(len(groups), Part.TRAIN, np.int8)
    parts[test] = Part.TEST
    parts[draw_people(groups, ~test, n_validation, options.seed)] = Part.VALIDATION
    return parts


def _groups(index: Index, options: SplitOptions) -> NDArray[np.str_]:
    """The source or person of each picture; enough of them to leave out in turn."""
    groups = np.array([picture.group for picture in index.pictures])
    n = len(np.unique(groups))
    if n < max(2, options.folds):
        raise DataError(
            f"{index.root} holds {n} source(s), too few to leave out in turn: name sources by "
            "folders, by the column `group` of an index, or with a group pattern."
        )
    return groups


def _at_random(index: Index, options: SplitOptions, units: NDArray[np.int64]) -> list[Fold]:
    """Stratified by class; what is drawn is photos, or whole groups where a pattern names them."""
    labels = _labels(index)
    if options.group_pattern:
        units = units_of(index.pictures, [picture.group for picture in index.pictures])
    unit_labels = _labels_of_units(labels, units)
    folds = _draw_folds(unit_labels, options)
    return [Fold(str(number), parts[units]) for number, parts in enumerate(folds, 1)]


def _draw_folds(labels: NDArray[np.str_], options: SplitOptions) -> Iterator[Parts]:
    each = np.arange(len(labels))
    if not options.folds:
        _, _, n_test = options.shares.sizes(len(labels))
        test = _draw(labels, each, n_test, options.seed)
        yield _hold_out(labels, test, options, each)
        return
    if min(np.unique(labels, return_counts=True)[1]) < options.folds:
        raise DataError(f"some class has fewer than {options.folds} images or groups: use fewer folds.")
    splitter = StratifiedKFold(options.folds, shuffle=True, random_state=options.seed)
    for _, test in splitter.split(labels, labels):
        yield _hold_out(labels, test, options, each)


def _hold_out(
    labels: NDArray[np.str_],
    test: NDArray[np.int64],
    options: SplitOptions,
    units: NDArray[np.int64],
) -> Parts:
    """Test pictures as given, the validation share of all drawn from the rest, the others to train."""
    parts = np.full(len(labels), Part.TRAIN, np.int8)
    parts[test] = Part.TEST
    _, n_validation, _ = options.shares.sizes(len(labels))
    _draw_validation(parts, labels, units, n_validation, options.seed)
    return parts


def _draw_validation(
    parts: Parts, labels: NDArray[np.str_], units: NDArray[np.int64], n: int, seed: int
) -> None:
    """Move about `n` pictures from training, photo by photo, each class in its proportion."""
    training = np.flatnonzero(parts == Part.TRAIN)
    _, first = np.unique(units[training], return_index=True)
    photos = training[np.sort(first)]
    n_photos = round(n * len(photos) / max(1, len(training)))
    drawn = _draw(labels, photos, n_photos, seed)
    parts[np.isin(units, units[drawn]) & (parts == Part.TRAIN)] = Part.VALIDATION


def _draw(
    labels: NDArray[np.str_], candidates: NDArray[np.int64], n: int, seed: int
) -> NDArray[np.int64]:
    """Draw `n` of the candidates, each class in its proportion."""
    if not n:
        return candidates[:0]
    try:
        _, drawn = train_test_split(
            candidates, test_size=n, random_state=seed, stratify=labels[candidates]
        )
    except ValueError as error:  # a class of one, or fewer to draw than classes
        raise DataError(
            f"{len(candidates)} images or groups in {len(np.unique(labels[candidates]))} classes are "
            f"too few to draw {n} of every class in proportion: use larger shares or more images."
        ) from error
    return np.asarray(drawn)


def _labels(index: Index) -> NDArray[np.str_]:
    return np.array([picture.label for picture in index.pictures])


def _labels_of_units(labels: NDArray[np.str_], unit_of: NDArray[np.int64]) -> NDArray[np.str_]:
    """The class of each group; one name for all where any group has several, as a signer's has."""
    _, first = np.unique(unit_of, return_index=True)
    unit_labels = labels[first]
    return (
        unit_labels if np.array_equal(unit_labels[unit_of], labels) else np.full_like(unit_labels, "")
    )


def _check_parts(fold: Fold, shares: Shares) -> None:
    """See that a fold has all the parts asked for."""
    wanted = [Part.TRAIN, Part.TEST, *([Part.VALIDATION] if shares.validation else [])]
    for part in wanted:
        if not np.any(fold.parts == part):
            raise DataError(
                f"fold {fold.name} has no {part.name.lower()} images: use a smaller gap, other "
                "shares or fewer folds, or a random split where names hold no frame numbers."
            )
