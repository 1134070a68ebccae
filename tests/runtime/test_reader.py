from fractions import Fraction

import numpy as np
import pytest
from PIL import Image
from tests.conftest import GreyClassifier

from fingerspell import Frame, MediaError, Reader
from fingerspell.core.alphabet import CLASSES

WORD = ["nothing", "H", "I", "space", "H", "O", "del", "I"]


@pytest.fixture
def reader(grey_classifier) -> Reader:
    return Reader(grey_classifier)


@pytest.fixture
def clip(make_video):
    """Each sign for half a second, at 20 frames a second."""
    frames = [GreyClassifier.picture_of(sign) for sign in WORD for _ in range(10)]
    return make_video("clip.mp4", frames, range(len(frames)), rate=Fraction(20))


def test_a_video(reader, clip):
    transcript = reader.read(clip)
    assert transcript.text == transcript.raw_text == "HI HI"
    assert [letter.char for letter in transcript.letters] == WORD[1:]
    assert transcript.letters[0].start_s == pytest.approx(0.55, abs=0.1)
    assert (transcript.frames, transcript.fps, transcript.duration_s) == (80, 20.0, 4.0)
    assert (transcript.source, transcript.model) == (str(clip), "grey 1")
    assert transcript.probabilities is None


def test_streaming_the_same_frames_gives_the_same_letters(reader, clip):
    frames = [
        Frame(i / 20, GreyClassifier.picture_of(sign))
        for i, sign in enumerate(sign for sign in WORD for _ in range(10))
    ]
    streamed = [event.letter for event in reader.stream(iter(frames)) if event.kind == "ended"]
    read = reader.read(clip).letters
    assert [letter.char for letter in streamed] == [letter.char for letter in read]
    for ours, theirs in zip(streamed, read, strict=True):
        assert ours.start_s == pytest.approx(theirs.start_s, abs=1e-3)
        assert ours.end_s == pytest.approx(theirs.end_s, abs=1e-3)


def test_events_come_while_frames_still_flow(reader):
    """A live caption must not wait for the end."""

    def endless():
        i = 0
        while True:
            yield Frame(i / 20, GreyClassifier.picture_of("Q"))
            i += 1

    event = next(iter(reader.stream(endless())))
    assert (event.kind, event.letter.char) == ("began", "Q")
    assert event.letter.end_s < 0.4


def test_a_picture(reader, tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(GreyClassifier.picture_of("R")).save(path)
    transcript = reader.read(path)
    [letter] = transcript.letters
    assert (letter.char, letter.start_s, letter.end_s) == ("R", 0.0, 0.0)
    assert letter.probability == pytest.approx(transcript.probabilities["R"])
    assert list(transcript.probabilities) == list(CLASSES)
    assert (transcript.frames, transcript.fps, transcript.duration_s) == (1, 0.0, 0.0)


def test_a_picture_without_a_sign_has_no_text(reader, tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(GreyClassifier.picture_of("nothing")).save(path)
    transcript = reader.read(path)
    assert [letter.char for letter in transcript.letters] == ["nothing"]
    assert transcript.text == ""


def test_a_folder_is_one_letter_a_picture(reader, tmp_path):
    for number, sign in enumerate(["L", "L", "nothing", "A"]):
        Image.fromarray(GreyClassifier.picture_of(sign)).save(tmp_path / f"{number}.png")
    transcript = reader.read(tmp_path)
    assert transcript.text == "LLA"
    assert [letter.start_s for letter in transcript.letters] == [0, 1, 2, 3]
    assert transcript.letters[-1].end_s == transcript.duration_s == 4
    assert transcript.probabilities is None


def test_progress_is_told_of_every_frame(reader, clip):
    times = []
    reader.read(clip, lambda frame: times.append(frame.time_s))
    assert len(times) == 80
    assert times[-1] == pytest.approx(3.95)


def test_errors_of_the_source_come_through(reader, tmp_path):
    with pytest.raises(MediaError, match="does not exist"):
        reader.read(tmp_path / "none.mp4")


def test_a_single_frame_is_too_short_for_a_letter(reader):
    assert list(reader.stream([Frame(0.0, np.zeros((32, 32, 3), np.uint8))])) == []
