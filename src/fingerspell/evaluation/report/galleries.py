"""Pictures for people to look at: worst mistakes, most confused pairs, where a network looked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from fingerspell.evaluation.classifiers import CHECKPOINT_SUFFIX, ModelFacts, find_model
from fingerspell.evaluation.evaluate import Judgement
from fingerspell.evaluation.metrics import Confusion, confusions_of
from fingerspell.evaluation.pictures import Pixels, Rows

MISTAKES, PAIRS, LOOKS = 24, 12, 12
SIDE_PX, BAND_PX = 160, 24  # of a drawn picture, and of the words below it
SHORT = 15  # letters of words that may be large


@dataclass(frozen=True)
class Drawn:
    """A picture with words on it, RGB uint8 [SIDE_PX + BAND_PX, SIDE_PX, 3], and where it is from."""

    pixels: Pixels
    path: str


@dataclass(frozen=True)
class Pair:
    """A picture that was mistaken, and one of what it was taken for, if the data holds a right one."""

    confusion: Confusion
    mistaken: Drawn
    meant: Drawn | None


@dataclass(frozen=True)
class Galleries:
    """The pictures of one model on one set.

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


def collect(facts: ModelFacts, judgement: Judgement) -> Galleries:
    """Draw the pictures of one model on one set.

    Raises:
        MediaError: a picture of the data is gone.
    """
    worst = worst_mistakes(judgement, MISTAKES)
    labels = judgement.doubtful_labels
    pairs = (
        _pair(judgement, confusion) for confusion in confusions_of(judgement.predictions.counts)[:PAIRS]
    )
    return Galleries(
        mistakes=tuple(_drawn(judgement, place) for place in worst.tolist()),
        pairs=tuple(pairs),
        looks=_looks(facts, judgement, worst[:LOOKS]),
        labels=tuple(_drawn(judgement, int(each.places[0])) for each in labels[:MISTAKES]),
    )


def worst_mistakes(judgement: Judgement, n: int) -> Rows:
    """Places of the wrong pictures, those of the most confident predictions first, at most `n`."""
    wrong = np.flatnonzero(~judgement.predictions.right)
    order = np.argsort(-judgement.predictions.confidence[wrong], kind="stable")
    chosen: Rows = wrong[order[:n]]
    return chosen


def captioned(pixels: Pixels, text: str, right: bool) -> Pixels:
    """A picture [H, W, 3] in a square of `SIDE_PX`, with words on a green or red band below."""
    band = "#2e6b3f" if right else "#8f2f22"
    sheet = Image.new("RGB", (SIDE_PX, SIDE_PX + BAND_PX), band)
    sheet.paste(ImageOps.pad(Image.fromarray(pixels), (SIDE_PX, SIDE_PX)))
    draw = ImageDraw.Draw(sheet)
    middle = (SIDE_PX / 2, SIDE_PX + BAND_PX / 2)
    font = ImageFont.load_default(18 if len(text) <= SHORT else 13)
    draw.text(middle, text, "white", font, anchor="mm")
    return np.asarray(sheet)


def contact_sheet(pictures: Sequence[Drawn], columns: int) -> Image.Image:
    """Drawn pictures in rows, as one image; at least one picture."""
    height, width = pictures[0].pixels.shape[:2]
    gap, rows = 8, -(-len(pictures) // columns)
    size = (gap + columns * (width + gap), gap + rows * (height + gap))
    sheet = Image.new("RGB", size, "white")
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        place = (gap + column * (width + gap), gap + row * (height + gap))
        sheet.paste(Image.fromarray(picture.pixels), place)
    return sheet


def _drawn(judgement: Judgement, place: int, pixels: Pixels | None = None) -> Drawn:
    """A picture of the set with truth, prediction and probability."""
    predictions = judgement.predictions
    truth = predictions.alphabet.classes[predictions.labels[place]]
    predicted = predictions.alphabet.classes[predictions.predicted[place]]
    right = truth == predicted
    told = truth if right else f"{truth} as {predicted}"
    text = f"{told}, {predictions.confidence[place]:.0%}"
    shown = judgement.pictures.read(place) if pixels is None else pixels
    return Drawn(captioned(shown, text, right), judgement.pictures.index.pictures[place].path)


def _pair(judgement: Judgement, confusion: Confusion) -> Pair:
    """The most confident mistake of a pair, beside the most confident right picture."""
    predictions = judgement.predictions
    places = predictions.alphabet.places
    truth, predicted = places[confusion.truth], places[confusion.predicted]
    mistaken = _surest(judgement, truth, predicted)
    has_right = bool(np.any((predictions.labels == predicted) & predictions.right))
    meant = _drawn(judgement, _surest(judgement, predicted, predicted)) if has_right else None
    return Pair(confusion, _drawn(judgement, mistaken), meant)


def _surest(judgement: Judgement, truth: int, predicted: int) -> int:
    """The place of the most confident picture of a class that was taken for a class."""
    predictions = judgement.predictions
    wanted = (predictions.labels == truth) & (predictions.predicted == predicted)
    places = np.flatnonzero(wanted)
    return int(places[predictions.confidence[places].argmax()])


def _looks(facts: ModelFacts, judgement: Judgement, places: Rows) -> tuple[Drawn, ...]:
    path = find_model(facts.model)
    if path is None or path.suffix != CHECKPOINT_SUFFIX or not len(places):
        return ()
    from fingerspell.evaluation.saliency import looked_at  # noqa: PLC0415 - brings PyTorch

    pictures = [judgement.pictures.read(place) for place in places.tolist()]
    heated = looked_at(path, pictures, judgement.predictions.predicted[places])
    return tuple(
        _drawn(judgement, place, pixels)
        for place, pixels in zip(places.tolist(), heated, strict=False)  # none without convolution
    )
