import sys

import pytest

from fingerspell.errors import MissingExtraError
from fingerspell.extras import EXTRA_OF, extra, is_installed, require
from fingerspell.progress import silent
from fingerspell.training.options import TrainOptions
from fingerspell.training.plan import Plan
from fingerspell.training.run import train


def missing(monkeypatch, *modules):
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)


@pytest.mark.parametrize(("module", "name"), [*EXTRA_OF.items(), ("sklearn", "study")])
def test_what_is_not_installed_is_named_with_the_extra_that_brings_it(monkeypatch, module, name):
    missing(monkeypatch, module)
    with pytest.raises(MissingExtraError) as caught, extra("study"):
        __import__(module)
    assert caught.value.code == "missing-extra"
    assert f"{module} is not installed" in str(caught.value)
    assert f"'fingerspell[{name}]'" in str(caught.value)


def test_a_module_of_our_own_that_is_missing_is_a_fault_of_ours():
    with pytest.raises(ModuleNotFoundError, match=r"fingerspell\.nothing"), extra("train"):
        __import__("fingerspell.nothing")


def test_what_is_required_is_looked_for_and_not_imported(monkeypatch):
    missing(monkeypatch, "mlflow")
    assert not is_installed("mlflow")
    with pytest.raises(MissingExtraError, match=r"fingerspell\[tracking\]"):
        require("mlflow")
    require("streamlit")


def test_a_run_that_is_to_be_tracked_needs_mlflow_before_it_begins(monkeypatch, tmp_path):
    missing(monkeypatch, "mlflow")
    plan = Plan(tmp_path / "run", tmp_path, TrainOptions(), tracking="local")
    with pytest.raises(MissingExtraError):
        train(plan, silent)
    assert not plan.folder.exists()
