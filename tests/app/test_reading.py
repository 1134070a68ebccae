"""Uploads read as files do, and what cannot be read is said in one sentence with the file's name."""

import io

import pytest
from PIL import Image

from fingerspell.app.upload.reading import ReadPicture, ReadVideo, caption_video, read_upload
from fingerspell.errors import MediaError
from fingerspell.runtime.media.video import probe_video
from fingerspell.runtime.reader import Reader, load_reader


@pytest.fixture
def reader(grey_classifier):
    return Reader(grey_classifier)


@pytest.fixture
def video(make_video, grey_classifier):
    """A second of A, then a second of B, at 20 frames a second."""
    frames = [grey_classifier.picture_of(sign) for sign in "A" * 20 + "B" * 20]
    return make_video("my clip.mp4", frames, range(0, 2000, 50)).read_bytes()


def test_a_picture_gets_its_likeliest_signs_and_its_hand(examples):
    """Reference: the classifier asked directly."""
    reader = load_reader(spell=False)
    content = (examples / "l.jpg").read_bytes()
    read = read_upload("l.jpg", content, reader, 10, pytest.fail)
    assert isinstance(read, ReadPicture)
    expected = reader.read(examples / "l.jpg").probabilities
    assert read.best[0][0] == "L"
    assert list(read.best) == sorted(expected.items(), key=lambda pair: -pair[1])[:5]
    original = Image.open(io.BytesIO(content))
    assert read.drawn.size == original.size
    assert (95, 208, 168) in {color for _, color in read.drawn.getcolors(1 << 16)}  # the hand's lines


def test_a_model_that_finds_no_joints_leaves_the_picture_as_it_is(reader, grey_classifier):
    content = io.BytesIO()
    Image.fromarray(grey_classifier.picture_of("Q")).save(content, "PNG")
    read = read_upload("q.png", content.getvalue(), reader, 10, pytest.fail)
    assert read.best[0][0] == "Q"
    assert len(read.drawn.getcolors()) == 1


def test_a_video_gets_a_transcript_and_progress(reader, video):
    shares = []
    read = read_upload("my clip.mp4", video, reader, 10, shares.append)
    assert isinstance(read, ReadVideo)
    assert (read.transcript.text, read.transcript.source) == ("AB", "my clip.mp4")
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1950 / 2000, abs=0.03)


def test_a_video_of_one_picture_is_a_picture(reader, make_video, grey_classifier):
    content = make_video("q.mp4", [grey_classifier.picture_of("Q")], [0]).read_bytes()
    read = read_upload("q.mp4", content, reader, 10, lambda share: None)
    assert isinstance(read, ReadPicture)
    assert (read.name, read.best[0][0]) == ("q.mp4", "Q")


def test_a_video_that_is_too_long_is_refused(reader, video):
    with pytest.raises(MediaError, match=r"^my clip\.mp4 lasts longer than 0\.02 minutes"):
        read_upload("my clip.mp4", video, reader, 1.2, lambda share: None)


def test_captions_are_drawn_into_a_copy(reader, video, tmp_path):
    read = read_upload("my clip.mp4", video, reader, 10, lambda share: None)
    path = tmp_path / "captioned.mp4"
    path.write_bytes(caption_video(read, lambda share: None))
    assert probe_video(path)[1] == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    "name", ["no picture.jpg", "no video.mp4", "../../evil.mp4", "nothing", "a" * 300]
)
def test_what_cannot_be_read_is_called_by_its_own_name(reader, name):
    with pytest.raises(MediaError) as raised:
        read_upload(name, b"neither", reader, 10, lambda share: None)
    assert str(raised.value).startswith(f"{name} is ")
    assert "fingerspell-" not in str(raised.value)


def test_an_empty_file(reader):
    with pytest.raises(MediaError, match=r"^empty\.mp4 is empty"):
        read_upload("empty.mp4", b"", reader, 10, lambda share: None)
