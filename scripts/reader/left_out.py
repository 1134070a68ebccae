"""How well the reader reads sets that it was trained without.

    python scripts/reader/left_out.py DATA letters.safetensors shape.safetensors SET [SET ...]

The weights are what `train.py` and `joint_letters.py` learned with `--leave-out` of these sets. The
network for small hands, which has learned from all sets, has no say here: hands are found by
MediaPipe's palm detector, and read by the two others. Letters right (95 %, Wilson), of all 29 classes.
"""

import argparse
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track
from safetensors.torch import load_file

from fingerspell.core.alphabet import CLASSES, LETTERS
from fingerspell.evaluation.metrics import Share
from fingerspell.runtime.media.pictures import pictures_in, read_picture
from pretrained import pretrained_reader


def main() -> None:
    """Parse the command line and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("letters", type=Path)
    parser.add_argument("shape", type=Path)
    parser.add_argument("sets", nargs="+")
    args = parser.parse_args()
    reader = pretrained_reader(args.data).eval()
    reader.letters.load_state_dict(load_file(args.letters))
    reader.shape.net.load_state_dict(load_file(args.shape))
    reader.SMALL_PX, reader.LARGE_PX = 0.0, 1.0  # no hand is small
    for name in args.sets:
        right = n = 0
        folders = [folder for folder in sorted((args.data / name).iterdir()) if folder.name in LETTERS]
        for folder in track(folders, name, transient=True, console=Console(stderr=True)):
            for path in pictures_in(folder):
                picture = torch.tensor(read_picture(path))[None]
                with torch.inference_mode():
                    seen = reader.look(picture, reader.find_palm(picture))
                    probabilities, _, _ = reader.answer(picture, *seen)
                right += CLASSES[int(probabilities.argmax())] == folder.name
                n += 1
        print(f"{name:<18} n {n:>6,}  {Share.of(right, n)}", flush=True)


if __name__ == "__main__":
    main()
