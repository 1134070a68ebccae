"""How fast the reader is on this machine: one frame, one picture file, one video.

    python benchmarks/reader_speed.py [--threads 2] [--model default]

Frame: from RGB pixels to probabilities. Picture: from the JPEG's bytes to the letter. Video: decoding,
reading and letters of `examples/hello.mp4`. Each is warmed up, then repeated; medians and 95th
percentiles of wall-clock time.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fingerspell import Reader
from fingerspell.runtime.media.video import VIDEO_SIDE_PX
from fingerspell.runtime.onnx_classifier import OnnxClassifier

EXAMPLES = Path(__file__).parent.parent / "examples"


def times_ms(work: Callable[[], object], repeats: int) -> np.ndarray:
    """Milliseconds of each repeat, after a tenth as many to warm up."""
    taken = []
    for repeat in range(-max(1, repeats // 10), repeats):
        began = time.perf_counter()
        work()
        if repeat >= 0:
            taken.append((time.perf_counter() - began) * 1e3)
    return np.array(taken)


def main() -> None:
    """Parse the command line, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", help="a model file (default: the bundled one)")
    args = parser.parse_args()
    classifier = OnnxClassifier(args.model, threads=args.threads)
    reader = Reader(classifier)
    random = np.random.default_rng(0)
    print(f"{classifier.name}, {args.threads} threads of {os.cpu_count()}, {platform.machine()}\n")
    print("| what | median ms | p95 ms | per second |")
    print("|---|---|---|---|")

    def row(what: str, taken: np.ndarray, per_run: int = 1) -> None:
        median, p95 = np.percentile(taken, [50, 95])
        print(f"| {what} | {median:.2f} | {p95:.2f} | {1e3 * per_run / median:.0f} |")

    for height, width in ((384, VIDEO_SIDE_PX), (288, VIDEO_SIDE_PX), (100, 100)):
        frame = random.integers(0, 256, (1, height, width, 3), np.uint8)
        taken = times_ms(lambda frame=frame: classifier.classify(frame), 300)
        row(f"frame {width}x{height}", taken)
    row("picture, 160x160 JPEG", times_ms(lambda: reader.read(EXAMPLES / "w.jpg"), 200))
    clip = EXAMPLES / "hello.mp4"
    transcript = reader.read(clip)
    taken = times_ms(lambda: reader.read(clip), 5)
    row(f"video 320x320, {transcript.frames} frames", taken, transcript.frames)
    print(f"\nvideo: {transcript.duration_s / (np.median(taken) / 1e3):.0f} times real time")


if __name__ == "__main__":
    main()
