"""The session reads what a file reader reads, keeps the text, and refuses what is no picture."""

import io

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from tests.app.pictures import jpeg

from fingerspell import load_reader, open_media
from fingerspell.app.live.session import (
    LiveSession,
    decode_seen,
    find_session,
    open_session,
)
from fingerspell.app.live.text_session import OF_HAND, REST_S
from fingerspell.core.alphabet import CLASSES
from fingerspell.errors import MediaError
from fingerspell.runtime.reader import Reader

N_NUMBERS = len(CLASSES) + OF_HAND


@pytest.fixture
def session(grey_classifier) -> LiveSession:
    return LiveSession(Reader(grey_classifier))


def sign(session: LiveSession, grey_classifier, text: str, start_s: float = 0.0) -> None:
    """Hold each sign for half a second, at 20 frames a second."""
    for number, char in enumerate(text):
        for step in range(10):
            name = {" ": "space", ".": "nothing"}.get(char, char)
            session.look(jpeg(grey_classifier.picture_of(name)), start_s + number * 0.5 + step / 20)


@pytest.mark.slow
def test_frames_from_a_browser_read_as_the_file_does(examples):
    """Reference: `Reader.read` of the same video."""
    reader = load_reader()
    session = LiveSession(reader)
    for frame in open_media(examples / "hello.mp4").frames():
        session.look(jpeg(frame.pixels), frame.time_s)
    transcript = reader.read(examples / "hello.mp4")
    assert session.caption()["text"] == transcript.text == "HELLO WORLD"
    assert session.raw_text == transcript.raw_text


def test_letters_are_told_when_they_come(session, grey_classifier):
    answers = [session.look(jpeg(grey_classifier.picture_of("B")), t / 20) for t in range(10)]
    assert [a["caption"]["text"] for a in answers if "caption" in a] == ["B"]
    assert (answers[-1]["sign"], answers[-1]["probability"]) == ("B", pytest.approx(0.972, abs=1e-3))
    assert answers[-1]["joints"] == []  # this classifier knows of none


def test_what_a_page_has_read_gives_the_same_letters(session, grey_classifier):
    """Reference: the session that reads the pictures itself."""
    other = LiveSession(Reader(grey_classifier))
    for number, char in enumerate("AB" * 10):
        picture = grey_classifier.picture_of(char)
        [prediction] = grey_classifier.classify(picture[None])
        seen = decode_seen(prediction.probabilities.astype("<f4").tobytes())
        looked, taken = session.look(jpeg(picture), number / 5), other.take(seen, number / 5)
        assert taken.items() <= looked.items()
    assert other.raw_text == session.raw_text
    assert "ABAB" in other.raw_text


@given(arrays("<f4", len(CLASSES), elements=st.floats(0, 1, width=32)).filter(lambda p: p.sum() > 0))
def test_probabilities_come_through_exactly(values):
    probabilities = (values / values.sum()).astype("<f4")
    assert decode_seen(probabilities.tobytes()) == (probabilities.tolist(), None, None)


def test_a_hand_comes_through_in_heights_of_the_image():
    numbers = np.zeros(N_NUMBERS, "<f4")
    numbers[0] = 1
    numbers[len(CLASSES) : -2] = 0.25
    numbers[-2:] = 0.875, 1.5  # the hand; width / height
    seen = decode_seen(numbers.tobytes())
    assert seen.hand == 0.875
    assert seen.joints == [(0.375, 0.25)] * 21


@given(arrays("<f4", len(CLASSES), elements=st.floats(width=32)))
def test_numbers_that_are_no_probabilities_are_refused(values):
    assume(not ((values >= 0).all() and abs(values.sum(dtype=np.float64) - 1) < 0.01))
    with pytest.raises(MediaError):
        decode_seen(values.tobytes())


@given(st.binary(max_size=1000).filter(lambda content: len(content) not in (116, 4 * N_NUMBERS)))
def test_anything_else_is_refused(content):
    with pytest.raises(MediaError):
        decode_seen(content)


def test_keys(session, grey_classifier):
    sign(session, grey_classifier, "AB")
    assert session.press("space")["caption"]["raw"] == "AB "
    assert session.press("undo")["caption"]["raw"] == "AB"
    assert session.press("delete")["caption"]["raw"] == "A"
    assert session.press("undo")["caption"]["raw"] == "AB"
    assert session.press("choose", "ABACUS")["caption"]["raw"] == "AB"  # was not suggested
    assert session.press("clear")["caption"]["raw"] == ""


def test_files_hold_the_text_and_its_times(session, grey_classifier):
    sign(session, grey_classifier, "HI.")
    files = session.press("files")["files"]
    assert files["txt"] == "HI\n"
    assert files["srt"].startswith("1\n00:00:00,000 --> 00:00:01,")
    assert files["vtt"].startswith("WEBVTT")


def test_the_camera_may_stop_and_start_again(session, grey_classifier):
    """The same letter again is a second one of the same word, and time goes on."""
    sign(session, grey_classifier, "A")
    session.connect()
    sign(session, grey_classifier, "A")
    assert session.raw_text == "AA"
    first, second = session.signs
    assert second.start_s - first.end_s >= REST_S


def test_times_that_run_backwards_do_no_harm(session, grey_classifier):
    sign(session, grey_classifier, "A", start_s=5)
    sign(session, grey_classifier, "A", start_s=0)
    assert session.raw_text == "A"


def test_another_model_begins_a_new_text(session, grey_classifier):
    sign(session, grey_classifier, "A")
    session.use(Reader(grey_classifier))
    assert session.raw_text == ""


def huge_jpeg() -> bytes:
    """One whose head says that it is 65,000 pixels a side."""
    content = jpeg(np.zeros((48, 64, 3), np.uint8))
    size_at = content.index(b"\xff\xc0") + 5
    return content[:size_at] + (65_000).to_bytes(2) * 2 + content[size_at + 4 :]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        jpeg(np.zeros((48, 64, 3), np.uint8))[:100],
        jpeg(np.zeros((1000, 1300, 3), np.uint8)),
        huge_jpeg(),
    ],
    ids=["empty", "text", "cut", "large", "huge"],
)
def test_what_is_no_picture_is_refused(session, content):
    with pytest.raises(MediaError):
        session.look(content, 0.0)


def test_a_png_is_refused(session):
    content = io.BytesIO()
    Image.new("RGB", (64, 48)).save(content, "PNG")
    with pytest.raises(MediaError):
        session.look(content.getvalue(), 0.0)


def test_sessions_are_found_while_somebody_holds_them(grey_classifier):
    session = open_session(Reader(grey_classifier))
    token = session.token
    assert find_session(token) is session
    del session
    assert find_session(token) is None
    assert find_session("") is None
