"""The report's figures as one JSON document; what is not known is null."""

from math import isfinite
from typing import Any

from fingerspell.errors import StudyError
from fingerspell.study.advice import WISHES, Question, recommend
from fingerspell.study.decision import Decision
from fingerspell.study.memory_model import fit_memory
from fingerspell.study.observations import Observation
from fingerspell.study.report.curves import predicted_curves
from fingerspell.study.report.headline import explanations, headline
from fingerspell.study.report.material import MEASURES, Material, questions, tables_by_epoch
from fingerspell.study.report.scaling_section import Memories
from fingerspell.study.scaling import Fit, Floats


def document(material: Material) -> dict[str, Any]:
    """Everything that the page says in figures."""
    return {
        "name": material.name,
        "headline": headline(material),
        "explanations": list(explanations(material)),
        "cells": [_cell(each, material) for each in material.observations],
        "failed": [
            {"cell": each.cell.key, "status": each.status.value, "message": each.message}
            for each in material.failed
        ],
        "epochs": {
            name: [vars(table) for table in tables]
            for name, tables in tables_by_epoch(material).items()
        },
        "scaling": {
            hardware: _scaling(fitted, material.memories[hardware])
            for hardware, fitted in material.fits.items()
        },
        "scaling_r1": _scaling(material.r1, fit_memory(material.r1.observations)),
        "hypotheses": [_decision(each) for each in material.decisions],
        "hypotheses_r1": [_decision(each) for each in material.r1_decisions],
    }


def _cell(observation: Observation, material: Material) -> dict[str, Any]:
    among = [
        o for panel in material.panels if observation in panel.observations for o in panel.observations
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
