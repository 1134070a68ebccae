"""What tracking the hand is worth: stills in the order of their numbers, each letter as if a video.

    python benchmarks/tracking.py DATA/SET ... [--model READER.onnx]

SET holds class folders of one person's numbered frames. For a reader most of which has not learned from
SET (its network for small hands has learned from all), `--model` names what `fingerspell export` wrote
of a training that left it out. Each line: letters right (95 %, Wilson), of all 29 classes.
"""

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import track

from fingerspell.core.alphabet import CLASSES, LETTERS
from fingerspell.core.types import Frame
from fingerspell.evaluation.metrics import Share
from fingerspell.pictures.still import read_picture
from fingerspell.runtime.hand_tracking import HandTracker
from fingerspell.runtime.media.picture_frames import pictures_in
from fingerspell.runtime.onnx_classifier import OnnxClassifier


def main() -> None:
    """Parse the command line and evaluate the reader on each set, with tracking and without."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path, metavar="DIR", help="class folders of pictures")
    parser.add_argument("--model", type=Path, help="the reader (default: the bundled one)")
    args = parser.parse_args()
    classifier = OnnxClassifier(args.model)
    for data in args.sets:
        alone = tracked = n = 0
        letters = [folder for folder in sorted(data.iterdir()) if folder.name in LETTERS]
        for folder in track(letters, data.name, transient=True, console=Console(stderr=True)):
            tracker = HandTracker(classifier)
            for path in pictures_in(folder):
                picture = read_picture(path)
                [still] = classifier.classify(picture[None])
                frame, n = tracker.look(Frame(n, picture)), n + 1
                alone += CLASSES[int(still.probabilities.argmax())] == folder.name
                tracked += CLASSES[int(frame.probabilities.argmax())] == folder.name
        for label, right in (("each by itself", alone), ("tracked", tracked)):
            print(f"{data.name:<18} {label:<16} n {n:>6,}  {Share.of(right, n)}", flush=True)


if __name__ == "__main__":
    main()
