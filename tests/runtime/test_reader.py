from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from tests.conftest import GreyClassifier

from fingerspell import DecoderOptions, Frame, MediaError, Prediction, Reader
from fingerspell.core.alphabet import CLASSES
from fingerspell.core.lexicon import Lexicon
from fingerspell.core.spelling.speller import Speller
from fingerspell.runtime.media import Media

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


def test_at_most_so_many_frames_are_looked_at(clip):
    class Counting(GreyClassifier):
        n = 0

        def classify(self, pictures):
            Counting.n += len(pictures)
            return super().classify(pictures)

    transcript = Reader(Counting(), fps=10).read(clip)
    assert transcript.text == "HI HI"
    assert transcript.frames == 80  # of the video
    assert Counting.n == 40


@pytest.mark.parametrize("fps", [4.9, -1.0, float("nan"), float("inf")])
def test_no_such_number_of_frames(grey_classifier, fps):
    with pytest.raises(ValueError, match="frames a second"):
        Reader(grey_classifier, fps=fps)


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


posteriors = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 60), st.just(29)),
    elements=st.floats(0.0009765625, 1.0, width=32),
).map(lambda p: np.repeat(p**8 / (p**8).sum(1, keepdims=True), 4, axis=0))


class Scripted:
    """Says of frame i, whose number is its grey, what row i of a table says."""

    name = "scripted 1"

    def __init__(self, rows: np.ndarray) -> None:
        self.rows = rows

    def classify(self, pictures: np.ndarray) -> list[Prediction]:
        return [Prediction(self.rows[picture[0, 0, 0]]) for picture in pictures]


@settings(deadline=None, max_examples=100)
@given(posteriors, st.sampled_from([5, 12.5, 30, 60]))
def test_a_file_and_a_stream_give_identical_letters(rows, fps):
    frames = [Frame(i / fps, np.full((16, 16, 3), i, np.uint8)) for i in range(len(rows))]
    reader = Reader(Scripted(rows), DecoderOptions(min_hold_s=0.03, release_s=0.02, smoothing_s=0.01))
    media = Media("clip.mp4", "video", lambda: iter(frames), fps, len(rows) / fps)
    streamed, taken = [], iter(frames)
    for event in reader.stream(taken):
        # An event comes with the frame that decides it: nothing is held back for later ones.
        assert event.letter.end_s <= frames[-1].time_s
        streamed.append(event.letter) if event.kind == "ended" else None
    assert list(reader.read_media(media).letters) == streamed


def test_a_live_source_that_is_stopped_gives_what_was_read(reader):
    def stopped():
        for i in range(20):
            yield Frame(i / 20, GreyClassifier.picture_of("Q"))
        raise KeyboardInterrupt

    transcript = reader.read_media(Media("rtsp://camera", "live", stopped))
    assert (transcript.text, transcript.stopped) == ("Q", True)
    with pytest.raises(KeyboardInterrupt):
        reader.read_media(Media("clip.mp4", "video", stopped))


def test_text_is_corrected_and_raw_text_kept(grey_classifier, make_video):
    signs = ["H", "E", "L", "O", "nothing"]
    frames = [GreyClassifier.picture_of(sign) for sign in signs for _ in range(10)]
    clip = make_video("clip.mp4", frames, range(len(frames)), rate=Fraction(20))
    speller = Speller(Lexicon({"hello": 1.0, "world": 1.0}))
    transcript = Reader(grey_classifier, speller=speller).read(clip)
    assert (transcript.raw_text, transcript.text) == ("HELO", "HELLO")
    assert transcript.words[0].start_s == transcript.letters[0].start_s
    assert "corrected" not in transcript.as_dict()


@pytest.mark.parametrize(("end", "text"), [("nothing", "WORLD HELLO"), ("O", "WORLD HELKO")])
def test_a_video_that_ends_within_a_word_keeps_its_letters(grey_classifier, make_video, end, text):
    signs = [*"WORLD", *["nothing"] * 3, *"HELKO", end]
    frames = [GreyClassifier.picture_of(sign) for sign in signs for _ in range(10)]
    clip = make_video("clip.mp4", frames, range(len(frames)), rate=Fraction(20))
    speller = Speller(Lexicon({"hello": 1.0, "world": 1.0}))
    transcript = Reader(grey_classifier, speller=speller).read(clip)
    assert (transcript.raw_text, transcript.text) == ("WORLD HELKO", text)


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


@pytest.mark.parametrize(
    ("asked_for", "expected"), [(False, set("ABCDEFGHIKLMNOPQRSTUVWXY")), (True, {"J"})]
)
def test_j_in_a_still_is_recognised_where_it_is_asked_for(asked_for, expected, tmp_path):
    Image.fromarray(GreyClassifier.picture_of("J")).save(tmp_path / "j.png")
    reader = Reader(GreyClassifier(), moving_letters_in_stills=asked_for)
    assert set(reader.read(tmp_path / "j.png").text) <= expected
    [letter] = reader.read(tmp_path / "j.png").letters
    assert letter.char in expected


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
