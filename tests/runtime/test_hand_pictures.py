import io

import numpy as np
from PIL import Image

from fingerspell import load_reader
from fingerspell.core.alphabet import LETTERS, MOVING_LETTERS
from fingerspell.runtime.hand_pictures import hand_picture, hand_pictures


def test_every_letter_has_a_picture():
    assert hand_pictures() == [hand_picture(letter) for letter in LETTERS]
    for content in hand_pictures():
        with Image.open(io.BytesIO(content)) as shown:
            assert (shown.format, shown.size) == ("WEBP", (240, 240))
            assert getattr(shown, "n_frames", 1) == 1


def test_the_pictures_read_as_the_letters_they_show():
    """Reference: the reader, which does not know what they are for."""
    classifier = load_reader(spell=False).classifier
    for letter in set(LETTERS) - MOVING_LETTERS:
        with Image.open(io.BytesIO(hand_picture(letter))) as shown:
            [prediction] = classifier.classify(np.asarray(shown.convert("RGB"))[None])
        assert LETTERS[int(prediction.probabilities[:26].argmax())] == letter
