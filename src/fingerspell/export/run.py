"""From a run of training to a model file: which checkpoint, and which pictures prove the export."""

import random
from pathlib import Path
from typing import Any

from fingerspell.data.split_file import SPLIT_FILE, read_split
from fingerspell.errors import ExportError
from fingerspell.export.onnx_file import About, Exported, export_model
from fingerspell.models.checkpoint import (
    CheckpointInfo,
    file_of_run,
    find_checkpoint,
    load_checkpoint,
)
from fingerspell.models.classifier import graph_of
from fingerspell.models.mediapipe_networks import MEDIAPIPE
from fingerspell.models.reader import HandReader
from fingerspell.pictures.formats import is_named_as_picture
from fingerspell.progress import Stage, silent

ROOT, SETS = "root", "sets"  # of what a checkpoint says of its data: the folder, and which in it
N_PICTURES = 300  # to compare on, or, for int8, 100 to calibrate with and 200 to compare on


def export_run(
    run_or_file: Path,
    output: Path,
    *,
    name: str | None = None,
    version: str | None = None,
    pictures: Path | None = None,
    int8: bool = False,
    stage: Stage = silent,
) -> Exported:
    """Export the best checkpoint of a run.

    Args:
        run_or_file: folder of a run, or a checkpoint.
        output: where to write; its folder is made.
        name: of the model, for transcripts; that of its network where not given.
        version: of the model; that of fingerspell which trained it where not given.
        pictures: folder of real pictures; where not given, those of the run's split, which are all
            usable, or, where it has none, those of the sets or the folder that it was trained on.
        int8: see `export_model`; a reader is always exported so.
        stage: announces the comparison.

    Raises:
        ModelError: there is no such run, or its checkpoint cannot be used.
        MediaError: a picture is damaged.
        DataError: the run's split is damaged.
        ExportError: there are no pictures, the exported model disagrees, or it cannot be written.
    """
    path = find_checkpoint(run_or_file)
    network, info = load_checkpoint(path)
    graph = graph_of(network, info.spec)
    is_reader = isinstance(graph, HandReader)
    about = About(
        name or info.model,
        version or info.version,
        info.data.get(SETS) or ([info.data["name"]] if "name" in info.data else []),
        _history(info) | ({"pretrained": MEDIAPIPE} if is_reader else {}),
        info.alphabet,
    )
    int8 = int8 or is_reader  # its file holds its weights in 8 bits in any case
    chosen = _pictures(path, info, pictures)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        return export_model(graph, output, about, chosen, int8=int8, stage=stage)
    except OSError as error:
        raise ExportError(
            f"{output} cannot be written ({error.strerror}): choose another place with -o."
        ) from error


def _history(info: CheckpointInfo) -> dict[str, Any]:
    """How it was trained, without the folder: a model's file goes to others."""
    data = {name: value for name, value in info.data.items() if name != ROOT}
    return {"network": info.model, "metrics": info.metrics, "data": data, "trained": info.created}


def _pictures(checkpoint: Path, info: CheckpointInfo, folder: Path | None) -> list[Path]:
    """Pictures drawn by a fixed seed from a folder, or from what the checkpoint was trained on."""
    paths = _within([folder]) if folder else _learned_from(checkpoint, info)
    if not paths:
        raise ExportError(
            f"{folder or info.data[ROOT]} holds no images: give a folder that does with --pictures."
        )
    return random.Random(0).sample(paths, min(N_PICTURES, len(paths)))  # noqa: S311


def _learned_from(checkpoint: Path, info: CheckpointInfo) -> list[Path]:
    """Pictures of the run's split, or of the sets or the folder that were learned from."""
    root = Path(info.data.get(ROOT, ""))
    if ROOT not in info.data or not root.is_dir():
        raise ExportError(
            f"the images that {checkpoint} was trained on are not here: give a folder of real "
            "images of signs with --pictures, to compare the exported model with the network."
        )
    split = file_of_run(checkpoint.resolve().parent.parent, SPLIT_FILE)
    if split.is_file():
        return [path for each in read_split(split)[0] if (path := root / each).is_file()]
    return _within([root / name for name in info.data.get(SETS, [])] or [root])


def _within(folders: list[Path]) -> list[Path]:
    """All pictures in folders, by their names."""
    return sorted(path for each in folders for path in each.rglob("*") if is_named_as_picture(path))
