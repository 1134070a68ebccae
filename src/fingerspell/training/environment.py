"""Where a run takes place: versions, hardware, and which revision of the code."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from fingerspell.machine import processor

_PACKAGES = ("fingerspell", "torch", "torchvision", "lightning-fabric", "torchmetrics", "numpy")


def environment() -> dict[str, Any]:
    """What a figure depends on besides options and images, as JSON holds it."""
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "gpus": gpus,
        "packages": {name: _version(name) for name in _PACKAGES},
        "git_revision": _git("rev-parse", "HEAD"),
        "git_is_clean": _git("status", "--porcelain") == "",
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git(*arguments: str) -> str | None:
    """What git says of the code's own repository; None where the code was installed without one."""
    here = Path(__file__).parent
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "--no-optional-locks", "-C", str(here), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
