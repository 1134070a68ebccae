"""A real app and a real browser; tests skip where there is no Chromium."""

import functools
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from fingerspell import open_media
from tests.app.npm import build_web
from tests.app.serving import serving
from tests.conftest import CHROMIUM, REPOSITORY

EXAMPLES = REPOSITORY / "examples"


@pytest.fixture(scope="package")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app that all tests of a session share."""
    with serving(tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: install the system's package `chromium`")
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def fake_camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example video as a camera films it: JPEG after JPEG, 640x480, which Chromium plays at 30 fps.

    Each frame comes twice, since tests may run where other programs hold the processor.
    """
    path = tmp_path_factory.mktemp("camera") / "hello.mjpeg"
    with path.open("wb") as file:
        for frame in open_media(EXAMPLES / "hello.mp4").frames():
            picture = np.zeros((480, 640, 3), np.uint8)
            picture[80:400, 160:480] = frame.pixels
            for _ in range(2):
                Image.fromarray(picture).save(file, "JPEG", quality=90)
    return path


@pytest.fixture(scope="package")
def law_camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """L, A and W, over and over, five seconds each: small and slow enough for a busy machine."""
    path = tmp_path_factory.mktemp("camera") / "law.mjpeg"
    letters = [Image.open(EXAMPLES / f"{name}.jpg") for name in "law"]
    with path.open("wb") as file:
        for letter in letters:
            for _ in range(150):  # 30 a second
                letter.save(file, "JPEG", quality=90)
    return path


def filming(camera: Path) -> tuple[str, ...]:
    """Flags of a browser whose camera films a file, over and over."""
    return (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    )


@contextmanager
def browsing(playwright: Playwright, *flags: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", *flags]
    )
    try:
        yield browser
    finally:
        browser.close()


@pytest.fixture(scope="package")
def browser(playwright: Playwright, fake_camera: Path) -> Iterator[Browser]:
    """A browser whose camera films the example video, over and over."""
    with browsing(playwright, *filming(fake_camera)) as started:
        yield started


@pytest.fixture(scope="package")
def law_browser(playwright: Playwright, law_camera: Path) -> Iterator[Browser]:
    """A browser whose camera shows L, A and W, over and over."""
    with browsing(playwright, *filming(law_camera)) as started:
        yield started


class Counted(SimpleHTTPRequestHandler):
    """Python's file server, which notes what it was asked for."""

    sent: list[tuple[str, int]] = []  # noqa: RUF012 -- of the one server of these tests

    def log_message(self, *args: object) -> None:
        pass

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        path = Path(self.translate_path(self.path))
        self.sent.append((self.path, path.stat().st_size if path.is_file() else 0))


@pytest.fixture(scope="package")
def site_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built just now."""
    copy, folder = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("site") / "site"
    left = shutil.ignore_patterns("__pycache__", "node_modules", "ort")
    for name in ("src", "web", "site"):
        shutil.copytree(REPOSITORY / name, copy / name, ignore=left)
    shutil.copy(REPOSITORY / "LICENSE", copy)
    build_web(copy / "web", "npm ci")
    environment = os.environ | {"PYTHONPATH": str(copy / "src")}
    subprocess.run(
        [sys.executable, copy / "site" / "build.py", folder], check=True, env=environment, timeout=600
    )
    return folder


@pytest.fixture(scope="package")
def site(site_folder: Path) -> Iterator[str]:
    """Its address, in a folder of its host as GitHub's pages have it."""
    root = site_folder.parent
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Counted, directory=root))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}/site/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new tab; whatever goes wrong in it without being shown fails the test."""
    context = browser.new_context(permissions=["camera"], viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    problems: list[str] = []
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.on(
        "console", lambda message: problems.append(message.text) if message.type == "error" else None
    )
    yield tab
    context.close()
    assert problems == []
