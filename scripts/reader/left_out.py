r"""How well the reader reads sets that it was trained without.

    python scripts/reader/left_out.py DATA letters.safetensors shape.safetensors SET [SET ...] \
        [--sample 2000]

The weights are what `train.py` and `joint_letters.py` learned with `--leave-out` of these sets. The
network for small hands, which has learned from all sets, has no say here: hands are found by
MediaPipe's palm detector or in the whole picture, and read by the two others. Letters right (95 %,
Wilson), of all 29 classes, of the pictures and of their mirror images.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from fingerspell.core.types import N_JOINTS, Prediction
from fingerspell.evaluation.metrics import metrics_of
from fingerspell.evaluation.pictures import Protocol, open_pictures
from fingerspell.evaluation.predict import Predictor
from fingerspell.evaluation.robustness import MIRRORED
from fingerspell.models.hand_letters import Reading
from fingerspell.models.reader import ALL_WIDTHS, HandReader
from pretrained import taught_reader


class WithoutSmallHands:
    """A reader as a classifier, its network for small hands left out."""

    name = "without small hands"

    def __init__(self, reader: HandReader) -> None:
        self._reader = reader.eval()
        self._reader.LEAST_SHARE = 1.0

    def classify(self, pictures: NDArray[np.uint8]) -> list[Prediction]:
        """Classify RGB pictures uint8 [N, H, W, 3]."""
        return [self._classify(torch.tensor(picture)[None]) for picture in pictures]

    @torch.inference_mode()
    def _classify(self, picture: torch.Tensor) -> Prediction:
        nothing = Reading(
            torch.zeros(1, ALL_WIDTHS), torch.zeros(1, N_JOINTS, 2), torch.full((1,), -99.0)
        )
        enough, yes, no = torch.tensor([self._reader.SURE]), torch.tensor([True]), torch.tensor([False])
        seen = self._reader.search(picture, nothing, enough, is_still=yes)
        seen = self._reader.look_again(picture, seen, known=no)
        probabilities, _, _ = self._reader.answer(picture, *seen, is_still=yes)
        return Prediction(probabilities[0].numpy())


def main() -> None:
    """Parse the command line and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("letters", type=Path)
    parser.add_argument("shape", type=Path)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--sample", type=int, help="at most so many pictures of each, drawn at random")
    args = parser.parse_args()
    classifier = WithoutSmallHands(taught_reader(args.data, args.letters, args.shape))
    with Predictor(classifier) as predictor:
        for name in args.sets:
            pictures = open_pictures(args.data / name, Protocol.GIVEN)
            if args.sample:
                pictures = pictures.sample(args.sample)
            as_it_is, mirrored = (
                metrics_of(predictor.predict(pictures, change).counts).letters
                for change in (None, MIRRORED)
            )
            print(f"{name:<18} n {as_it_is.n:>6,}  {as_it_is}  mirrored {mirrored}", flush=True)


if __name__ == "__main__":
    main()
