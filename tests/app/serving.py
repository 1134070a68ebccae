"""The app as a user starts it."""

import os
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

import pytest

START_S = 60


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
