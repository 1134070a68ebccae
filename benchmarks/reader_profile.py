r"""What the reader's time goes to: by part of its graph, and by kind of operation.

    python benchmarks/reader_profile.py [--threads 1] [--n 50] [--json FILE] [--model default]

The scenes are those of `reader_speed.py`, 512x384 pixels. ONNX Runtime's own profiler times each node,
which takes some time itself; the parts are what `models/reader.py` calls them, "other" is between them.
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from measured import environment, write_json
from reader_speed import SIZES, scenes

from fingerspell.evaluation.classifiers import find_model
from fingerspell.runtime.onnx_classifier import bundled_file, inputs_of, read_model

KERNEL = "_kernel_time"  # ends the names of events that are nodes
AROUND = {"If", "Loop", "Scan"}  # their times hold those of the nodes in them
MOST = 8  # rows of a table

Event = Mapping[str, Any]


def profiled(content: bytes, threads: int, given: Mapping[str, np.ndarray], n: int) -> list[Event]:
    """The nodes of `n` runs after a few to warm up, by ONNX Runtime's profiler."""
    with tempfile.TemporaryDirectory() as folder:
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = threads, 4
        options.enable_profiling, options.profile_file_prefix = True, f"{folder}/profile"
        session = ort.InferenceSession(content, options, ["CPUExecutionProvider"])
        warm_up = max(1, n // 10)
        for _ in range(warm_up + n):
            session.run(None, given)
        events = json.loads(Path(session.end_profiling()).read_text())
    runs = [event["ts"] for event in events if event["name"] == "model_run"]
    began = sorted(runs)[warm_up]
    return [
        event
        for event in events
        if event["name"].endswith(KERNEL)
        and event["ts"] >= began
        and event["args"]["op_name"] not in AROUND
    ]


def part_of(event: Event) -> str:
    """The part of the reader that a node belongs to."""
    part, slash, _ = event["name"].partition("/")
    return part if slash else "other"


def table(events: list[Event], n: int) -> dict[str, Any]:
    """Milliseconds of one run, in all, by part and by kind of operation."""
    parts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for event in events:
        ms = event["dur"] / 1e3 / n
        parts[part_of(event)] += ms
        kinds[event["args"]["op_name"]] += ms
    return {"ms": parts.total(), "parts": dict(parts.most_common()), "kinds": dict(kinds.most_common())}


def cases(content: bytes) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """What the reader is given in each scene."""
    hand, empty = (scene[None] for scene in scenes(*SIZES[0]))
    session = ort.InferenceSession(content, providers=["CPUExecutionProvider"])
    yield "a still with a hand", inputs_of(session, hand)
    yield "a still without a hand", inputs_of(session, empty)
    *_, tracked = session.run(None, inputs_of(session, hand))
    yield "a frame in which the hand is tracked", inputs_of(session, hand, tracked, 1 / 30)
    *_, nobody = session.run(None, inputs_of(session, empty))
    yield "a frame without a hand, the first ones", inputs_of(session, empty, nobody, 1 / 30)


def markdown(document: Mapping[str, Any]) -> str:
    """Tables of a document."""
    about = document["environment"]
    lines = [f"{about['hardware']}; {about['threads']} threads; load {about['load']}; {about['date']}"]
    for row in document["rows"]:
        lines += ["", f"{row['what']}: {row['ms']:.1f} ms", ""]
        for name in ("parts", "kinds"):
            shown = list(row[name].items())[:MOST]
            lines += [f"| {name} | ms | share |", "|---|--:|--:|"]
            lines += [f"| {what} | {ms:.2f} | {ms / row['ms']:.0%} |" for what, ms in shown]
            lines += [""]
    return "\n".join(lines)


def main() -> None:
    """Parse the command line, profile, print tables, and write them as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--n", type=int, default=50, help="runs of each scene")
    parser.add_argument("--model", default="default", help="a model file, or the bundled one")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    args = parser.parse_args()
    content = read_model(find_model(args.model) or bundled_file(), args.model)
    document: dict[str, Any] = {"environment": environment(args.threads), "rows": []}
    for what, given in cases(content):
        events = profiled(content, args.threads, given, args.n)
        document["rows"].append({"what": what, "n": args.n, **table(events, args.n)})
    print(markdown(document))
    write_json(args.json, document)


if __name__ == "__main__":
    main()
