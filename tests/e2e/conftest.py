"""A real app and a real browser; tests skip where there is no Chromium."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from fingerspell import open_media

START_S = 60
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(folder: Path, port: int, *options: str, **how: Any) -> subprocess.Popen[bytes]:
    """`fingerspell app` as a user starts it, with its own data folder; its log is in the folder."""
    command = [
        sys.executable,
        "-m",
        "fingerspell",
        "app",
        "--no-browser",
        "--port",
        str(port),
        *options,
    ]
    environment = os.environ | {"XDG_DATA_HOME": str(folder), "HOME": str(folder)}
    with (folder / "app.log").open("wb") as log:
        return subprocess.Popen(command, stderr=log, stdout=log, env=environment, cwd=folder, **how)


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[str]:
    """An app that answers; gives its address."""
    port = free_port()
    process = start(folder, port, *options)
    try:
        wait_until_healthy(f"http://localhost:{port}", process)
        yield f"http://localhost:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def wait_until_healthy(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(URLError, ConnectionError), urllib.request.urlopen(f"{address}/_stcore/health"):
            return
        time.sleep(0.1)
    pytest.fail(f"the app did not start; exit code {process.poll()}")


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
    source = Path(__file__).parent.parent.parent / "examples" / "hello.mp4"
    with path.open("wb") as file:
        for frame in open_media(source).frames():
            picture = np.zeros((480, 640, 3), np.uint8)
            picture[80:400, 160:480] = frame.pixels
            for _ in range(2):
                Image.fromarray(picture).save(file, "JPEG", quality=90)
    return path


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
    with browsing(
        playwright,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={fake_camera}",
    ) as started:
        yield started


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
