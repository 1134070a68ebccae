"""The web files, built as the documentation says."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

BUILD = "npm ci && npm run build"
UNREACHABLE = ("ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT")


def build_web(web: Path, command: str = BUILD) -> None:
    """Run npm in a copy of the folder `web`; skips where it cannot be run."""
    if shutil.which("npm") is None:
        pytest.skip("no npm here: install Node.js")
    built = subprocess.run(
        command,
        shell=True,
        cwd=web,
        env=os.environ | {"npm_config_fetch_retries": "0"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if any(code in built.stderr for code in UNREACHABLE):
        pytest.skip("npm's packages cannot be reached from here")
    assert built.returncode == 0, built.stderr
