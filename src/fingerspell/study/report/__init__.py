"""The report of a study: one page, its charts as PNG, its figures as JSON."""

import json
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from fingerspell import html_page as page
from fingerspell.errors import StudyError
from fingerspell.files import write_atomically
from fingerspell.progress import Stage, silent
from fingerspell.study.advise import WISHES, Question, predicted_curves, recommend
from fingerspell.study.claims import read_claims
from fingerspell.study.costs import Cluster, Observation, observe
from fingerspell.study.decide import Decision, decide
from fingerspell.study.fit import Fit, Floats, fit, fit_memory
from fingerspell.study.grid import RUNS
from fingerspell.study.published import r1_results, read_run
from fingerspell.study.report.findings import (
    EPOCHS,
    MEASURES,
    Findings,
    fit_all,
    load_epochs,
    memories_of,
    questions,
    save_epochs,
    tables_by_epoch,
)
from fingerspell.study.report.headline import explanations, headline
from fingerspell.study.report.inferred import Memories, hypotheses, scaling
from fingerspell.study.report.measured import (
    TITLE,
    answer,
    cells,
    epochs,
    failures,
    measures,
    reproduction,
    shares,
)
from fingerspell.study.report.png_charts import images, n_images
from fingerspell.study.results import STUDY, Status, load_hypotheses, load_results

PAGE, FIGURES = "report.html", "report.json"


def write_report(
    folder: Path,
    runs: Sequence[Path] = (),
    cluster: Cluster | None = None,
    stage: Stage = silent,
) -> Path:
    """Write `report.html`, `report.json`, `epochs.csv` and PNGs into the folder of a study.

    Args:
        folder: of the study.
        runs: folders of finished runs of `fingerspell train`, to stand beside the reports' figures.
        cluster: the devices that predictions are made for; by default more nodes like the one measured.
        stage: announces the fitting and the drawing.

    Returns:
        The page's path.

    Raises:
        StudyError: no cell is done, a hypothesis cannot be read, or the folder cannot be written to.
        TrainingError: a file of the study or of a run is damaged.
    """
    fitted = stage("fitting", 1)
    findings = collect(folder, runs, cluster)
    fitted(1)
    drawn = stage("drawing", n_images(findings) + 1)
    try:
        for name, content in images(findings):
            write_atomically(folder / f"{name}.png", content)
            drawn(1)
        text = json.dumps(document(findings), indent=1, allow_nan=False)
        write_atomically(folder / FIGURES, text.encode())
        if findings.epochs:
            save_epochs(findings.epochs, findings.results, folder / EPOCHS)
        write_atomically(folder / PAGE, _page(findings).encode())
        drawn(1)
    except OSError as error:
        raise StudyError(
            f"{folder} cannot be written to ({error.strerror}): free it, or copy it."
        ) from error
    return folder / PAGE


def collect(folder: Path, runs: Sequence[Path] = (), cluster: Cluster | None = None) -> Findings:
    """Read a study, fit the scaling model and decide the hypotheses."""
    results = load_results(folder)
    done = [each for each in results if each.status is Status.DONE]
    if not done:
        raise StudyError(
            f"no cell in {folder} is done, so there is nothing to report: run the study first."
        )
    claims = read_claims(load_hypotheses(folder), str(folder / STUDY))
    theirs, fits = r1_results(), fit_all(done, cluster)
    return Findings(
        name=folder.resolve().name,
        results=tuple(results),
        observations=tuple(observe(done)),
        fits=fits,
        memories=memories_of(fits),
        decisions=tuple(decide(done, claims)),
        r1=fit(observe(theirs), cluster),
        r1_decisions=tuple(decide(theirs)),
        runs=tuple(map(read_run, runs)),
        epochs=load_epochs(folder / RUNS, done),
    )


def _page(findings: Findings) -> str:
    parts = [
        answer(findings),
        shares(findings),
        *measures(findings),
        epochs(findings),
        hypotheses(findings),
        *scaling(findings),
        reproduction(findings),
        failures(findings.failed),
        cells(findings),
    ]
    return page.document(TITLE, *filter(None, parts))


def document(findings: Findings) -> dict[str, Any]:
    """Everything that the page says in figures."""
    return {
        "name": findings.name,
        "headline": headline(findings),
        "explanations": list(explanations(findings)),
        "cells": [_cell(each, findings) for each in findings.observations],
        "failed": [
            {"cell": each.cell.key, "status": each.status.value, "message": each.message}
            for each in findings.failed
        ],
        "epochs": {
            name: [vars(table) for table in tables]
            for name, tables in tables_by_epoch(findings).items()
        },
        "scaling": {
            hardware: _scaling(fitted, findings.memories[hardware])
            for hardware, fitted in findings.fits.items()
        },
        "scaling_r1": _scaling(findings.r1, fit_memory(findings.r1.observations)),
        "hypotheses": [_decision(each) for each in findings.decisions],
        "hypotheses_r1": [_decision(each) for each in findings.r1_decisions],
    }


def _cell(observation: Observation, findings: Findings) -> dict[str, Any]:
    among = [
        o for panel in findings.panels if observation in panel.observations for o in panel.observations
    ]
    figures = {}
    for measure in MEASURES:
        found = measure.mean(observation, among)
        figures[measure.name] = found and {"mean": found[0], "std": found[1]}
    return {
        "cell": observation.cell.key.rpartition("-r")[0],
        "hardware": observation.results[0].hardware,
        "repeats": len(observation.results),
        "shares": dict(observation.shares) if observation.has_shares else None,
        **figures,
    }


def _scaling(fitted: Fit, memories: Memories) -> dict[str, Any]:
    asked = questions(fitted, memories)
    return {
        "cells": len(fitted.observations),
        "costs": {
            name: {"value": cost.value, "standard_error": cost.error, "unit": cost.unit}
            for name, cost in fitted.model.costs.items()
        },
        "relative_errors": _numbers(fitted.errors),
        "relative_errors_left_out": _numbers(fitted.errors_left_out),
        "memory": {
            " ".join(key): {
                "fixed_mb": each.fixed_mb,
                "picture_mb": each.picture_mb,
                "median_error": each.error,
            }
            for key, each in memories.items()
        },
        "recommendations": {
            label: {wish: _plan(fitted, question, wish) for wish in WISHES}
            for label, question in asked.items()
        },
        "curves": [
            {"of": curve.label, "batch": curve.kind, "points": [vars(point) for point in curve.points]}
            for label, question in asked.items()
            for curve in predicted_curves(fitted.model, question, label)
        ],
    }


def _plan(fitted: Fit, question: Question, wish: str) -> dict[str, Any]:
    try:
        return vars(recommend(fitted.model, question, wish))
    except StudyError as error:
        return {"error": str(error)}


def _decision(decision: Decision) -> dict[str, Any]:
    values = vars(decision) | {"verdict": decision.verdict.value}
    return {
        name: _known(value) if isinstance(value, float) else value for name, value in values.items()
    }


def _numbers(values: Floats) -> list[float | None]:
    return [_known(value) for value in values.tolist()]


def _known(value: float) -> float | None:
    return value if isfinite(value) else None
