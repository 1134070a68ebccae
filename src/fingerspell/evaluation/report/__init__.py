"""The report of an evaluation: one page, its charts as PNG, its figures as JSON."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fingerspell import html_page as page
from fingerspell.errors import DataError
from fingerspell.evaluation.documents import evaluation_documents, flat_metrics
from fingerspell.evaluation.evaluate import Evaluation
from fingerspell.evaluation.report import overview, people, videos
from fingerspell.evaluation.report.changed import changed
from fingerspell.evaluation.report.details import set_section
from fingerspell.evaluation.report.galleries import Galleries, collect
from fingerspell.evaluation.report.png_charts import images
from fingerspell.files import write_atomically
from fingerspell.progress import Stage, silent

PAGE, FIGURES = "report.html", "report.json"


@dataclass(frozen=True)
class Report:
    """What was written, for whoever keeps it, such as an experiment tracker.

    Attributes:
        page: the HTML page.
        files: all files, the page among them.
        metrics: figures by name, as trackers plot them; of several models, each name begins with the
            model's.
    """

    page: Path
    files: tuple[Path, ...]
    metrics: dict[str, float]


def write_report(
    evaluations: Sequence[Evaluation],
    folder: Path,
    stage: Stage = silent,
) -> Report:
    """Write `report.html`, `report.json` and a folder of PNGs for each model and set.

    The page holds images of the data: where they show people, it is for those who may see the data.

    Args:
        evaluations: one a model.
        folder: made where it is missing.
        stage: announces the drawing of each set.

    Raises:
        DataError: the folder cannot be written to.
        MediaError: an image or a video of the data is gone.
    """
    advance = stage("drawing", sum(len(each.on_sets) for each in evaluations))
    files: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        galleries: list[list[Galleries]] = []
        for number, evaluation in enumerate(evaluations, 1):
            galleries.append([])
            for on_set in evaluation.strangest_first:
                gallery = collect(evaluation.facts, on_set)
                galleries[-1].append(gallery)
                place = folder / f"{number}-{_slug(evaluation.facts.name)}"
                place /= _slug(on_set.pictures.name)
                files += _write_images(place, images(on_set, gallery))
                advance(1)
        document = evaluation_documents(evaluations)
        files += [folder / FIGURES, folder / PAGE]
        write_atomically(folder / FIGURES, json.dumps(document, indent=1).encode())
        write_atomically(folder / PAGE, _page(evaluations, galleries).encode())
    except OSError as error:
        raise DataError(
            f"{folder} cannot be written to ({error.strerror}): choose another folder with --report."
        ) from error
    return Report(folder / PAGE, tuple(files), _metrics(evaluations))


def _page(evaluations: Sequence[Evaluation], galleries: Sequence[Sequence[Galleries]]) -> str:
    """The page: what counts comes first; of the details, only the first are unfolded."""
    of_pictures = [each for each in evaluations if each.on_sets]
    parts = [
        overview.headline(of_pictures) if of_pictures else "",
        overview.protocols(of_pictures) if of_pictures else "",
        people.by_person(of_pictures) if of_pictures else "",
        overview.compared(of_pictures) if of_pictures else "",
        overview.speeds(of_pictures),
        videos.videos(evaluations),
    ]
    for evaluation, of_model in zip(evaluations, galleries, strict=True):
        for on_set, gallery in zip(evaluation.strangest_first, of_model, strict=True):
            opened = evaluation is evaluations[0] and on_set is evaluation.headline
            parts.append(set_section(evaluation, on_set, gallery, opened))
    parts.append(changed(of_pictures))
    return page.document(overview.TITLE, *filter(None, parts))


def _metrics(evaluations: Sequence[Evaluation]) -> dict[str, float]:
    if len(evaluations) == 1:
        return flat_metrics(evaluations[0])
    return {
        f"{_slug(each.facts.name)}/{name}": value
        for each in evaluations
        for name, value in flat_metrics(each).items()
    }


def _write_images(folder: Path, drawn: Iterable[tuple[str, bytes]]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, content in drawn:
        files.append(folder / f"{name}.png")
        write_atomically(files[-1], content)
    return files


def _slug(name: str) -> str:
    """A name that any file system takes."""
    return "".join(char if char.isalnum() or char in "-_." else "-" for char in name)
