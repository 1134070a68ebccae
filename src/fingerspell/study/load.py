"""Read a study's folder: what was asked for, and what was measured so far.

STUDY/study.yaml         what was asked for
      cells/<key>.json   a result each, written when its cell has ended
"""

import json
from pathlib import Path
from typing import Any

from fingerspell.errors import StudyError
from fingerspell.study.results import Result
from fingerspell.training.settings import read_yaml

STUDY, CELLS = "study.yaml", "cells"
HYPOTHESES = "hypotheses"  # key of `study.yaml`


def load_results(folder: Path) -> list[Result]:
    """Results of the cells that have ended, by the names of their files; empty where none has.

    Raises:
        StudyError: the folder holds no study, or a file of it is damaged.
    """
    if not (folder / STUDY).exists():
        raise StudyError(
            f"{folder} holds no study: begin one with `fingerspell study --data DIR -o {folder}`."
        )
    return [load_result(path) for path in sorted((folder / CELLS).glob("*.json"))]


def load_result(path: Path) -> Result:
    """Read the file of one cell.

    Raises:
        StudyError: it is damaged.
    """
    try:
        return Result.from_json(json.loads(path.read_bytes()))
    except (KeyError, TypeError, ValueError) as error:
        raise StudyError(f"{path} is damaged: remove it, and the study runs its cell again.") from error


def load_hypotheses(folder: Path) -> list[Any]:
    """What the user wrote under `hypotheses` in `study.yaml`, as it stands there; empty where nothing.

    Raises:
        StudyError: it is no list.
        TrainingError: the file is missing or is no YAML.
    """
    hypotheses = read_yaml(folder / STUDY).get(HYPOTHESES) or []
    if not isinstance(hypotheses, list):
        raise StudyError(f"{folder / STUDY}: {HYPOTHESES} is not a list: begin each with a dash.")
    return hypotheses
