"""The computer that this process runs on, and how much of its memory the process has held."""

import os
import platform
import sys
from pathlib import Path

CPUINFO, STATUS = Path("/proc/cpuinfo"), Path("/proc/self/status")  # of Linux


def peak_memory_bytes() -> int:
    """The most memory that this process has held."""
    if STATUS.exists():  # where `resource` gives the parent's peak if that was higher
        [line] = [line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    import resource  # noqa: PLC0415 - Windows has none

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def processor() -> str:
    """The processor's own name, which `platform` does not know on Linux."""
    try:
        lines = CPUINFO.read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor()) or platform.machine()


def hardware() -> str:
    """The processor, and how many cores of it there are."""
    return f"{processor()}, {os.cpu_count()} cores"
