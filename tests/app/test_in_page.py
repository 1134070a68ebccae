"""What a page gets to read by itself; that it reads the same is shown in tests/e2e/test_in_page.py."""

import gzip
import hashlib
from importlib.resources import files

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from fingerspell.app.guard import Guard
from fingerspell.app.live import in_page
from fingerspell.app.readers import find_model


@pytest.fixture
def static(tmp_path, monkeypatch):
    """A folder with one file of each kind."""
    (tmp_path / "ort").mkdir()
    (tmp_path / "worker.js").write_text("onmessage = null;")
    (tmp_path / "ort" / "ort.mjs").write_text("export {};")
    (tmp_path / "ort" / "ort.wasm.gz").write_bytes(gzip.compress(b"\0asm"))
    monkeypatch.setattr(in_page, "STATIC", tmp_path)
    return tmp_path


@pytest.fixture
def client(static):
    app = Starlette(routes=in_page.routes(), middleware=[Middleware(Guard)])
    with TestClient(app, base_url="http://localhost") as started:
        yield started


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("worker.js", "text/javascript", b"onmessage = null;"),
        ("ort/ort.mjs", "text/javascript", b"export {};"),
        ("ort/ort.wasm.gz", "application/wasm", b"\0asm"),
    ],
)
def test_files_are_what_browsers_take(client, name, kind, content):
    answer = client.get(f"{in_page.FILES}/{name}")
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == kind
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-embedder-policy"] == "require-corp"


def test_a_file_is_loaded_again_only_when_it_has_changed(client):
    address = in_page.WORKER
    tag = client.get(address).headers["etag"]
    assert client.get(address, headers={"if-none-match": tag}).status_code == 304


@pytest.mark.parametrize("name", ["none.js", "../in_page.py", "%2e%2e/in_page.py", "ort"])
def test_no_other_file_is_given(client, name):
    assert client.get(f"{in_page.FILES}/{name}").status_code == 404


def test_a_model_is_found_by_its_content_once_a_page_was_told(client):
    content = (files("fingerspell") / "assets" / "reader.onnx").read_bytes()
    address = in_page.reader_for("default")["model"]
    assert address == f"{in_page.MODELS}/{hashlib.sha256(content).hexdigest()}"
    answer = client.get(address)
    assert answer.content == content
    assert "immutable" in answer.headers["cache-control"]


def test_no_other_model_is_given(client, tmp_path):
    (tmp_path / "own.onnx").write_bytes(b"secret")
    digest = hashlib.sha256(b"secret").hexdigest()
    assert find_model(digest) is None
    assert client.get(f"{in_page.MODELS}/{digest}").status_code == 404
    assert client.get(f"{in_page.MODELS}/{tmp_path / 'own.onnx'}").status_code == 404
