"""A run from beginning to end: prepare, launch, train every fold, sum up."""

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout
from lightning_fabric import Fabric

from fingerspell.data.passed_over import told
from fingerspell.errors import FingerspellError, TrackingError, TrainingError
from fingerspell.extras import require
from fingerspell.models.checkpoint import FOLD, file_of_run
from fingerspell.progress import Stage
from fingerspell.training.batch_size import settle
from fingerspell.training.environment import environment
from fingerspell.training.fold import BEST, CURVES, PAGE, FoldRun, Summary
from fingerspell.training.launch import is_first_process, launch, make_fabric
from fingerspell.training.loop import Stopped, Watcher
from fingerspell.training.memory import enough_memory
from fingerspell.training.plan import CONFIG, Plan
from fingerspell.training.record import ENVIRONMENT, Record, load_json, save_json
from fingerspell.training.run_images import SPLIT_REPORT
from fingerspell.training.settings import as_flat
from fingerspell.training.tasks.base import Material
from fingerspell.training.tasks.choose import task_of

if TYPE_CHECKING:
    from fingerspell.training.tracking import Tracker

_log = logging.getLogger(__name__)

_LOCK = ".lock"  # in a run's folder

WatcherOf = Callable[[Plan], Watcher]  # of a plan: who is told; made in the first process


def train(
    plan: Plan, stage: Stage, watcher: WatcherOf | None = None, with_page: bool = True
) -> Summary | None:
    """Train what is planned, or go on with what has begun.

    Args:
        plan: what to run.
        stage: told of the preparations, in this process.
        watcher: makes who is told of batches and epochs; must be picklable.
        with_page: write the page of each run, of 5 MB.

    Returns:
        What `summary.json` holds; None if the run was stopped and can go on.

    Raises:
        MissingExtraError: the run is to be tracked, and MLflow is not installed.
        TrainingError: options, devices and images do not go together, or a process died.
        FingerspellError: the images or the weights cannot be used.
    """
    if plan.tracking != "none":
        require("mlflow")
    plan = settle(plan, stage)
    fabric = make_fabric(plan.options.device)
    if plan.tracking != "none" and is_first_process():
        from fingerspell.mlflow_store import check_address  # noqa: PLC0415  (seconds to import)

        check_address(plan.tracking, plan.folder.parent)
    with _alone(plan.folder):
        with _writing(plan.folder):
            material = begin(plan, stage)
        summary: Summary | None = launch(fabric, _work, plan, material, watcher, with_page)
    return summary


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The only run in a folder, until the end; several processes of one run count as one.

    Raises:
        TrainingError: another run is at work there, or the folder cannot be written to.
    """
    if not is_first_process():
        yield
        return
    lock = FileLock(folder / _LOCK, timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise TrainingError(
            f"another run is at work in {folder}: wait for it to end, or choose another folder with -o."
        ) from error
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield
    finally:
        lock.release()
        if folder.is_dir() and {path.name for path in folder.iterdir()} <= {_LOCK}:
            (folder / _LOCK).unlink(missing_ok=True)  # the run could not even begin
            folder.rmdir()


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say in a sentence why a run could not be written on, and how it goes on."""
    try:
        yield
    except OSError as error:
        begun = (folder / CONFIG).exists()
        again = f"go on with --resume {folder}" if begun else "start the run again"
        raise TrainingError(
            f"{folder} could not be written to ({error.strerror or error}): free some space or "
            f"change its permissions, and {again}."
        ) from error


def _unwritable(folder: Path, error: OSError) -> TrainingError:
    return TrainingError(
        f"{folder} cannot be written to ({error.strerror or error}): choose another folder with -o."
    )


def begin(plan: Plan, stage: Stage) -> Material:
    """Make the run's folder and prepare its images; download weights where they are needed."""
    stage("making the network", 0)
    task = task_of(plan)
    task.check(plan)  # errors now, not in every process
    try:
        plan.folder.mkdir(parents=True, exist_ok=True)
        if is_first_process():
            save_json(environment(), plan.folder / ENVIRONMENT)
    except OSError as error:
        raise _unwritable(plan.folder, error) from error
    material = task.prepare(plan, stage)
    if is_first_process():
        for sentence in told(plan.data, material.passed_over):
            _log.warning("%s", sentence)
        plan.save()  # at last, so that a run that cannot go on so is not changed
    return material


def _work(
    fabric: Fabric, plan: Plan, material: Material, watcher: WatcherOf | None, with_page: bool
) -> Summary | None:
    """All folds, in one of the run's processes; a full disk is one sentence here already."""
    with _writing(plan.folder):
        return _folds(fabric, plan, material, watcher, with_page)


def _folds(
    fabric: Fabric, plan: Plan, material: Material, watcher: WatcherOf | None, with_page: bool
) -> Summary | None:
    summaries = []
    for fold in material.folds:
        folder = plan.folder / f"{FOLD}{fold}" if len(material.folds) > 1 else plan.folder
        record = Record(folder)
        if not record.is_done:
            run = FoldRun(fabric, plan, material, fold, record)
            summary = _train_fold(run, watcher, with_page)
            if summary is None or (run.is_stop_wished and fold != material.folds[-1]):
                return None
        elif fabric.is_global_zero:
            _catch_up(FoldRun(fabric, plan, material, fold, record))
        fabric.barrier()
        summaries.append(record.load_summary())
    if len(summaries) == 1:
        return summaries[0]
    over_folds = _over_folds(summaries)
    if fabric.is_global_zero:
        Record(plan.folder).save_summary(over_folds)
    return over_folds


def _train_fold(run: FoldRun, watcher: WatcherOf | None, with_page: bool) -> Summary | None:
    """Train one fold; None if it was stopped."""
    watchers: list[Watcher] = []
    tracker = None
    if run.fabric.is_global_zero:
        run.record.folder.mkdir(parents=True, exist_ok=True)
        watchers = [watcher(run.plan)] if watcher else []
        tracker = _tracker(run)
        watchers += [tracker] if tracker else []
    try:
        with enough_memory(run.plan.options.learning):
            summary = run.train(watchers)
    except Stopped:
        if tracker:
            tracker.stop()
        return None
    except BaseException:
        if tracker:
            with suppress(TrackingError):  # that the server is away, too, is no news now
                tracker.stop("FAILED")
        raise
    if run.fabric.is_global_zero:
        if with_page:
            run.write_page(summary)
        run.record.save_summary(summary)
    if tracker:
        try:
            _finish(tracker, run, summary)
        except TrackingError as error:
            _log.warning(
                "%s The run is done and in %s; to send what is missing: fingerspell train --resume %s",
                error,
                run.record.folder,
                run.plan.folder,
            )
    return summary


def _catch_up(run: FoldRun) -> None:
    """Send what a server has missed of a fold that is done.

    Raises:
        TrackingError: the server does not take it.
    """
    if run.plan.tracking == "none":
        return
    from fingerspell.training.tracking import is_finished  # noqa: PLC0415  (seconds to import)

    if not is_finished(run.record.folder, run.plan.tracking) and (tracker := _tracker(run)):
        _finish(tracker, run, run.record.load_summary())


def _tracker(run: FoldRun) -> "Tracker | None":
    if run.plan.tracking == "none":
        return None
    from fingerspell.training.tracking import Tracker  # noqa: PLC0415  (seconds to import)

    parameters = {**as_flat(run.plan.options), "fold": run.fold, "data": str(run.plan.data)}
    sizes = run.material.fingerprint["folds"][run.fold]
    parameters |= {f"n_{part}": n for part, n in sizes.items()}
    known = load_json(run.plan.folder / ENVIRONMENT)
    tags = {
        "recipe": run.plan.recipe,
        "data_sha256": run.material.fingerprint["sha256"],
        "processor": str(known["processor"]),
        "mlflow.source.git.commit": str(known["git_revision"]),
        **run.plan.tags,
    }
    return Tracker(
        run.plan.tracking,
        run.plan.experiment,
        run.record.folder,
        run.plan.folder.parent,
        parameters,
        tags,
        run.record.load_rows(),
        _name_there(run),
    )


def _name_there(run: FoldRun) -> str:
    """The run's name at MLflow, of folds with theirs; "" leaves it to the folder."""
    name, is_fold = run.plan.run_name, run.record.folder != run.plan.folder
    return f"{name}/{run.record.folder.name}" if name and is_fold else name


def _finish(tracker: "Tracker", run: FoldRun, summary: Summary) -> None:
    """Send figures, files and the exported model."""
    from fingerspell.export.run import export_run  # noqa: PLC0415  (seconds to import)

    figures = {f"final_test_{name}": float(value) for name, value in summary["test"].items()}
    folder = run.record.folder
    names = (CONFIG, ENVIRONMENT, SPLIT_REPORT, CURVES, PAGE, "metrics.csv", BEST)
    files = {name: file for name in names if (file := file_of_run(folder, name)).exists()}
    with tempfile.TemporaryDirectory() as scratch:
        model: Path | None = Path(scratch) / "model.onnx"
        try:
            export_run(folder, Path(scratch) / "model.onnx", name=run.plan.folder.name)
        except FingerspellError as error:  # such as images that are packed and nowhere else
            _log.warning("the model itself is not tracked: %s", error)
            model = None
        tracker.finish(figures, files, model)


def _over_folds(summaries: list[Summary]) -> Summary:
    """Mean and standard deviation of the folds' figures."""
    first, names = summaries[0], ("loss", "accuracy", "macro_f1")
    figures = {name: [summary["test"][name] for summary in summaries] for name in names}
    return {
        "run": str(Path(first["run"]).parent),
        **{name: first[name] for name in ("model", "recipe", "parameters")},
        "test": {name: mean(values) for name, values in figures.items()},
        "test_std": {name: stdev(values) for name, values in figures.items()},
        "folds": summaries,
    }
