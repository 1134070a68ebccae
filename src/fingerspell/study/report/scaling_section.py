"""The part on the scaling model: its costs, its error, predictions and plans."""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from fingerspell import page
from fingerspell.errors import StudyError
from fingerspell.evaluation.report.cells import Row, number
from fingerspell.page import Cell
from fingerspell.study.advice import WISHES, Plan, Question, recommend
from fingerspell.study.costs import Cluster, Part
from fingerspell.study.memory_model import MemoryModel, fit_memory
from fingerspell.study.report import charts
from fingerspell.study.report.curves import Curve, predicted_curves
from fingerspell.study.report.material import Material, questions
from fingerspell.study.scaling import Cost, Fit, Floats

EXPLAINED = (
    "The time of an epoch is what it asks for (images, steps, messages, bytes) times what each "
    "costs; costs are fitted to the cells' times and shares by least squares, and none is negative. "
    "Left out: the error of a cell's time as predicted by a model that was fitted without it."
)
Memories = Mapping[tuple[str, str, str], MemoryModel]


def scaling(material: Material) -> list[str]:
    """A part for each hardware, and one for R1's published cells."""
    parts = [
        _part(f"Scaling model: {hardware}", fitted, material.memories[hardware], opened=True)
        for hardware, fitted in material.fits.items()
    ]
    memories = fit_memory(material.r1.observations)
    return [
        *parts,
        _part("Scaling model: R1's twelve published cells", material.r1, memories, opened=True),
    ]


def _part(heading: str, fitted: Fit, memories: Memories, opened: bool) -> str:
    asked = questions(fitted, memories)
    drawn = [
        curve for label, each in asked.items() for curve in predicted_curves(fitted.model, each, label)
    ]
    height = 340 + charts.LINE_PX * len(drawn)
    n = len(fitted.observations)
    return page.details(
        heading,
        f"Error of the time of an epoch over {n} cells: {errors(fitted.errors)}; left out: "
        f"{errors(fitted.errors_left_out)}.",
        _limits(fitted),
        EXPLAINED,
        page.chart(charts.fitted_points(fitted), 420),
        page.section("What each thing costs", page.table(_COSTS, map(_cost, _told(fitted))), level=3),
        _not_told(fitted),
        page.section(
            "Devices that were not measured",
            _extrapolated(fitted),
            _cluster(fitted.model.cluster),
            page.chart(charts.curves(drawn, "seconds"), height),
            page.chart(charts.curves(drawn, "efficiency"), height),
            page.table(_POINTS, [row for curve in drawn for row in _points(curve)]),
            level=3,
        ),
        _plans(fitted, asked),
        _memory(memories),
        opened=opened,
    )


def _limits(fitted: Fit) -> str:
    """What the time of the cells goes to, by the model."""
    predictions = [fitted.model.predict(each.job) for each in fitted.observations]
    shares = {part: [each.share(part) for each in predictions] for part in Part}
    said = [f"{part} {min(values):.0%} to {max(values):.0%}" for part, values in shares.items()]
    bound = Counter(each.bottleneck.value for each in predictions).most_common()
    most = ", ".join(f"{n} by {part}" for part, n in bound)
    return f"Of the time of these cells, by the model: {', '.join(said)}. Bound: {most}."


def errors(values: Floats) -> str:
    """Median and largest, in percent, signs left out."""
    known = np.abs(values[np.isfinite(values)])
    if not known.size:
        return "not known"
    unknown = len(values) - known.size
    text = f"median {np.median(known):.1%}, largest {known.max():.1%}"
    return text + (f" ({unknown} cells cannot be predicted from the others)" if unknown else "")


_COSTS = ("of", "cost", "standard error", "unit", "a second")


def _told(fitted: Fit) -> list[Cost]:
    return [cost for cost in fitted.model.costs.values() if cost.is_fitted]


def _cost(cost: Cost) -> Row:
    """A cost and its inverse, a rate; of a cost below its error, what the rate is at least."""
    error = cost.error or 0.0
    rate = 1 / cost.value if cost.value > error else None
    return [
        cost.name,
        Cell(f"{cost.value:.3g}", cost.value),
        Cell(f"{error:.2g}", error),
        cost.unit,
        Cell(f"{rate:,.4g}" if rate else f"at least {1 / (cost.value + 2 * error):,.3g}", rate),
    ]


def _not_told(fitted: Fit) -> str:
    if not fitted.assumed:
        return "The cells tell every cost."
    names = "; ".join(f"{name} ({fitted.model.costs[name].value:.2g})" for name in fitted.assumed)
    return (
        "These cells do not tell the following costs from others, or do not incur them; they are "
        f"assumed, nothing where no figure is sensible: {names}."
    )


def _extrapolated(fitted: Fit) -> str:
    """How far what follows is from what was measured."""
    n, most = len(fitted.observations), max(each.job.cell.devices for each in fitted.observations)
    return (
        f"Everything in this part is extrapolated from {n} cell{'s' * (n != 1)} with at most {most} "
        f"device{'s' * (most != 1)}. The further from these, the less it says."
    )


def _cluster(cluster: Cluster) -> str:
    within, between = cluster.within, cluster.between
    return (
        f"Assumed: {cluster.devices_per_node} devices a node; between nodes "
        f"{between.bytes_per_s / 1e9:g} GB/s and {between.latency_s * 1e6:g} µs a message; within a "
        f"node, where the cells do not tell, {within.bytes_per_s / 1e9:g} GB/s and "
        f"{within.latency_s * 1e6:g} µs. All-reduce between nodes by ring or tree, whichever is "
        "faster, not hidden behind computing. DataParallel (dp) stays one process with one loader."
    )


_POINTS = ("of", "batch", "devices", "s a million images", "efficiency", "bottleneck")


def _points(curve: Curve) -> list[Row]:
    """1, 16, 256 and 4,096 devices, and the last of a curve that ends before."""
    return [
        [
            curve.label,
            Cell(curve.kind, point.batch_size),
            number(point.devices, ",d"),
            _seconds(point.seconds),
            number(point.efficiency, ".1%"),
            point.bottleneck.value,
        ]
        for point in (*curve.points[:-1:4], curve.points[-1])
    ]


def _seconds(value: float) -> Cell:
    """To three digits."""
    return number(value, ",.3g" if value < 100 else ",.0f")  # noqa: PLR2004


_PLANS = (
    "of",
    "wish",
    "devices",
    "batch",
    "s an epoch",
    "device-seconds",
    "efficiency",
    "bottleneck",
    "MB a device",
)


def _plans(fitted: Fit, asked: Mapping[str, Question]) -> str:
    rows: list[Row] = []
    for label, question in asked.items():
        for wish in WISHES:
            try:
                rows.append([label, wish, *_plan(recommend(fitted.model, question, wish))])
            except StudyError as error:
                rows.append([label, wish, *[Cell("", None)] * 5, str(error), Cell("", None)])
    text = (
        "Shortest time and cheapest choose from the batch sizes that were measured, since the accuracy "
        "of others is not known, and from 1 to 4,096 devices; of plans within 2 %, the one with fewer "
        "devices. The last wish fills 90 % of a device's memory, whatever that does to accuracy."
    )
    return page.section("Recommendations", text, page.table(_PLANS, rows), level=3)


def _plan(made: Plan) -> Row:
    return [
        number(made.devices, ",d"),
        number(made.batch_size, ",d"),
        _seconds(made.seconds_per_epoch),
        number(made.device_seconds, ",.0f"),
        number(made.efficiency, ".1%"),
        made.bottleneck.value,
        number(made.memory_mb, ",.0f"),
    ]


def _memory(memories: Memories) -> str:
    if not memories:
        return "The cells do not tell how memory goes with the batch."
    rows: list[Row] = [
        [
            " · ".join(key),
            number(each.fixed_mb, ",.0f"),
            number(each.picture_mb, ".3g"),
            number(each.error, ".1%"),
            number(each.n, "d"),
        ]
        for key, each in memories.items()
    ]
    headings = ("of", "MB always", "MB an image", "median error", "n")
    text = "A line in the images a step of each device, by the fullest device."
    return page.section("Memory of a device", text, page.table(headings, rows), level=3)
