"""Images for people to look at: worst mistakes, most confused pairs, where a network looked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from fingerspell.evaluation.classifiers import CHECKPOINT_SUFFIX, ModelFacts, find_model
from fingerspell.evaluation.evaluate import SetEvaluation
from fingerspell.evaluation.metrics import Confusion, confusions_of
from fingerspell.evaluation.pictures import Pixels, Rows

MISTAKES, PAIRS, LOOKS = 24, 12, 12
SIDE_PX, BAND_PX = 160, 24  # of a drawn image, and of the words below it
SHORT = 15  # letters of words that may be large


@dataclass(frozen=True)
class Drawn:
    """An image with words on it, RGB uint8 [SIDE_PX + BAND_PX, SIDE_PX, 3], and where it is from."""

    pixels: Pixels
    path: str


@dataclass(frozen=True)
class Pair:
    """An image that was mistaken, and one of what it was taken for, if the data holds a right one."""

    confusion: Confusion
    mistaken: Drawn
    meant: Drawn | None


@dataclass(frozen=True)
class Galleries:
    """The images of one model on one set.

    Attributes:
        mistakes: the most confident first.
        pairs: the most frequent first.
        looks: mistakes with what spoke for the wrong class in red; empty without PyTorch.
        labels: the surest image of each label to check, where people are known.
    """

    mistakes: tuple[Drawn, ...]
    pairs: tuple[Pair, ...]
    looks: tuple[Drawn, ...]
    labels: tuple[Drawn, ...] = ()


def collect(facts: ModelFacts, on_set: SetEvaluation) -> Galleries:
    """Draw the images of one model on one set.

    Raises:
        MediaError: an image of the data is gone.
    """
    worst = worst_mistakes(on_set, MISTAKES)
    labels = on_set.doubtful_labels
    pairs = (_pair(on_set, confusion) for confusion in confusions_of(on_set.predictions.counts)[:PAIRS])
    return Galleries(
        mistakes=tuple(_drawn(on_set, place) for place in worst.tolist()),
        pairs=tuple(pairs),
        looks=_looks(facts, on_set, worst[:LOOKS]),
        labels=tuple(_drawn(on_set, int(each.places[0])) for each in labels[:MISTAKES]),
    )


def worst_mistakes(on_set: SetEvaluation, n: int) -> Rows:
    """Places of the wrong images, those of the most confident predictions first, at most `n`."""
    wrong = np.flatnonzero(~on_set.predictions.right)
    order = np.argsort(-on_set.predictions.confidence[wrong], kind="stable")
    chosen: Rows = wrong[order[:n]]
    return chosen


def captioned(pixels: Pixels, text: str, right: bool) -> Pixels:
    """An image [H, W, 3] in a square of `SIDE_PX`, with words on a green or red band below."""
    band = "#2e6b3f" if right else "#8f2f22"
    sheet = Image.new("RGB", (SIDE_PX, SIDE_PX + BAND_PX), band)
    sheet.paste(ImageOps.pad(Image.fromarray(pixels), (SIDE_PX, SIDE_PX)))
    draw = ImageDraw.Draw(sheet)
    middle = (SIDE_PX / 2, SIDE_PX + BAND_PX / 2)
    font = ImageFont.load_default(18 if len(text) <= SHORT else 13)
    draw.text(middle, text, "white", font, anchor="mm")
    return np.asarray(sheet)


def contact_sheet(pictures: Sequence[Drawn], columns: int) -> Image.Image:
    """Drawn images in rows, as one image; at least one image."""
    height, width = pictures[0].pixels.shape[:2]
    gap, rows = 8, -(-len(pictures) // columns)
    size = (gap + columns * (width + gap), gap + rows * (height + gap))
    sheet = Image.new("RGB", size, "white")
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        place = (gap + column * (width + gap), gap + row * (height + gap))
        sheet.paste(Image.fromarray(picture.pixels), place)
    return sheet


def _drawn(on_set: SetEvaluation, place: int, pixels: Pixels | None = None) -> Drawn:
    """An image of the set with truth, prediction and probability."""
    predictions = on_set.predictions
    truth = predictions.alphabet.classes[predictions.labels[place]]
    predicted = predictions.alphabet.classes[predictions.predicted[place]]
    right = truth == predicted
    told = truth if right else f"{truth} as {predicted}"
    text = f"{told}, {predictions.confidence[place]:.0%}"
    shown = on_set.pictures.read(place) if pixels is None else pixels
    return Drawn(captioned(shown, text, right), on_set.pictures.index.pictures[place].path)


def _pair(on_set: SetEvaluation, confusion: Confusion) -> Pair:
    """The most confident mistake of a pair, beside the most confident right image."""
    predictions = on_set.predictions
    places = predictions.alphabet.places
    truth, predicted = places[confusion.truth], places[confusion.predicted]
    mistaken = _surest(on_set, truth, predicted)
    has_right = bool(np.any((predictions.labels == predicted) & predictions.right))
    meant = _drawn(on_set, _surest(on_set, predicted, predicted)) if has_right else None
    return Pair(confusion, _drawn(on_set, mistaken), meant)


def _surest(on_set: SetEvaluation, truth: int, predicted: int) -> int:
    """The place of the most confident image of a class that was taken for a class."""
    predictions = on_set.predictions
    wanted = (predictions.labels == truth) & (predictions.predicted == predicted)
    places = np.flatnonzero(wanted)
    return int(places[predictions.confidence[places].argmax()])


def _looks(facts: ModelFacts, on_set: SetEvaluation, places: Rows) -> tuple[Drawn, ...]:
    path = find_model(facts.model)
    if path is None or path.suffix != CHECKPOINT_SUFFIX or not len(places):
        return ()
    from fingerspell.evaluation.saliency import looked_at  # noqa: PLC0415 - brings PyTorch

    pictures = [on_set.pictures.read(place) for place in places.tolist()]
    heated = looked_at(path, pictures, on_set.predictions.predicted[places])
    return tuple(
        _drawn(on_set, place, pixels)
        for place, pixels in zip(places.tolist(), heated, strict=False)  # none without convolution
    )
