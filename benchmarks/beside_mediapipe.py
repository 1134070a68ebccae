"""Milliseconds an image: the reader, from pixels to the sign, beside MediaPipe Hands, to joints only.

MediaPipe 0.10.21 is the last release with its networks in the package. It forbids NumPy 2, which
`fingerspell` needs as a whole, so this runs in an environment of its own, with the part of the package
that reads images, from the repository's folder:

    PYTHONPATH=src uv run --no-project --isolated --python 3.11 \
        --with mediapipe==0.10.21,onnxruntime,pillow \
        benchmarks/beside_mediapipe.py DATA/multisigner100 [--side 384] [--n 200] [--json FILE]

Both see the same images, one after the other, on the same cores: the reader with --threads threads,
MediaPipe as it comes. Images are enlarged to --side pixels first, as a camera would give them. Single
images: each looks for the hand in every one. Followed: each image is shown five times, as frames 1/30 s
apart, and the last counts. For the reader each begins a video; MediaPipe goes on from the one before.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from measured import environment, in_turn, markdown, named, write_json
from mediapipe.python.solutions.hands import Hands
from PIL import Image

from fingerspell.core.types import Frame
from fingerspell.runtime.hand_tracking import HandTracker, Picture
from fingerspell.runtime.onnx_classifier import OnnxClassifier

N_FOLLOWED = 5  # times that an image is shown as a video of a still hand
DT_S = 1 / 30
READER, MEDIAPIPE = "the reader", "MediaPipe Hands"

Look = Callable[[Picture], object]


class Following:
    """The reader on frames of a video."""

    def __init__(self, classifier: OnnxClassifier) -> None:
        self._classifier = classifier

    def begin(self) -> None:
        """A new video."""
        self._tracker, self._times_s = HandTracker(self._classifier), count(0.0, DT_S)

    def __call__(self, picture: Picture) -> None:
        """Look at the next frame."""
        self._tracker.look(Frame(next(self._times_s), picture))


class Shown:
    """Shows all images to one way, each `times` times, of which the last one is timed.

    Args:
        look: the way.
        times: how often each is shown.
        begin: called before each image.
        pictures: paths, as many as there are turns.
        load: reads one.
    """

    def __init__(
        self,
        look: Look,
        times: int,
        begin: Callable[[], None] = lambda: None,
        *,
        pictures: Sequence[Path],
        load: Callable[[Path], Picture],
    ) -> None:
        self._look, self._times, self._begin, self._load = look, times, begin, load
        self._left = iter(pictures)

    def prepare(self) -> None:
        """Load the next image, and show it all times but one."""
        self._picture = self._load(next(self._left))
        self._begin()
        for _ in range(self._times - 1):
            self._look(self._picture)

    def __call__(self) -> None:
        """Show it once more."""
        self._look(self._picture)


def groups(
    classifier: OnnxClassifier, shown: Callable[..., Shown]
) -> Iterator[tuple[str, dict[str, Shown]]]:
    """What is timed by turns, and its ways; `shown` is `Shown` with the images."""
    still = Hands(static_image_mode=True, max_num_hands=1)
    yield (
        "single images",
        {
            READER: shown(lambda picture: classifier.classify(picture[None]), 1),
            MEDIAPIPE: shown(still.process, 1),
        },
    )
    following, tracked = Following(classifier), Hands(static_image_mode=False, max_num_hands=1)
    yield (
        "frames, followed",
        {
            READER: shown(following, N_FOLLOWED, following.begin),
            MEDIAPIPE: shown(tracked.process, N_FOLLOWED),
        },
    )


def enlarged(side: int, path: Path) -> Picture:
    """An image as RGB uint8 [side, side, 3]."""
    return np.asarray(Image.open(path).convert("RGB").resize((side, side)))


def main() -> None:
    """Parse the command line, measure, print a table, and write it as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("pictures", type=Path, help="folder of class folders")
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--side", type=int, default=384, help="pixels")
    parser.add_argument("--threads", type=int, default=2, help="of the reader")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    args = parser.parse_args()
    found = sorted(path for path in args.pictures.rglob("*") if path.suffix in {".jpg", ".png"})
    needed = args.n + max(1, args.n // 10)
    if len(found) < needed:
        parser.error(f"{args.pictures} holds {len(found)} images of {needed}: give a smaller --n.")
    chosen = found[:: len(found) // needed][:needed]
    load = lru_cache(2)(partial(enlarged, args.side))
    classifier = OnnxClassifier(threads=args.threads)
    document: dict[str, Any] = {
        "environment": environment(args.threads),
        "model": classifier.name,
        "pictures": args.pictures.name,
        "rows": [],
    }
    for what, ways in groups(classifier, partial(Shown, pictures=chosen, load=load)):
        before = {name: way.prepare for name, way in ways.items()}
        rows = in_turn(dict(ways), args.n, before)
        document["rows"] += named(f"{what}, {args.side}x{args.side}", rows)
    print(f"{classifier.name}; {markdown(document)}")
    write_json(args.json, document)


if __name__ == "__main__":
    main()
