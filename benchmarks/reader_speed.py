"""How fast the reader is on this machine: one frame, one picture file, one video.

    python benchmarks/reader_speed.py [--threads 2] [--model default]

Frame: from RGB pixels to probabilities, of a hand that fills half of its height; "followed" is told
where the hand was, as in a video; "empty" shows none, and is searched six times. Picture: from the
JPEG's bytes to the letter. Video: decoding, reading and letters of `examples/hello.mp4`. Each is warmed
up, then repeated; medians and 95th percentiles of wall-clock time.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from fingerspell import Reader
from fingerspell.evaluation.classifiers import find_model
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
    parser.add_argument("--model", default="default", help="a model file, or the bundled one")
    args = parser.parse_args()
    classifier = OnnxClassifier(find_model(args.model), threads=args.threads)
    reader = Reader(classifier)
    print(f"{classifier.name}, {args.threads} threads of {os.cpu_count()}, {platform.machine()}\n")
    print("| what | median ms | p95 ms | per second |")
    print("|---|---|---|---|")

    def row(what: str, taken: np.ndarray, per_run: int = 1) -> None:
        median, p95 = np.percentile(taken, [50, 95])
        print(f"| {what} | {median:.2f} | {p95:.2f} | {1e3 * per_run / median:.0f} |")

    still = Image.open(EXAMPLES / "w.jpg").convert("RGB")
    for height, width in ((384, VIDEO_SIDE_PX), (288, VIDEO_SIDE_PX), (100, 100)):
        empty = np.full((height, width, 3), (90, 110, 120), np.uint8)
        frame = empty.copy()
        hand = np.asarray(still.resize((height // 2, height // 2)))
        frame[height // 4 :, width // 4 :][: height // 2, : height // 2] = hand
        [seen] = classifier.classify(frame[None])
        size = f"frame {width}x{height}"
        row(size, times_ms(lambda frame=frame: classifier.classify(frame[None]), 200))
        if classifier.can_follow:
            joints = seen.joints
            follow = lambda frame=frame, joints=joints: classifier.classify_near(frame, joints)  # noqa: E731
            row(f"{size}, followed", times_ms(follow, 200))
        row(f"{size}, empty", times_ms(lambda empty=empty: classifier.classify(empty[None]), 100))
    row("picture, 160x160 JPEG", times_ms(lambda: reader.read(EXAMPLES / "w.jpg"), 200))
    clip = EXAMPLES / "hello.mp4"
    transcript = reader.read(clip)
    taken = times_ms(lambda: reader.read(clip), 5)
    row(f"video 320x320, {transcript.frames} frames", taken, transcript.frames)
    print(f"\nvideo: {transcript.duration_s / (np.median(taken) / 1e3):.0f} times real time")


if __name__ == "__main__":
    main()
