"""The report of a study: one page, its charts as PNG, its figures as JSON."""

import json
from collections.abc import Sequence
from pathlib import Path

from fingerspell import page
from fingerspell.errors import StudyError
from fingerspell.evaluation.evaluate import Stage
from fingerspell.files import write_atomically
from fingerspell.study.claims import read_claims
from fingerspell.study.costs import Cluster
from fingerspell.study.epochs import EPOCHS, load_epochs, save_epochs
from fingerspell.study.grid import RUNS
from fingerspell.study.hypotheses import decide
from fingerspell.study.load import STUDY, load_hypotheses, load_results
from fingerspell.study.observations import observe
from fingerspell.study.published import r1_results
from fingerspell.study.report import overview
from fingerspell.study.report.document import document
from fingerspell.study.report.epochs_section import epochs
from fingerspell.study.report.hypotheses_section import hypotheses
from fingerspell.study.report.material import Material, fit_all, memories_of
from fingerspell.study.report.plots import images, n_images
from fingerspell.study.report.reproduction_section import reproduction
from fingerspell.study.report.scaling_section import scaling
from fingerspell.study.reproduction import read_run
from fingerspell.study.results import Status
from fingerspell.study.scaling import fit

PAGE, FIGURES = "report.html", "report.json"


def write_report(
    folder: Path,
    runs: Sequence[Path] = (),
    cluster: Cluster | None = None,
    stage: Stage = lambda _what, _length: lambda _n: None,
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
    material = collect(folder, runs, cluster)
    fitted(1)
    drawn = stage("drawing", n_images(material) + 1)
    try:
        for name, content in images(material):
            write_atomically(folder / f"{name}.png", content)
            drawn(1)
        text = json.dumps(document(material), indent=1, allow_nan=False)
        write_atomically(folder / FIGURES, text.encode())
        if material.epochs:
            save_epochs(material.epochs, material.results, folder / EPOCHS)
        write_atomically(folder / PAGE, _page(material).encode())
        drawn(1)
    except OSError as error:
        raise StudyError(
            f"{folder} cannot be written to ({error.strerror}): free it, or copy it."
        ) from error
    return folder / PAGE


def collect(folder: Path, runs: Sequence[Path] = (), cluster: Cluster | None = None) -> Material:
    """Read a study, fit the scaling model and decide the hypotheses."""
    results = load_results(folder)
    done = [each for each in results if each.status is Status.DONE]
    if not done:
        raise StudyError(
            f"no cell in {folder} is done, so there is nothing to report: run the study first."
        )
    claims = read_claims(load_hypotheses(folder), str(folder / STUDY))
    theirs, fits = r1_results(), fit_all(done, cluster)
    return Material(
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


def _page(material: Material) -> str:
    parts = [
        overview.answer(material),
        overview.shares(material),
        *overview.measures(material),
        epochs(material),
        hypotheses(material),
        *scaling(material),
        reproduction(material),
        overview.failures(material.failed),
        overview.cells(material),
    ]
    return page.document(overview.TITLE, *filter(None, parts))
