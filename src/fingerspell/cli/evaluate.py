"""`fingerspell evaluate`: how good a model is, and on whom."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from fingerspell.cli.common import (
    Debug,
    Experiment,
    RunName,
    Tags,
    extra,
    print_json,
    reported,
    say,
    stages,
    tags_of,
)
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
    Relabel,
    Report,
    Robustness,
    SplitOption,
    Surely,
    Tracking,
    Videos,
    WithSpeed,
    WriteCorrections,
)
from fingerspell.cli.evaluate_tables import print_evaluations
from fingerspell.cli.reader_options import Digits
from fingerspell.data.passed_over import told
from fingerspell.errors import ModelError
from fingerspell.extras import require

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fingerspell.core.alphabet import Alphabet
    from fingerspell.evaluation.evaluate import Evaluation
    from fingerspell.evaluation.pictures import Pictures
    from fingerspell.progress import Stage

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
    digits: Digits = False,
    pairs_at_least: PairsAtLeast = 5,
    group_pattern: Groups = "",
    people: PeopleFile = None,
    person_pattern: PersonPattern = "",
    corrections: CorrectionsFile = None,
    write_corrections: WriteCorrections = None,
    surely: Surely = 0.95,
    relabel: Relabel = False,
    processes: Processes = 1,
    cache: Cache = None,
    tracking: Tracking = "none",
    experiment: Experiment = "evaluation",
    run_name: RunName = "",
    tag: Tags = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Evaluate models on images and video, unseen signers first.

    Predictions range over all 29 classes, even if the data holds fewer, and a hand that is not found
    counts as a letter missed. A model of other classes is evaluated on these, and images of classes
    that it does not know are passed over. With several models, the differences are tested.

    For example:

    * `fingerspell evaluate default --data asl_alphabet_test --external other_people --report out`
    * `fingerspell evaluate default runs/compact --external other_people --json`
    * `fingerspell evaluate default --external signers --people people.csv --report out`
    * `fingerspell evaluate default --digits --external digits`
    * `fingerspell evaluate default --videos clips/truth.csv --report out`
    """
    names = list(dict.fromkeys(models))
    n_images = len(data or ()) + len(external or ())
    _check_usage(n_images, videos, group_pattern, bool(people or person_pattern))
    _check_split(split, fold or [], len(data or ()), len(names))
    log = _Log(tracking, experiment, run_name, tags_of(tag), report)
    if write_corrections and n_images != 1:
        raise typer.BadParameter("--write-corrections is of one --data or one --external")
    failed: list[str] = []
    with reported(debug, failed), stages() as stage:
        log.check()
        with extra("train"):
            from fingerspell.evaluation import documents, evaluate, protocols, sequences  # noqa: PLC0415
        opened = _Opening(group_pattern, people, person_pattern, corrections, cache)
        sets = opened.open(data or [], external or [], _alphabet_of(names, digits=digits), stage)
        split_file = None if split in _OWN_SPLITS else Path(split)
        if split_file is None and split != _ALL:
            sets = protocols.with_own_parts(sets, is_asked=split == _GIVEN)
        options = evaluate.EvaluationOptions(processes, cache, mirrored, robustness, digits, speed)
        known = sequences.load_known(videos) if videos else []
        folds = fold or [""]
        folds *= len(names) // len(folds)  # one for all models is one for each
        evaluations = []
        for model, name in zip(names, folds, strict=True):
            own = [protocols.held_out(sets[0], split_file, name), *sets[1:]] if split_file else sets
            evaluations.append(evaluate.evaluate(model, own, options, known, stage))
        log.write(evaluations, stage)
        if write_corrections:
            _clean(evaluations, write_corrections, surely, relabel, corrections)
        if as_json:
            results = documents.evaluation_documents(evaluations)
            print_json(results if len(results) > 1 else results[0])
        else:
            print_evaluations(evaluations, pairs_at_least)
    if failed:
        raise typer.Exit(1)


def _alphabet_of(models: list[str], *, digits: bool) -> "Alphabet":
    """The classes that all of the models tell apart.

    Raises:
        ModelError: they tell different ones.
    """
    from fingerspell.core.types import alphabet_of  # noqa: PLC0415
    from fingerspell.evaluation.classifiers import load_classifier  # noqa: PLC0415

    first, *others = (alphabet_of(load_classifier(model, digits=digits)) for model in models)
    if any(other != first for other in others):
        raise ModelError(
            f"{', '.join(models)} do not tell the same classes apart: evaluate them one by one."
        )
    return first


def _clean(
    evaluations: "Sequence[Evaluation]", path: Path, surely: float, relabel: bool, given: Path | None
) -> None:
    """Write corrections of what the models surely contradict."""
    from fingerspell.data.corrections import Corrections  # noqa: PLC0415
    from fingerspell.evaluation import cleaning  # noqa: PLC0415

    known = Corrections.load(given).rows if given else {}
    rows = cleaning.proposed(evaluations, cleaning.Cleaning(surely, relabel), known)
    cleaning.write_corrections(rows, path)
    what = "relabel" if relabel else "leave out"
    n_new = sum(known.get(name) != row for name, row in rows.items())
    typer.echo(f"wrote {path}: {n_new:,} images to {what}; look at them before you use it", err=True)


def _check_usage(n_images: int, videos: Path | None, group_pattern: str, by_person: bool) -> None:
    if not n_images and not videos:
        raise typer.BadParameter("give images with --data or --external, or videos with --videos")
    if group_pattern and by_person:
        raise typer.BadParameter("--group-pattern names sources: give it without --people")
    if by_person and not n_images:
        raise typer.BadParameter("--people is of images: add --data or --external")


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

    def open(
        self, data: list[Path], external: list[Path], alphabet: "Alphabet", stage: "Stage"
    ) -> "list[Pictures]":
        """What to evaluate models of an alphabet on, in the order given, with progress."""
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
            options = (self.group_pattern, self.cache, advance, rows, alphabet)
            opened = pictures.open_pictures(folder, protocol, *options)
            say(told(folder, opened.passed_over))
            sets.append(opened)
        if rows:
            rows.check_found(*(each.corrected for each in sets if each.corrected))
        if self.people or self.person_pattern:
            sets = pictures.of_people(sets, known, self.person_pattern)
        return pictures.with_distinct_names(sets)


@dataclass(frozen=True)
class _Log:
    """What is kept of an evaluation: its report, and a run of MLflow with that report."""

    tracking: str
    experiment: str
    run_name: str
    tags: "Mapping[str, str]"
    report: Path | None

    def __post_init__(self) -> None:
        if self.tracking != "none" and not self.report:
            raise typer.BadParameter("--tracking logs the report: give a folder for it with --report")

    def check(self) -> None:
        """See that it can be written, before hours of work."""
        if self.report:
            with extra("train"):  # takes seconds to import
                import fingerspell.evaluation.report  # noqa: F401, PLC0415
        if self.tracking != "none" and self.report:
            require("mlflow")
            from fingerspell.mlflow_store import check_address  # noqa: PLC0415  (seconds to import)

            check_address(self.tracking, self.report.resolve().parent)

    def write(self, evaluations: "Sequence[Evaluation]", stage: "Stage") -> None:
        """Write the report, and send it."""
        if not self.report:
            return
        from fingerspell.evaluation.report import write_report  # noqa: PLC0415

        written = write_report(evaluations, self.report, stage)
        typer.echo(f"wrote {written.page}", err=True)
        if self.tracking != "none":
            from fingerspell.evaluation.tracking import send  # noqa: PLC0415  (seconds to import)

            send(evaluations, written, self.tracking, self.experiment, self.run_name, self.tags)
