"""The page "Results": the loaded model and how well it reads, and training runs side by side."""

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from fingerspell.app import settings, visitor
from fingerspell.app.models import reader_of
from fingerspell.app.results.runs import (
    EPOCH,
    STORE,
    Run,
    curves,
    find_models,
    find_pages,
    find_reports,
    find_runs,
)
from fingerspell.app.small import small
from fingerspell.errors import FingerspellError, ModelError
from fingerspell.extras import is_installed
from fingerspell.runtime.figures import bundled_model
from fingerspell.runtime.onnx_classifier import OnnxClassifier
from fingerspell.runtime.reader import BUNDLED

if TYPE_CHECKING:
    from fingerspell.app.results.tracked import Store

MLFLOW = "MLflow: "  # before the address of a store
STORE_KEPT_S = 30.0  # before it is asked again which runs it has
SHOWN_AT_FIRST = 4  # runs
FIRST_METRIC = "validation_accuracy"


def show() -> None:
    """Choose the model, see its card, and compare runs."""
    st.title("Models and results")
    folder = settings.current().runs
    _choose_model(folder)
    _show_card()
    _show_runs(folder)
    _show_pages(folder)


def _choose_model(folder: Path) -> None:
    """Only models in the folder of runs can be chosen, and the one the app was started with."""
    choices = dict.fromkeys([settings.current().model, BUNDLED, *map(str, find_models(folder))])
    chosen = st.selectbox(
        "Model that reads, on every page",
        list(choices),
        index=list(choices).index(visitor.model()) if visitor.model() in choices else 0,
        format_func=lambda model: "the bundled one" if model == BUNDLED else model,
        key="results_model",
    )
    try:
        reader_of(chosen)
        st.session_state["model"] = chosen
    except ModelError as error:
        st.error(str(error))


def _show_card() -> None:
    classifier = visitor.reader().classifier
    with st.container(border=True):
        st.markdown(f"### {classifier.name}")
        if visitor.model() == BUNDLED:
            _show_bundled()
        else:
            st.markdown(
                "How well this model reads people it has not seen is not known here: measure it with "
                f"`fingerspell evaluate {visitor.model()} --data DIR`."
            )
        if isinstance(classifier, OnnxClassifier):
            with st.expander("What the file says of itself"):
                st.json(classifier.metadata)


def _show_bundled() -> None:
    bundled = bundled_model()
    first = bundled.figures[0]
    st.metric(f"Letters of {first.people} read right", f"{first.letters:.1%}")
    rows = [
        f"| {f.people}: {f.data} | {f.n:,} | {f.letters:.1%} | {100 * f.low:.1f}-{f.high:.1%} "
        f"| {f.mirrored:.1%} |"
        for f in bundled.figures
    ]
    head = ["| letters read right by | n | right | 95 % interval | mirrored |", "|---|--:|--:|--:|--:|"]
    st.markdown("\n".join([*head, *rows]))
    small(
        "Strangers are people whom the model has never seen; in-corpus are other pictures of those it "
        f"was trained on, which says little. {bundled.measured}: `{bundled.command}`."
    )


def _show_runs(folder: Path) -> None:
    st.subheader("Training runs", divider="gray")
    try:
        shown = _chosen_runs(folder)
    except FingerspellError as error:
        st.error(str(error))
        return
    metrics = list(dict.fromkeys(metric for run in shown for metric in run.metrics))
    if not metrics:
        return
    first = metrics.index(FIRST_METRIC) if FIRST_METRIC in metrics else 0
    metric = st.selectbox("Curve", metrics, index=first, key="results_metric")
    st.line_chart(curves(shown, metric), x=EPOCH, y=metric, color="run", height=320)
    st.markdown(_table(shown, metric))
    small("These are measured on the people of the training data, so they say little of strangers.")
    for run in shown:
        _show_reports(
            f"Reports of {run.name}", find_reports(run.folder / "report") if run.folder else []
        )


def _chosen_runs(folder: Path) -> list[Run]:
    """Those the visitor chose, of the folder's or of MLflow's."""
    places = [str(folder), *_stores(folder)]
    place = places[0]
    if len(places) > 1:
        place = st.segmented_control(
            "Runs of", places, default=place, required=True, key="results_place"
        )
    if place == places[0]:
        runs = {run.name: run for run in find_runs(folder)}
        return [runs[name] for name in _chosen(list(runs), place)]
    store = _store(place.removeprefix(MLFLOW), folder)
    return [store.run(name) for name in _chosen(store.names, place)]


def _chosen(names: list[str], place: str) -> list[str]:
    if not names:
        st.info(
            f"{place} holds no training runs: `fingerspell train` makes them; --runs names the folder."
        )
        return []
    return st.multiselect("Runs", names, default=names[:SHOWN_AT_FIRST], key=f"results_runs_{place}")


def _stores(folder: Path) -> list[str]:
    """Those of MLflow: the one that lies with the runs, and the one the app was started with."""
    local = [MLFLOW + "local"] if (folder / STORE).is_file() and is_installed("mlflow") else []
    return local + [MLFLOW + address for address in [settings.current().tracking] if address]


@st.cache_resource(ttl=STORE_KEPT_S, show_spinner="Asking MLflow")
def _store(address: str, folder: Path) -> "Store":
    from fingerspell.app.results.tracked import Store  # noqa: PLC0415  (seconds to import)

    return Store(address, folder)


def _table(runs: list[Run], metric: str) -> str:
    rows = [
        f"| {run.name} | {len(run.rows)} | {_last(run, metric)} | {'yes' if run.is_done else 'no'} |"
        for run in runs
    ]
    return "\n".join([f"| run | epochs | last {metric} | done |", "|---|--:|--:|---|", *rows])


def _last(run: Run, metric: str) -> str:
    values = [row[metric] for row in run.rows if metric in row]
    return f"{values[-1]:.4g}" if values else ""


def _show_pages(folder: Path) -> None:
    pages = find_pages(folder)
    if pages:
        st.subheader("Studies and evaluations", divider="gray")
    for page in pages:
        name = page.parent.relative_to(folder).as_posix()
        _show_reports(folder.name if name == "." else name, find_reports(page.parent))


def _show_reports(title: str, reports: list[Path]) -> None:
    if not reports:
        return
    with st.expander(title):
        for path in reports:
            if path.suffix == ".png":
                _show_picture(path)
            else:
                st.download_button(
                    f"Save {path.name}",
                    path.read_bytes,
                    path.name,
                    on_click="ignore",
                    key=f"report_{title}_{path}",  # a run's report may be an evaluation's, too
                )


def _show_picture(path: Path) -> None:
    try:
        st.image(path.read_bytes(), caption=path.name)
    except OSError:
        st.error(f"{path.name} cannot be shown: it is damaged, or still being written.")
