"""What a person gains by `fingerspell train-reader`, and what others lose.

    python benchmarks/personal_reader.py PERSON --model MODEL [--camera] [--others DIR ...]

PERSON holds frames of one person in class folders, best of one the model has never seen. Pictures to
learn are drawn from the first half of each class, in order of frames; the second half is read with the
model as it was and as it was taught. So are every 8th picture of each of the other folders. Printed are
means over `--draws` draws, with the smallest and the largest.

Where the model knows the person, `--camera` turns them into an unseen signer: all images are mirrored,
turned by 20 degrees, squashed to 0.7 of their width, and small in a grey image of 100x100 pixels.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from fingerspell.data.blocks import block_folds
from fingerspell.data.index import Index
from fingerspell.data.leakage import Part
from fingerspell.evaluation.classifiers import find_model, model_bytes
from fingerspell.evaluation.pictures import Pictures, Protocol, open_pictures
from fingerspell.export.last_layer import LastLayer
from fingerspell.progress import silent
from fingerspell.runtime.onnx_classifier import OnnxClassifier
from fingerspell.training.personal.teacher import PENALTY, Teacher
from fingerspell.training.personal.views import view_pictures, view_reminders

OTHERS_STEP = 8


class Judge:
    """Reads sets of pictures with any last layer, having looked at them once."""

    def __init__(self, layer: LastLayer, sets: list[Pictures]) -> None:
        self.labels = [pictures.labels for pictures in sets]
        self.features = [features_of(layer, pictures) for pictures in sets]

    def right(self, weight: np.ndarray, bias: np.ndarray) -> list[float]:
        """Share of each set that is read right."""
        pairs = zip(self.features, self.labels, strict=True)
        return [float(((seen @ weight.T + bias).argmax(1) == labels).mean()) for seen, labels in pairs]


def features_of(layer: LastLayer, pictures: Pictures) -> np.ndarray:
    """What the layer is fed, float32 [N, K]."""
    features = np.empty((len(pictures), layer.weight.shape[1]), np.float32)
    for batch in pictures.batches():
        for places, pixels in batch.read():
            features[places] = layer.features(pixels)
    return features


def draws(pictures: Pictures, n: int, times: int) -> Iterator[Index]:
    """`n` pictures of each class, drawn `times` times."""
    for seed in range(times):
        random = np.random.default_rng(seed)
        rows = [
            row
            for label in np.unique(pictures.labels)
            for row in random.permutation(np.flatnonzero(pictures.labels == label))[:n]
        ]
        yield pictures.take(np.array(rows)).index


def through_a_bad_camera(source: Path, target: Path) -> None:
    """Write the pictures of `source` as another camera might have taken them."""
    random = np.random.default_rng(0)
    for path in sorted(source.glob("*/*.*")):
        with Image.open(path) as picture:
            seen = ImageOps.mirror(picture.convert("RGB"))
        seen = ImageEnhance.Brightness(seen).enhance(1.3)
        seen = seen.rotate(-20 + random.uniform(-6, 6), Image.Resampling.BILINEAR)
        height = round(60 * random.uniform(0.9, 1.1))
        seen = seen.resize((round(0.7 * height), height), Image.Resampling.BILINEAR)
        frame = Image.new("RGB", (100, 100), (110, 105, 100))
        frame.paste(seen, (int(random.integers(8, 19)), int(random.integers(26, 37))))
        (target / path.parent.name).mkdir(parents=True, exist_ok=True)
        frame.save(target / path.parent.name / f"{path.stem}.png")


def main() -> None:
    """Parse the command line, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("person", type=Path)
    parser.add_argument("--model", default="default")
    parser.add_argument("--others", type=Path, nargs="*", default=[])
    parser.add_argument("--pictures", type=int, nargs="+", default=[10], help="of each class")
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--every", type=int, default=1, help="read every so manieth picture to judge")
    parser.add_argument("--penalty", type=float, default=PENALTY)
    parser.add_argument("--camera", action="store_true", help="turn the person into an unseen signer")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if args.camera:
            args.person, source = Path(folder) / args.person.name, args.person
            through_a_bad_camera(source, args.person)
        measure(args)


def measure(args: argparse.Namespace) -> None:
    """Print the table."""
    classifier, layer = OnnxClassifier(find_model(args.model)), LastLayer(model_bytes(args.model), "")
    print(f"{classifier.name}, {os.cpu_count()} cores, {platform.machine()}\n")
    whole = open_pictures(args.person, Protocol.STRANGERS)
    [_, second] = block_folds([row.path for row in whole.index.pictures], 2, 0, 0)
    first, rest = (whole.take(np.flatnonzero(second == part)) for part in (Part.TRAIN, Part.TEST))
    others = [open_pictures(folder, Protocol.STRANGERS) for folder in args.others]
    sets = [
        rest.take(np.arange(0, len(rest), args.every)),
        *(each.take(np.arange(0, len(each), OTHERS_STEP)) for each in others),
    ]
    judge = Judge(layer, sets)
    titles = (f"{each.name}, n = {len(each):,}" for each in sets)
    print("| pictures a class | seconds | " + " | ".join(titles) + " |")
    print("|---" * (2 + len(sets)) + "|")
    before = judge.right(layer.weight, layer.bias)
    print("| none | | " + " | ".join(f"{share:.1%}" for share in before) + " |", flush=True)
    for n in args.pictures:
        right, seconds = [], []
        for seed, index in enumerate(draws(first, n, args.draws)):
            began = time.perf_counter()
            views = view_pictures(layer, index, layer.alphabet, classifier.preprocess, seed, silent)
            teacher = Teacher(layer, view_reminders(layer, seed, silent), args.penalty)
            right.append(judge.right(*teacher.teach(views)))
            seconds.append(time.perf_counter() - began)
        low, mean, high = np.min(right, 0), np.mean(right, 0), np.max(right, 0)
        cells = (f"{m:.1%} ({a:.1%} to {b:.1%})" for m, a, b in zip(mean, low, high, strict=True))
        print(f"| {n} | {np.mean(seconds):.0f} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
