"""What `--hands mediapipe` is worth: a reader by itself and with MediaPipe, on the same pictures.

    python benchmarks/with_mediapipe.py DATA/multisigner100 ... [--hands hand_landmarker.task]
        [--json FILE]

For a reader that some sets were left out of, `--model READER.onnx` names what `fingerspell export`
made of a run of `fingerspell train --recipe reader --leave-out SET`. Each line: letters right (95 %,
Wilson), among the 29 classes that are no digits, and the median time of a decoded picture.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
from measured import Rows, environment, write_json
from numpy.typing import NDArray
from rich.progress import Progress

from fingerspell.core.types import FrameClassifier, Prediction
from fingerspell.evaluation.metrics import metrics_of
from fingerspell.evaluation.pictures import Protocol, open_pictures
from fingerspell.evaluation.predict import Predictor
from fingerspell.runtime.mediapipe_hands import MEDIAPIPE, HandLandmarker, WithMediapipe
from fingerspell.runtime.onnx_classifier import OnnxClassifier


class Timed:
    """A classifier that remembers how long it took."""

    def __init__(self, classifier: FrameClassifier) -> None:
        self.classifier, self.name, self.seconds = classifier, classifier.name, list[float]()

    def classify(self, pictures: NDArray[np.uint8]) -> list[Prediction]:
        """Classify RGB pictures uint8 [N, H, W, 3], one after the other."""
        predictions = []
        for picture in pictures:
            began = time.perf_counter()
            predictions += self.classifier.classify(picture[None])
            self.seconds.append(time.perf_counter() - began)
        return predictions


def main() -> None:
    """Parse the command line and judge both on each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path, metavar="DIR", help="class folders of pictures")
    parser.add_argument("--model", type=Path, help="the reader (default: the bundled one)")
    parser.add_argument("--hands", default=MEDIAPIPE, help="`mediapipe`, or its hand_landmarker.task")
    parser.add_argument(
        "--limit", type=int, help="every so manieth picture, so that about LIMIT are left"
    )
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    args = parser.parse_args()
    reader = OnnxClassifier(args.model)
    both = WithMediapipe(reader, HandLandmarker(args.hands))
    rows: Rows = []
    with Progress(transient=True) as progress:
        for folder in args.sets:
            pictures = open_pictures(folder, Protocol.GIVEN)
            pictures = pictures.sample(args.limit) if args.limit else pictures
            for classifier in (reader, both):
                timed, task = Timed(classifier), progress.add_task(folder.name, total=len(pictures))
                with Predictor(timed) as predictor:
                    predictions = predictor.predict(
                        pictures, advance=lambda n, task=task: progress.advance(task, n)
                    )
                letters = metrics_of(predictions.counts).letters
                median_ms = 1000 * float(np.median(timed.seconds))
                row = {"data": folder.name, "model": classifier.name, "n": letters.n}
                rows.append({**row, "letters": letters.value, "median_ms": median_ms})
                progress.console.print(
                    f"{folder.name:<18} {classifier.name:<40} n {letters.n:>6,}  {letters}  "
                    f"{median_ms:5.1f} ms",
                    highlight=False,
                    soft_wrap=True,
                )
    write_json(args.json, {"environment": environment(os.cpu_count() or 1), "rows": rows})


if __name__ == "__main__":
    main()
