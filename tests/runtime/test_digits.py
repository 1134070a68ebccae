"""Digits where they are asked for, and letters as ever where they are not."""

import numpy as np
import pytest
from PIL import Image
from tests.conftest import grey_frame

from fingerspell import load_reader
from fingerspell.core.alphabet import ASL, CLASSES, DIGITS, Alphabet
from fingerspell.core.decoding.decoder import LetterDecoder
from fingerspell.core.lexicon import Lexicon
from fingerspell.core.sequence import SequenceDecoder
from fingerspell.core.spelling.speller import Speller
from fingerspell.core.types import Frame, Prediction
from fingerspell.errors import ModelError
from fingerspell.pictures.still import read_picture
from fingerspell.runtime.captioner import Captioner
from fingerspell.runtime.onnx_classifier import OnnxClassifier
from fingerspell.runtime.reader import Reader
from fingerspell.runtime.writers import WRITERS

BOTH = Alphabet.of((*CLASSES, *DIGITS, "ILY"))
SPELLER = Speller(Lexicon({"of": 100, "hello": 50, "how": 40}))


class Shades:
    """Reads the class off a grey, six levels a class; of look-alikes it cannot tell which."""

    name, alphabet = "shades 1", BOTH

    def classify(self, pictures: np.ndarray) -> list[Prediction]:
        predictions = []
        for picture in pictures:
            probabilities = np.full(len(BOTH), 0.001, np.float32)
            place = round(float(picture.mean()) / 6)
            twin = BOTH.look_alikes.get(place)
            probabilities[[place] if twin is None else [place, twin]] += 0.96 / (1 + (twin is not None))
            predictions.append(Prediction(probabilities / probabilities.sum()))
        return predictions


def frames(*signs: str) -> list[Frame]:
    """Each sign held for half a second, then nothing for a fifth; a space is a pause of a second."""
    shown, time_s = [], 0.0
    for sign in signs:
        parts = [("nothing", 1.0)] if sign == "space" else [(sign, 0.5), ("nothing", 0.2)]
        for name, length_s in parts:
            for _ in range(round(length_s * 20)):
                shown.append(Frame(time_s, grey_frame(BOTH.index(name) * 6)))
                time_s += 0.05
    return shown


@pytest.mark.parametrize(
    ("signs", "text"),
    [
        (("2", "0", "2", "4"), "2024"),
        (("H", "0", "W"), "HOW"),
        (("0", "9", "space", "1", "0", "0"), "OF 100"),
        (("H", "I", "ILY", "7"), "HI ILY 7"),
    ],
)
def test_words_tell_digits_from_letters_in_files_and_live(signs, text):
    reader = Reader(Shades(), speller=SPELLER)
    captioner = Captioner(SPELLER, reader.in_context)
    events = list(reader.stream(frames(*signs)))
    captioner.take(events)
    assert captioner.raw_text == text
    assert captioner.finished() == text
    letters = reader.in_context([event.letter for event in events if event.kind == "ended"])
    assert " ".join(word.text for word in SPELLER.correct(letters)) == text


def test_numbers_are_written_in_all_formats(tmp_path):
    for number, sign in enumerate("1984"):
        Image.fromarray(grey_frame(BOTH.index(sign) * 6)).save(tmp_path / f"{number}.png")
    transcript = Reader(Shades(), speller=SPELLER).read(tmp_path)
    assert transcript.text == transcript.raw_text == "1984"
    for ending in ("txt", "srt", "json"):
        assert "1984" in WRITERS[ending](transcript)
    for digit in "1984":
        assert f"\t{digit}\t" in WRITERS["tsv"](transcript)
        assert digit in WRITERS["vtt"](transcript)


def test_letters_are_read_as_if_the_model_knew_no_digits(samples):
    letters = OnnxClassifier()
    both = letters.telling(digits=True)
    assert letters.alphabet == ASL
    assert both.alphabet.digits == DIGITS
    for path in (samples / "A" / "A23.jpg", samples / "V" / "V23.jpg"):
        picture = read_picture(path)[None]
        [alone], [beside] = letters.classify(picture), both.classify(picture)
        narrowed = beside.narrowed(both.alphabet, ASL)
        np.testing.assert_allclose(alone.probabilities, narrowed.probabilities, atol=1e-6)
        assert alone.probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_with_digits_the_frames_are_read_alone():
    """The sequence reader in the model's file has learned no digits."""
    letters = OnnxClassifier()
    assert isinstance(Reader(letters).decoder(), SequenceDecoder)
    assert isinstance(Reader(letters.telling(digits=True)).decoder(), LetterDecoder)


def test_a_model_without_digits_says_so():
    with pytest.raises(ModelError, match="tells no digits"):
        load_reader("models/reader-licensed.onnx", digits=True)
