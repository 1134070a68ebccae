"""`fingerspell app` where it cannot start; where it can, see tests/e2e."""

import socket
import subprocess
import sys

import pytest
from tests.app.serving import free_port
from typer.testing import CliRunner

from fingerspell.app.live import in_page
from fingerspell.app.settings import AppSettings
from fingerspell.cli import app


def test_a_port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["app", "--port", str(port)])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(
        f"error: localhost, port {port}, cannot be used (Address already in use)"
    )
    assert result.stderr.count("\n") == 1


def test_a_host_that_is_none():
    result = CliRunner().invoke(app, ["app", "--host", "256.1.1.1"])
    assert result.exit_code == 1
    assert "256.1.1.1, port 8501, cannot be used" in result.stderr


def test_a_port_that_is_none():
    assert CliRunner().invoke(app, ["app", "--port", "0"]).exit_code == 2


@pytest.mark.parametrize(("option", "file"), [("--model", "none.onnx"), ("--hands", "none.task")])
def test_a_file_that_is_none(tmp_path, option, file):
    result = CliRunner().invoke(app, ["app", "--port", str(free_port()), option, str(tmp_path / file)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{file} cannot be read" in result.stderr


def test_pages_read_without_mediapipe():
    result = CliRunner().invoke(app, ["app", "--in-page", "--hands", "mediapipe"])
    assert result.exit_code == 2
    assert "leave out --hands" in result.stderr


def test_reading_inside_the_page_where_its_files_are_not_built(tmp_path, monkeypatch):
    """It must not fall back to taking pictures."""
    monkeypatch.setattr(in_page, "RUNTIME", (tmp_path / "none.mjs",))
    result = CliRunner().invoke(app, ["app", "--port", str(free_port()), "--in-page"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "npm ci && npm run build" in result.stderr
    assert result.stderr.count("\n") == 1


def test_without_the_extra_it_says_how_to_install_it():
    """Reading, too, must not need what only the app needs."""
    script = (
        "import sys; sys.modules['streamlit'] = None\n"
        "from fingerspell.cli import main; sys.argv = ['fingerspell', 'app']; main()"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "pip install 'fingerspell[app]'" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("settings", "is_local", "names"),
    [
        (AppSettings(), True, ("localhost", "127.0.0.1", "::1")),
        (AppSettings(host="::1"), True, ("localhost", "127.0.0.1", "::1")),
        (AppSettings(name="a.example"), False, ("a.example", "localhost", "127.0.0.1", "::1")),
    ],
)
def test_who_can_open_it(settings, is_local, names):
    assert (settings.is_local, settings.names) == (is_local, names)
    assert not settings.goes_by_address


def test_served_to_a_network_it_goes_by_addresses_and_this_computer_s_name():
    settings = AppSettings(host="0.0.0.0")
    assert settings.goes_by_address
    assert {socket.gethostname().lower(), "localhost"} <= set(settings.names)


def test_addresses():
    assert AppSettings().address == "http://localhost:8501"
    assert AppSettings(host="0.0.0.0", port=80).address == "http://localhost:80"
    assert AppSettings(host="::1").address == "http://[::1]:8501"
