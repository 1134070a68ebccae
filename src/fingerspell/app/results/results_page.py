"""The page "Results": the loaded model and how well it reads, and training runs side by side."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from fingerspell.app import settings, visitor
from fingerspell.app.charts import line_chart
from fingerspell.app.readers import own_models, reader_of
from fingerspell.app.results.runs import (
    EPOCH,
    STORE,
    Run,
    curves,
    find_models,
    find_pages,
    find_reports,
    find_runs,
    metric_title,
    read_evaluation,
)
from fingerspell.app.small_print import escaped, small
from fingerspell.app.tables import show_table
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
PEOPLE = {
    "strangers": "people it has never seen",
    "in-corpus": "people it trained on; not a fair test",
}


def show() -> None:
    """Choose the model, see its card, and compare runs."""
    st.title("Models and results")
    folder = settings.current().runs
    _choose_model(folder)
    _show_card()
    _show_runs(folder)
    _show_pages(folder)


def _choose_model(folder: Path) -> None:
    """Models in the folder of runs, those taught in the app, and the one it was started with."""
    own = {str(path): f"{path.stem} (taught on the page My hand)" for path in own_models()}
    runs = map(str, find_models(folder))
    choices = dict.fromkeys([settings.current().model, BUNDLED, *own, *runs])
    chosen = st.selectbox(
        "Recognition model",
        list(choices),
        index=list(choices).index(visitor.model()) if visitor.model() in choices else 0,
        format_func=lambda model: "Built-in" if model == BUNDLED else own.get(model, model),
        key="results_model",
        help="Every page uses it.",
    )
    try:
        reader_of(chosen)
        st.session_state["model"] = chosen
    except ModelError as error:
        st.error(escaped(str(error)))


def _show_card() -> None:
    classifier = visitor.reader().classifier
    with st.container(border=True):
        st.markdown(f"### {escaped(classifier.name)}")
        if visitor.model() == BUNDLED:
            _show_bundled()
        else:
            st.markdown("Nothing is known yet of its accuracy on people it has never seen. Measure it:")
            st.code(f"fingerspell evaluate {shlex.quote(visitor.model())} --data DIR", None)
        if isinstance(classifier, OnnxClassifier):
            with st.expander("Model file details"):
                st.json(classifier.metadata)


def _show_bundled() -> None:
    bundled = bundled_model()
    people = bundled.people
    st.metric(f"Accuracy on {people.n} people left out of training", f"{people.mean:.1%}")
    show_table(
        "Accuracy of the built-in model",
        ("data", "people", "pictures", "accuracy", "95 % interval", "mirrored"),
        [
            (
                f.data,
                PEOPLE[f.people],
                f"{f.n:,}",
                f"{f.letters:.1%}",
                f"{100 * f.low:.1f} to {f.high:.1%}",
                f"{f.mirrored:.1%}",
            )
            for f in bundled.figures
        ],
    )
    small(f"Measured {bundled.measured}: `{bundled.command}`.")


def _show_runs(folder: Path) -> None:
    st.subheader("Training runs", divider="gray")
    try:
        shown = _chosen_runs(folder)
    except FingerspellError as error:
        st.error(escaped(str(error)))
        return
    metrics = list(dict.fromkeys(metric for run in shown for metric in run.metrics))
    if not metrics:
        return
    first = metrics.index(FIRST_METRIC) if FIRST_METRIC in metrics else 0
    metric = st.selectbox("Curve", metrics, first, format_func=metric_title, key="results_metric")
    title = metric_title(metric)
    table = curves(shown, metric)
    table[title] = table.pop(metric)
    line_chart(table, EPOCH, title, "run", f"{title} by epoch of {len(shown)} training runs.")
    show_table(
        "Training runs",
        ("run", "epochs", f"{title} at the end", "finished"),
        [(r.name, len(r.rows), _last(r, metric), "yes" if r.is_done else "no") for r in shown],
    )
    small("Measured on people of the training data, so not a fair test.")
    _show_how_to_use(shown)
    for run in shown:
        _show_reports(
            f"Reports of {run.name}", find_reports(run.folder / "report") if run.folder else []
        )


def _show_how_to_use(runs: list[Run]) -> None:
    """Runs become models of the list above by being exported."""
    unexported = [run.folder for run in runs if run.folder and not find_models(run.folder)]
    if unexported:
        run = unexported[0]
        st.markdown("To choose a run as recognition model, export it first:")
        command = ["fingerspell", "export", str(run), "-o", str(run / "model.onnx")]
        st.code(shlex.join(command), None)


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
        where = "" if place.startswith(MLFLOW) else f" in {escaped(place)}"
        st.info(f"No training runs yet{where}. Start one with `fingerspell train`.")
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


def _last(run: Run, metric: str) -> str:
    values = [row[metric] for row in run.rows if metric in row]
    return f"{values[-1]:.4g}" if values else ""


def _show_pages(folder: Path) -> None:
    pages = find_pages(folder)
    if pages:
        st.subheader("Studies and evaluations", divider="gray")
    for page in pages:
        name = page.parent.relative_to(folder).as_posix()
        title = folder.name if name == "." else name
        if found := read_evaluation(page.parent):
            show_table(
                f"Evaluation {title}",
                (title, "data", "pictures", "accuracy"),
                [(each.model, each.data, f"{each.n:,}", f"{each.accuracy:.1%}") for each in found],
            )
        _show_reports(title, find_reports(page.parent))


def _show_reports(title: str, reports: list[Path]) -> None:
    if not reports:
        return
    with st.expander(escaped(title)):
        for path in reports:
            if path.suffix == ".png":
                _show_picture(path)
            else:
                st.download_button(
                    f"Save {escaped(path.name)}",
                    path.read_bytes,
                    path.name,
                    on_click="ignore",
                    key=f"report_{title}_{path}",  # a run's report may be an evaluation's, too
                )


def _show_picture(path: Path) -> None:
    try:
        st.image(path.read_bytes(), caption=escaped(path.name))
    except OSError:
        st.error(f"{escaped(path.name)} cannot be shown. It is damaged, or still being written.")
