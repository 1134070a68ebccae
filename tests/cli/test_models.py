import json
import sys
from pathlib import Path

from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.models.registry import names


def test_the_table_has_people_left_out_first():
    result = CliRunner().invoke(app, ["models"])
    assert result.exit_code == 0, result.stderr
    lines = [line for line in result.stdout.splitlines() if "%" in line]
    assert "people left out of training" in lines[1]
    assert "unseen signers" in lines[2]
    assert all(name in result.stdout for name in names())


def test_json():
    document = json.loads(CliRunner().invoke(app, ["models", "--json"]).stdout)
    [bundled] = document["bundled"]
    assert bundled["name"].startswith("fingerspell-reader ")
    assert bundled["figures"][0]["people"] == "strangers"
    assert [row["name"] for row in document["trainable"]] == list(names())
    [dexnet] = [row for row in document["trainable"] if row["name"] == "dexnet"]
    assert (dexnet["parameters"], dexnet["input_px"]) == (12_275_101, 200)


def test_without_pytorch_the_bundled_model_is_listed(monkeypatch):
    for module in [m for m in sys.modules if m.startswith("fingerspell.models")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "torch", None)
    result = CliRunner().invoke(app, ["models", "--json"])
    assert result.exit_code == 0, result.stderr
    assert "pip install 'fingerspell[train]'" in result.stderr
    document = json.loads(result.stdout)
    assert document["trainable"] == []
    strangers = document["bundled"][0]["figures"][0]
    card = (Path(__file__).parents[2] / "docs" / "model-card.md").read_text()
    assert f"| {strangers['n']:,} | **{100 * strangers['letters']:.1f} %**" in card


def test_the_layers_of_a_network_add_up():
    """Reference: torchvision's MobileNetV2 and the sums of the list of networks."""
    document = json.loads(CliRunner().invoke(app, ["models", "mobilenet_v2", "--json"]).stdout)
    listed = json.loads(CliRunner().invoke(app, ["models", "--json"]).stdout)["trainable"]
    [row] = [row for row in listed if row["name"] == "mobilenet_v2"]
    layers = document["layers"]
    assert sum(layer["parameters"] for layer in layers) == row["parameters"]
    assert sum(layer["multiply_adds"] for layer in layers) == row["multiply_adds"]
    first = layers[0]
    assert (first["kind"], first["output"], first["parameters"]) == ("Conv2d", [32, 112, 112], 864)
    assert first["multiply_adds"] == 864 * 112 * 112


def test_layers_as_a_table_and_an_unknown_network():
    table = CliRunner().invoke(app, ["models", "tiny"])
    assert table.exit_code == 0, table.stderr
    assert "Linear" in table.stdout
    for unknown in ("mobilnet", "hand-reader"):  # which has no one order of layers
        refused = CliRunner().invoke(app, ["models", unknown])
        assert refused.exit_code == 1
        assert refused.stderr.startswith("error: ")
