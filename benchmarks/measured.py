"""What benchmarks share: timing by turns in one run, what figures depend on, their table and JSON.

It needs NumPy and ONNX Runtime only, so that scripts in an environment of their own have it, too.
"""

import json
import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from fingerspell.machine import CPUINFO, hardware

EXAMPLES = Path(__file__).parent.parent / "examples"
FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
PACKAGES = (
    "fingerspell",
    "onnxruntime",
    "numpy",
    "av",
    "pillow",
    "mediapipe",
    "torch",
    "torchvision",
    "ray",
)

Work = Callable[[], object]
Ways = dict[str, Work]  # the others are compared with the first one
Rows = list[dict[str, Any]]


def environment(threads: int) -> dict[str, Any]:
    """What the figures depend on."""
    words = set(CPUINFO.read_text().split()) if CPUINFO.exists() else set()
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "hardware": hardware(),
        "machine": platform.machine(),
        "flags": [flag for flag in FLAGS if flag in words],
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "threads": threads,
        "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def in_turn(ways: Ways, n: int, before: Mapping[str, Work] | None = None, calls: int = 1) -> Rows:
    """Milliseconds of each way, tried one after the other `n` times, and its ratio to the first.

    A tenth as many turns come first, to warm up.

    Args:
        ways: what is timed.
        n: turns that count.
        before: what some ways need to have done before each time, which is not timed.
        calls: how many times a way does its work when it is called; the times are of one of these.
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(-max(1, n // 10), n):
        for name, work in ways.items():
            if before and name in before:
                before[name]()
            began = time.perf_counter()
            work()
            if turn >= 0:
                taken[name].append((time.perf_counter() - began) * 1e3 / calls)
    [first, *_] = taken.values()
    rows = []
    for name, times in taken.items():
        median, p95 = np.percentile(times, [50, 95])
        ratio = float(np.median(np.divide(times, first)))
        rows.append({"way": name, "n": n, "median_ms": median, "p95_ms": p95, "ratio": ratio})
    return rows


def markdown(document: Mapping[str, Any], more: Mapping[str, tuple[str, str]] | None = None) -> str:
    """The table of a document of `environment` and `rows`.

    Args:
        document: its rows are those of `in_turn`, with `what` they are of.
        more: further columns: heading and format of what some rows have by these names.
    """
    about, rows = document["environment"], document["rows"]
    shown = {name: each for name, each in (more or {}).items() if any(name in row for row in rows)}
    headings = ["what", "way", "n", "median ms", "95 % ms", "times as long"]
    headings += [heading for heading, _ in shown.values()]
    lines = [
        f"{about['hardware']}, {', '.join(about['flags'])}; {about['threads']} threads; ONNX Runtime "
        f"{about['packages']['onnxruntime']}; load {about['load']}; {about['date']}",
        "",
        f"| {' | '.join(headings)} |",
        "|---" * len(headings) + "|",
    ]
    for row in rows:
        cells = [row["what"], row["way"], f"{row['n']}"]
        cells += [f"{row[name]:.2f}" for name in ("median_ms", "p95_ms", "ratio")]
        cells += [f"{row[name]:{form}}" if name in row else "" for name, (_, form) in shown.items()]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def named(what: str, rows: Iterable[Mapping[str, Any]]) -> Rows:
    """The rows, each with `what` it is of."""
    return [{"what": what, **row} for row in rows]


def write_json(path: Path | None, document: object) -> None:
    """Write figures where `--json` asks for it."""
    if path:
        path.write_text(json.dumps(document, indent=2) + "\n")
