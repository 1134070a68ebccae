"""No pickle that somebody else has made is ever loaded, whatever it is called and wherever it lies."""

import ast
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fingerspell import FingerspellError, load_reader
from fingerspell.app.upload.opening import Apart, Here
from fingerspell.app.upload.reading import read_upload
from fingerspell.models.checkpoint import load_checkpoint
from fingerspell.runtime.reader import Reader
from tests.conftest import REPOSITORY

# What loads pickles; `models/weights.py` imports one of them for the name of an error.
LOADERS = {"load", "loads", "Unpickler", "open"}
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


class Evil:
    """Leaves a mark when it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = str(mark)

    def __reduce__(self):
        return os.mkdir, (self.mark,)


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "mark"


def pickles(mark: Path, folder: Path) -> list[bytes]:
    """The pickle alone, as PyTorch writes one, and as NumPy does."""
    alone = pickle.dumps(Evil(mark))
    with zipfile.ZipFile(folder / "torch.zip", "w") as archive:
        archive.writestr("archive/data.pkl", alone)
        archive.writestr("archive/version", "3")
    np.save(folder / "array.npy", np.array([Evil(mark)], dtype=object), allow_pickle=True)
    np.savez(folder / "arrays.npz", images=np.array([Evil(mark)], dtype=object))
    written = [folder / name for name in ("torch.zip", "array.npy", "arrays.npz")]
    return [alone, *(path.read_bytes() for path in written)]


def test_the_pickles_here_would_leave_a_mark(mark, tmp_path):
    pickle.loads(pickles(mark, tmp_path)[0])
    assert mark.exists()


@pytest.mark.parametrize("name", ["model.onnx", "model.pt", "model.pkl", "model.safetensors"])
def test_as_a_model(mark, tmp_path, name):
    for content in pickles(mark, tmp_path):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(FingerspellError):
            load_reader(path)
        with pytest.raises(FingerspellError):
            load_checkpoint(path)
    assert not mark.exists()


@pytest.mark.parametrize("opener", [Here(), Apart(10, 2000)], ids=["here", "apart"])
@pytest.mark.parametrize("name", ["clip.mp4", "photo.jpg", "array.npy"])
def test_as_an_upload(mark, tmp_path, grey_classifier, name, opener):
    for content in pickles(mark, tmp_path)[:2]:
        with pytest.raises(FingerspellError):
            read_upload(name, content, Reader(grey_classifier), 10, lambda *what: None, opener)
    assert not mark.exists()


def test_nothing_in_the_package_loads_pickles():
    """No function of theirs, `allow_pickle` nowhere, `weights_only` everywhere."""
    for path in sorted((REPOSITORY / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Attribute(value=ast.Name(id=module), attr=name):
                    assert module not in MODULES or name not in LOADERS, path
                case ast.ImportFrom(module=str(module)):
                    assert module.split(".")[0] not in MODULES, path
                case ast.keyword(arg="allow_pickle", value=value):
                    assert ast.dump(value) == ast.dump(ast.Constant(False)), path
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="torch"), attr="load"), keywords=given
                ):
                    assert ast.dump(ast.Constant(True)) in [
                        ast.dump(each.value) for each in given if each.arg == "weights_only"
                    ], path
                case _:
                    pass
