"""The training loop: epochs of steps, an evaluation after each, nothing lost.

It reads the same for one device and for many: every process runs it, the first one writes.
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from lightning_fabric import Fabric

from fingerspell.data.leakage import Part
from fingerspell.data.loader import Batch
from fingerspell.errors import DivergedError
from fingerspell.training.learner import Learner
from fingerspell.training.memory import memory_mb, reset_memory, wait_for_gpus
from fingerspell.training.options import LearningOptions, Monitor
from fingerspell.training.record import Record, Row, State
from fingerspell.training.sensors import Sensors
from fingerspell.training.stop import Stop
from fingerspell.training.tally import Tally
from fingerspell.training.tasks.base import Batches


class Stopped(Exception):  # noqa: N818  (it is no error)
    """The run was asked to stop, and has saved its state."""


class Watcher(Protocol):
    """Who is told how a run goes; called in the first process only."""

    def batch(self, epoch: int, done: int, total: int) -> None:
        """A batch of training is done."""

    def epoch(self, row: Row, is_best: bool, before: float | None = None) -> None:
        """An epoch is done; `before` is the best figure of what is monitored until then."""


class Keeper(Protocol):
    """Who keeps the network's weights."""

    def __call__(self, name: str, row: Row) -> None:
        """Keep them under a name, best or last; every process calls it."""


@dataclass
class Loop:
    """One run, or one fold of it, in one of its processes.

    Attributes:
        is_stop_wished: whether somebody wished it in the last epoch, which was ended all the same.
    """

    fabric: Fabric
    learner: Learner
    parts: dict[Part, Batches]
    options: LearningOptions
    record: Record
    keep: Keeper
    watchers: Sequence[Watcher]
    is_stop_wished: bool = False

    def run(self) -> tuple[list[Row], int]:
        """Train from the last state to the end.

        Returns:
            The rows of all epochs, and the place of the best one among them: of the last one where
            there is no validation part.

        Raises:
            Stopped: somebody wished it; the state is saved.
            DivergedError: the loss became NaN or infinite; the state of the last epoch is kept.
        """
        state = self.record.load_state() or State()
        if state.learner:
            self.learner.load_state_dict(state.learner)
            state.learner = {}
        stop = Stop(self.fabric)
        with stop.listening(), Sensors(self.fabric) as self._sensors:
            while self._goes_on(state):
                self._train(state, stop)
                self._close_epoch(state)
                self.is_stop_wished = stop.is_granted()
                if self._goes_on(state) and self.is_stop_wished:
                    raise Stopped
        return state.rows, state.best_epoch if state.best is not None else len(state.rows) - 1

    def _train(self, state: State, stop: Stop) -> None:
        """The rest of an epoch's steps."""
        batches = self.parts[Part.TRAIN]
        self._tally = Tally(self.learner.n_classes).to(self.fabric.device)
        if state.tally and self.fabric.is_global_zero:
            self._tally.restore(state.tally)
        reset_memory(self.fabric)
        sizes = batches.sizes
        began, waited_s = time.perf_counter(), 0.0
        coming = _timed(batches.epoch(state.epoch, state.batch))
        for batch, wait_s in coming:
            self.learner.learn(batch, sizes[state.batch], state.step, self._tally)
            state.batch, state.step, waited_s = state.batch + 1, state.step + 1, waited_s + wait_s
            for watcher in self.watchers:
                watcher.batch(state.epoch, state.batch, len(sizes))
            if stop.is_due(state.step) and state.batch < len(sizes):
                self._note_time(state, began, waited_s)
                self._save(state)
                raise Stopped
        self._note_time(state, began, waited_s)

    def _note_time(self, state: State, began: float, waited_s: float) -> None:
        wait_for_gpus(self.fabric)
        state.seconds += time.perf_counter() - began
        state.waited_s += waited_s

    def _close_epoch(self, state: State) -> None:
        """Evaluate, write the row, keep the weights, save."""
        row = self._row(state)
        _refuse_diverged(row)
        value = _monitored(row, self.options.monitor)
        before = None if state.best is None else abs(state.best)
        is_best = value is not None and (state.best is None or value > state.best)
        if is_best:
            state.best, state.best_epoch = value, state.epoch
        state.rows.append(row)
        state.epoch, state.batch, state.tally = state.epoch + 1, 0, {}
        state.seconds = state.waited_s = 0.0
        if is_best:
            self.keep("best", row)
        self.keep("last", row)
        if self.fabric.is_global_zero:
            self.record.save_rows(state.rows)
        self._save(state)
        for watcher in self.watchers:
            watcher.epoch(row, is_best, before)

    def _row(self, state: State) -> Row:
        """The figures of an epoch; times in seconds, memory in MB (10^6 bytes)."""
        lr, epoch = self.learner.lr, state.epoch + 1
        row: Row = {"epoch": epoch, "lr": lr, **self._tally.scores().named("train")}
        n_train = row["train_n"]
        validation, began = self.parts[Part.VALIDATION], time.perf_counter()
        if len(validation):
            row |= self.learner.evaluate(validation.epoch(0)).named("validation")
        row["validation_seconds"] = time.perf_counter() - began
        self.learner.end_epoch(row.get("validation_loss"))
        every = self.options.test_every
        if every and epoch % every == 0:
            row |= self.learner.evaluate(self.parts[Part.TEST].epoch(0)).named("test")
        row["train_seconds"] = state.seconds
        row["images_per_s"] = n_train / state.seconds
        row["data_wait_share"] = state.waited_s / state.seconds
        return row | memory_mb(self.fabric) | self._sensors.take()

    def _save(self, state: State) -> None:
        """Save the state, whose parts lie in all processes."""
        tally = self._tally.state_dict() if state.batch else {}
        state.tally = {k: self.fabric.all_reduce(v, reduce_op="sum") for k, v in tally.items()}
        state.learner = self.learner.state_dict()
        if self.fabric.is_global_zero:
            self.record.save_state(state)
        state.learner, state.tally = {}, {}
        self.fabric.barrier()

    def _goes_on(self, state: State) -> bool:
        """Whether there are epochs to come, and patience for them."""
        patience = self.options.patience
        has_ended = patience and state.epoch > 0 and state.epoch - 1 - state.best_epoch >= patience
        return state.epoch < self.options.epochs and not has_ended


def _refuse_diverged(row: Row) -> None:
    """Nothing learns from a loss that is no number, and none is better than it."""
    losses = (row["train_loss"], row.get("validation_loss", 0.0))
    if not all(math.isfinite(loss) for loss in losses):
        raise DivergedError(
            f"the loss became NaN or infinite in epoch {row['epoch']}: start a new run with a lower "
            "--lr or with --warmup-epochs; the epochs before it are kept."
        )


def _monitored(row: Row, monitor: Monitor) -> float | None:
    """What is monitored, so that more is better; None where there is no validation part."""
    value = row.get(f"validation_{monitor.value}")
    if value is None:
        return None
    return -value if monitor == Monitor.LOSS else value


def _timed(batches: Iterator[Batch]) -> Iterator[tuple[Batch, float]]:
    """Batches, each with the seconds that it was waited for."""
    while True:
        began = time.perf_counter()
        batch = next(batches, None)
        if batch is None:
            return
        yield batch, time.perf_counter() - began
