"""From frames to text with the bundled model, on sentences made of the stills in tests/samples.

A small guard between releases; the figures in docs/text.md come from benchmarks/text_quality.py.
"""

import numpy as np
import pytest
from PIL import Image

from fingerspell import Reader, load_reader
from fingerspell.core.alphabet import parse_class
from fingerspell.core.text import edit_distance
from fingerspell.data.synthesis import Camera, Signing, Slot, render, spell
from fingerspell.runtime.media import Media
from fingerspell.runtime.media.picture_frames import pictures_in

SENTENCES = ["the small apple", "quick brown fox", "jazz is good", "very lovely hills"]
CAMERA = Camera(side_px=160, travel=0.08, jitter=0.004, noise=4.0)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return load_reader()


@pytest.fixture
def stills(samples):
    return {
        parse_class(folder.name): [Image.open(path).convert("RGB") for path in pictures_in(folder)]
        for folder in samples.iterdir()
        if folder.is_dir()
    }


def read(reader: Reader, slots: list[Slot], fps: int, rng: np.random.Generator):
    return reader.read_media(Media("clip", "video", lambda: render(slots, fps, CAMERA, rng), fps))


@pytest.mark.slow
def test_sentences_are_read(reader, stills):
    raw = corrected = length = 0
    for number, text in enumerate(SENTENCES):
        rng = np.random.default_rng(number)
        signing = Signing(letters_per_s=3.0, word_gap="sign" if number % 2 else "pause")
        transcript = read(reader, spell(text, stills, rng, signing), 12, rng)
        raw += edit_distance(transcript.raw_text, text.upper())
        corrected += edit_distance(transcript.text, text.upper())
        length += len(text)
    assert raw / length <= 0.06
    assert corrected <= raw


@pytest.mark.slow
def test_nothing_is_read_where_nobody_signs(reader, stills):
    rng = np.random.default_rng(0)
    slots = [Slot("nothing", still, 2.0, 0.5) for still in stills["nothing"] * 3]
    assert read(reader, slots, 12, rng).letters == ()
