"""Fetching with the real kagglehub, from a server on this machine that answers as Kaggle does."""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from fingerspell.data.fetch import fetch
from fingerspell.data.kaggle_sets import SOURCES
from fingerspell.data.scan import scan
from fingerspell.errors import DataError

SOURCE = SOURCES["asl-alphabet"]
SERVICE = "http://localhost/api/v1/datasets.DatasetApiService/"


@dataclass
class Kaggle:
    """What the server serves, and what it was asked."""

    archive: bytes
    version: int = 1
    status: int = 200
    broken: bool = False
    asked: list[tuple[str, dict]] = field(default_factory=list)


def _handler(kaggle: Kaggle) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            method = self.path.removeprefix(SERVICE)  # a proxy is asked for whole addresses
            kaggle.asked.append((method, request))
            if kaggle.status != 200:
                self._send({"code": kaggle.status, "message": "no"}, kaggle.status)
            elif method == "GetDataset":
                self._send({"currentVersionNumber": kaggle.version})
            elif method == "DownloadDataset":
                self._send_archive()
            else:
                self.send_error(404)

        def do_GET(self):  # the rest of a download that broke
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            kaggle.asked.append(("rest", {"start": start}))
            self.send_response(206)
            self.send_header("Content-Length", str(len(kaggle.archive) - start))
            self.end_headers()
            self.wfile.write(kaggle.archive[start:])

        def _send(self, document, status=200):
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _send_archive(self):
            checksum = base64.b64encode(hashlib.md5(kaggle.archive).digest()).decode()
            self.send_response(200)
            self.send_header("Content-Type", "application/zip")
            self.send_header("Content-Length", str(len(kaggle.archive)))
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("x-goog-hash", f"md5={checksum}")
            self.end_headers()
            n = len(kaggle.archive) // 2 if kaggle.broken else len(kaggle.archive)
            self.wfile.write(kaggle.archive[:n])

        def log_message(self, *args):
            pass

    return Handler


@pytest.fixture
def archive(samples) -> bytes:
    """The sample pictures as Kaggle packs the alphabet: one folder in another of the same name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for path in samples.glob("*/*.jpg"):
            file.write(path, Path("asl_alphabet_train/asl_alphabet_train") / path.relative_to(samples))
    return content.getvalue()


@pytest.fixture
def kaggle(archive, tmp_path, monkeypatch) -> Iterator[Kaggle]:
    """A server in Kaggle's place: kagglehub is told to ask localhost, and that by way of a proxy."""
    kaggle = Kaggle(archive)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(kaggle))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    _point_kagglehub_at(f"http://127.0.0.1:{server.server_port}", tmp_path, monkeypatch)
    yield kaggle
    server.shutdown()
    thread.join()
    server.server_close()


def _point_kagglehub_at(address, tmp_path, monkeypatch):
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCALHOST")
    monkeypatch.setenv("http_proxy", address)
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))  # where credentials would be, and so is this:
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path / ".kaggle"))


def test_a_data_set_is_fetched_unpacked_and_ready_to_use(kaggle, tmp_path, samples, capsys):
    folder = fetch(SOURCE)
    assert folder == tmp_path / "cache" / "datasets" / SOURCE.handle / "versions" / "1"
    assert [name for name, _ in kaggle.asked] == ["GetDataset", "DownloadDataset"]
    assert kaggle.asked[0][1] == {"ownerSlug": "grassknoted", "datasetSlug": "asl-alphabet"}
    index = scan(folder).index.usable
    assert len(index.pictures) == len(list(samples.glob("*/*.jpg")))
    assert {(p.split, p.group) for p in index.pictures} == {("train", "asl_alphabet")}
    assert capsys.readouterr().out == ""


def test_what_is_there_is_not_downloaded_again_but_a_new_version_is(kaggle):
    first = fetch(SOURCE)
    kaggle.asked.clear()
    assert fetch(SOURCE) == first
    assert [name for name, _ in kaggle.asked] == ["GetDataset"]
    kaggle.version = 2
    assert fetch(SOURCE) == first.parent / "2"


def test_a_broken_download_is_taken_up_where_it_stopped(kaggle):
    content = io.BytesIO(kaggle.archive)
    with zipfile.ZipFile(content, "a") as file:
        file.writestr("notes.txt", bytes(3_000_000))  # kagglehub writes a megabyte at a time
    kaggle.archive = content.getvalue()
    kaggle.broken = True
    with pytest.raises(DataError, match="broke: run it again"):
        fetch(SOURCE)
    kaggle.broken = False
    kaggle.asked.clear()
    folder = fetch(SOURCE)
    method, rest = kaggle.asked[-1]
    assert method == "rest"
    assert 0 < rest["start"] <= len(kaggle.archive) // 2
    assert scan(folder).index.usable.pictures


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "set KAGGLE_API_TOKEN"),
        (403, "set KAGGLE_API_TOKEN"),
        (404, "has no grassknoted/asl-alphabet any more"),
        (503, "answers 503"),
    ],
)
def test_refusals_say_what_to_do(kaggle, status, message):
    kaggle.status = status
    with pytest.raises(DataError, match=message) as caught:
        fetch(SOURCE)
    assert f"or download {SOURCE.url} by hand, unpack it and give that folder" in str(caught.value)


def test_what_is_no_archive_is_refused(kaggle):
    kaggle.archive = b"<html>Sign in</html>"
    with pytest.raises(DataError, match=r"cannot be fetched.*remove .*asl-alphabet and run it again"):
        fetch(SOURCE)


def test_without_a_connection(tmp_path, monkeypatch):
    _point_kagglehub_at("http://127.0.0.1:9", tmp_path, monkeypatch)  # where nobody listens
    with pytest.raises(DataError, match=r"cannot be reached.*by hand"):
        fetch(SOURCE)


def test_without_a_connection_what_was_fetched_is_used(kaggle, tmp_path, monkeypatch):
    kaggle.version = 9
    fetch(SOURCE)
    kaggle.version = 10
    newest = fetch(SOURCE)
    (newest.parent / "11").mkdir()  # a download that broke
    _point_kagglehub_at("http://127.0.0.1:9", tmp_path, monkeypatch)
    assert fetch(SOURCE) == newest


def test_a_full_or_forbidden_disk(kaggle, tmp_path):
    (tmp_path / "cache").touch()
    with pytest.raises(DataError, match="cannot be stored"):
        fetch(SOURCE)


def test_damaged_credentials(kaggle, tmp_path):
    (tmp_path / ".kaggle").mkdir()
    (tmp_path / ".kaggle" / "kaggle.json").write_text("{")
    with pytest.raises(DataError, match=r"Invalid Kaggle credentials file at .*: fix that"):
        fetch(SOURCE)
