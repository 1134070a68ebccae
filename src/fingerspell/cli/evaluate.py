"""`fingerspell evaluate`: how good a model is, and on whom."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from fingerspell.cli.common import Debug, extra, print_json, reported, say, stages
from fingerspell.cli.data import AsJson
from fingerspell.cli.evaluate_options import (
    Cache,
    CorrectionsFile,
    Data,
    External,
    FoldOption,
    Groups,
    Mirrored,
    Models,
    PairsAtLeast,
    PeopleFile,
    PersonPattern,
    Processes,
    Report,
    Robustness,
    SplitOption,
    Videos,
    WithSpeed,
)
from fingerspell.cli.evaluate_tables import print_evaluations
from fingerspell.data.passed_over import told

if TYPE_CHECKING:
    from fingerspell.evaluation.evaluate import Stage
    from fingerspell.evaluation.pictures import Pictures

_GIVEN, _ALL = "given", "all"
_OWN_SPLITS = ("", _GIVEN, _ALL)  # which are no file


def evaluate(
    models: Models,
    data: Data = None,
    external: External = None,
    split: SplitOption = "",
    fold: FoldOption = None,
    report: Report = None,
    videos: Videos = None,
    mirrored: Mirrored = False,
    robustness: Robustness = 0,
    speed: WithSpeed = True,
    pairs_at_least: PairsAtLeast = 5,
    group_pattern: Groups = "",
    people: PeopleFile = None,
    person_pattern: PersonPattern = "",
    corrections: CorrectionsFile = None,
    processes: Processes = 1,
    cache: Cache = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Evaluate models on images and video, unseen signers first.

    Predictions range over all 29 classes, even if the data holds fewer, and a hand that is not found
    counts as a letter missed. With several models, the differences are tested.

    For example:

    * `fingerspell evaluate default --data asl_alphabet_test --external other_people --report out`
    * `fingerspell evaluate default runs/compact --external other_people --json`
    * `fingerspell evaluate default --external signers --people people.csv --report out`
    * `fingerspell evaluate default --videos clips/truth.csv --report out`
    """
    names = list(dict.fromkeys(models))
    if not data and not external and not videos:
        raise typer.BadParameter("give images with --data or --external, or videos with --videos")
    _check_split(split, fold or [], len(data or ()), len(names))
    if group_pattern and (people or person_pattern):
        raise typer.BadParameter("--group-pattern names sources: give it without --people")
    if (people or person_pattern) and not data and not external:
        raise typer.BadParameter("--people is of images: add --data or --external")
    failed: list[str] = []
    with reported(debug, failed), stages() as stage:
        with extra("train"):
            from fingerspell.evaluation import documents, evaluate, protocols, sequences  # noqa: PLC0415

            if report:  # which takes seconds to import
                from fingerspell.evaluation.report import write_report  # noqa: PLC0415
        opened = _Opening(group_pattern, people, person_pattern, corrections, cache)
        sets = opened.open(data or [], external or [], stage)
        split_file = None if split in _OWN_SPLITS else Path(split)
        if split_file is None and split != _ALL:
            sets = protocols.with_own_parts(sets, is_asked=split == _GIVEN)
        options = evaluate.EvaluationOptions(processes, cache, mirrored, robustness, speed)
        known = sequences.load_known(videos) if videos else []
        folds = fold or [""]
        folds *= len(names) // len(folds)  # one for all models is one for each
        evaluations = []
        for model, name in zip(names, folds, strict=True):
            own = [protocols.held_out(sets[0], split_file, name), *sets[1:]] if split_file else sets
            evaluations.append(evaluate.evaluate(model, own, options, known, stage))
        if report:
            written = write_report(evaluations, report, stage)
            typer.echo(f"wrote {written.page}", err=True)
        if as_json:
            results = documents.evaluation_documents(evaluations)
            print_json(results if len(results) > 1 else results[0])
        else:
            print_evaluations(evaluations, pairs_at_least)
    if failed:
        raise typer.Exit(1)


def _check_split(split: str, folds: list[str], n_data: int, n_models: int) -> None:
    is_file = split not in _OWN_SPLITS
    if is_file and n_data != 1:
        raise typer.BadParameter("--split FILE.csv is of one --data")
    if split and not n_data:
        raise typer.BadParameter("--split is of --data")
    if folds and not is_file:
        raise typer.BadParameter("--fold is one of --split FILE.csv")
    if len(folds) not in (0, 1, n_models):
        raise typer.BadParameter("give --fold once, or once for each model")


@dataclass(frozen=True)
class _Opening:
    """How sets are opened; the fields are the options of those names."""

    group_pattern: str
    people: Path | None
    person_pattern: str
    corrections: Path | None
    cache: Path | None

    def open(self, data: list[Path], external: list[Path], stage: "Stage") -> "list[Pictures]":
        """What to evaluate on, in the order given, with progress."""
        from fingerspell.data.corrections import Corrections  # noqa: PLC0415
        from fingerspell.data.groups import People  # noqa: PLC0415
        from fingerspell.evaluation import pictures  # noqa: PLC0415

        known = People.load(self.people) if self.people else People()
        rows = Corrections.load(self.corrections) if self.corrections else None
        wanted = [(folder, pictures.Protocol.GIVEN) for folder in data]
        wanted += [(folder, pictures.Protocol.STRANGERS) for folder in external]
        sets = []
        for folder, protocol in wanted:
            advance = stage(f"looking at {folder.name}", 0)
            options = (self.group_pattern, self.cache, advance, rows)
            opened = pictures.open_pictures(folder, protocol, *options)
            say(told(folder, opened.passed_over))
            sets.append(opened)
        if rows:
            rows.check_found(*(each.corrected for each in sets if each.corrected))
        if self.people or self.person_pattern:
            sets = pictures.of_people(sets, known, self.person_pattern)
        return pictures.with_distinct_names(sets)
