"""The figures of a result that tests and charts are about, each with its unit."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean

from fingerspell.study.memory_model import peak_mb
from fingerspell.study.results import Result


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        name: as results and claims write it.
        title: for people, with the unit.
        value: of a result; None where it was not measured.
        is_share: from 0 to 1, compared by differences; the others are positive and compared by ratios.
        form: how it is written.
    """

    name: str
    title: str
    value: Callable[[Result], float | None]
    is_share: bool = False
    form: str = ",.2f"

    def __call__(self, result: Result) -> float | None:
        """Its value, None where it was not measured."""
        value = self.value(result)
        return None if value is None or (value <= 0 and not self.is_share) else value


def _share(name: str, title: str) -> Figure:
    return Figure(name, title, lambda result: getattr(result, name), is_share=True, form=".1%")


def _step_share(name: str, title: str) -> Figure:
    def value(result: Result) -> float | None:
        known = result.data_share + result.compute_share + result.communication_share > 0
        return getattr(result, name) if known else None

    return Figure(name, title, value, is_share=True, form=".1%")


def _fullest(name: str, title: str) -> Figure:
    return Figure(name, title, lambda result: max(getattr(result, name), default=None), form=",.0f")


_ALL = (
    Figure("seconds_per_epoch", "seconds an epoch", lambda result: result.seconds_per_epoch),
    Figure("total_s", "seconds in all", lambda result: result.total_s, form=",.0f"),
    Figure("images_per_s", "images a second", lambda result: result.images_per_s, form=",.0f"),
    _step_share("data_share", "share of the step spent waiting for images"),
    _step_share("compute_share", "share of the step spent computing"),
    _step_share("communication_share", "share of the step spent exchanging gradients"),
    Figure("memory_mb", "memory of the fullest device, MB", peak_mb, form=",.0f"),
    _fullest("allocated_mb", "memory in use by tensors, MB"),
    _fullest("reserved_mb", "memory held by PyTorch, MB"),
    _fullest("driver_mb", "memory as the driver sees it, MB"),
    Figure(
        "utilisation",
        "share of the time in which devices were busy",
        lambda result: fmean(result.utilisation) if result.utilisation else None,
        is_share=True,
        form=".1%",
    ),
    _share("train_accuracy", "accuracy in training"),
    _share("validation_accuracy", "accuracy in validation"),
    _share("test_accuracy", "accuracy in the test"),
)
FIGURES = {figure.name: figure for figure in _ALL}
