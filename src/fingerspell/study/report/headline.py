"""The answer to the study's question, in sentences worked out from its cells."""

from collections.abc import Iterator, Sequence
from math import exp, log
from statistics import fmean

from fingerspell.study.advise import predicted_curves
from fingerspell.study.costs import Observation, Part
from fingerspell.study.report.findings import Findings, mean_share, of_figure, questions
from fingerspell.training.options import Loading

_SAVING = 0.02  # changes of time below it are called none


def headline(findings: Findings) -> str:
    """One sentence."""
    best = _best_loaded(findings.observations)
    devices, batches = _effect(best, "devices"), _effect(best, "batch_size")
    said = [
        f"{_from_to(effect, name)} {_change(effect[2])}"
        for effect, name in ((devices, "devices"), (batches, "images a batch"))
        if effect
    ]
    if not said:
        return (
            "One number of devices and one batch size were measured: there is nothing to compare yet."
        )
    text = "; ".join(said)
    return text[0].upper() + text[1:] + f", since {_why(best)}."


def _from_to(effect: tuple[int, int, float], name: str) -> str:
    low, high, _ = effect
    return f"going from {low} to {high} {name}"


def _change(ratio: float) -> str:
    if abs(ratio - 1) < _SAVING:
        return "leaves the time of an epoch as it is"
    verb = "saves" if ratio < 1 else "costs"
    return f"{verb} {abs(1 - ratio):.0%} of the time of an epoch"


def _why(observations: Sequence[Observation]) -> str:
    shares = {part: mean_share(observations, f"{part}_share") for part in Part}
    known = {part: share for part, share in shares.items() if share is not None}
    if not known:
        return "it was not measured what a step's time goes to"
    most = max(known, key=lambda part: known[part])
    doing = {
        Part.DATA: "waiting for images",
        Part.COMPUTE: "computing",
        Part.COMMUNICATION: "exchanging gradients",
    }
    return f"a step spends {known[most]:.0%} of its time {doing[most]}"


def _best_loaded(observations: Sequence[Observation]) -> list[Observation]:
    """The cells with the fastest way of loading that was measured."""
    for loading in (Loading.RESIDENT, Loading.PACKED, Loading.REPORTS):
        if found := [each for each in observations if each.cell.loading is loading]:
            return found
    return []


def _effect(observations: Sequence[Observation], field: str) -> tuple[int, int, float] | None:
    """Least, most, and the geometric mean of the ratio of times between them, all else equal."""
    values = sorted({getattr(each.cell, field) for each in observations})
    if len(values) < 2:  # noqa: PLR2004
        return None
    low, high = values[0], values[-1]
    groups: dict[tuple[object, ...], dict[int, float]] = {}
    for each in observations:
        cell = each.cell
        others = {"devices": cell.devices, "batch_size": cell.batch_size} | {field: 0}
        key = (
            each.results[0].hardware,
            cell.model,
            cell.precision,
            cell.loading,
            cell.workers,
            *others.values(),
        )
        groups.setdefault(key, {})[getattr(cell, field)] = each.seconds_per_epoch
    ratios = [log(group[high] / group[low]) for group in groups.values() if {low, high} <= group.keys()]
    return (low, high, exp(fmean(ratios))) if ratios else None


def explanations(findings: Findings) -> Iterator[str]:
    """Why, in a few more sentences: loading, accuracy, and what the scaling model expects."""
    yield from _loading(findings.observations)
    yield from _accuracy(findings.observations)
    for hardware, fitted in findings.fits.items():
        for label, question in questions(fitted, findings.memories[hardware]).items():
            if question.n_measured == 1:  # nothing says what a second device costs
                continue
            grows, _ = predicted_curves(fitted.model, question, label)
            last = grows.points[-1]
            yield (
                f"{label}, on {hardware}: by the scaling model {last.devices:,} devices with "
                f"{grows.kind} would be {last.efficiency:.0%} efficient, bound by {last.bottleneck}."
            )


def _loading(observations: Sequence[Observation]) -> Iterator[str]:
    said = []
    for loading, words in (
        (Loading.REPORTS, "loaded as the reports did"),
        (Loading.PACKED, "packed"),
        (Loading.RESIDENT, "resident on the device"),
    ):
        chosen = [each for each in observations if each.cell.loading is loading]
        share = mean_share(chosen, "data_share")
        if share is not None:
            said.append(f"{share:.1%} {words}")
    if said:
        yield f"Share of a step spent waiting for images, mean over cells: {', '.join(said)}."


def _accuracy(observations: Sequence[Observation]) -> Iterator[str]:
    measure = of_figure("test_accuracy")
    means: dict[int, list[float]] = {}
    for each in observations:
        means.setdefault(each.cell.batch_size, []).extend(measure.values(each, observations))
    known = [(batch, fmean(values)) for batch, values in sorted(means.items()) if values]
    if len(known) > 1:
        text = ", ".join(f"{accuracy:.1%} with {batch}" for batch, accuracy in known)
        yield f"Test accuracy after equally many epochs, by batch size: {text}."
