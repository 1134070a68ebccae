"""Uploads read as files do, and what cannot be read is said in one sentence with the file's name."""

import io

import av
import pytest
from PIL import Image

from fingerspell.app.upload.opening import Apart, Here
from fingerspell.app.upload.reading import ReadPicture, ReadVideo, caption_video, read_upload
from fingerspell.errors import MediaError
from fingerspell.runtime.media.video import probe_video
from fingerspell.runtime.reader import Reader, load_reader


def ignore(what, share):
    pass


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
    ranked = sorted(expected.items(), key=lambda pair: -pair[1])[:5]
    assert list(read.best) == ranked[:1] + [pair for pair in ranked[1:] if pair[1] >= 0.005]
    assert (read.letter, read.has_hand) == ("L", True)
    original = Image.open(io.BytesIO(content))
    assert read.drawn.size == original.size
    assert (95, 208, 168) in {color for _, color in read.drawn.getcolors(1 << 16)}  # the hand's lines


def test_a_model_that_finds_no_joints_leaves_the_picture_as_it_is(reader, grey_classifier):
    content = io.BytesIO()
    Image.fromarray(grey_classifier.picture_of("Q")).save(content, "PNG")
    read = read_upload("q.png", content.getvalue(), reader, 10, pytest.fail)
    assert read.best[0][0] == "Q"
    assert len(read.drawn.getcolors()) == 1


def test_a_picture_without_a_hand_gets_none_drawn():
    content = io.BytesIO()
    Image.new("RGB", (320, 240), (90, 110, 120)).save(content, "PNG")
    read = read_upload("wall.png", content.getvalue(), load_reader(spell=False), 10, pytest.fail)
    assert (read.has_hand, read.letter) == (False, "")
    assert len(read.drawn.getcolors()) == 1
    assert all(probability >= 0.005 for _, probability in read.best[1:])


def test_a_video_gets_a_transcript_and_progress(reader, video):
    shares = []
    read = read_upload("my clip.mp4", video, reader, 10, lambda what, share: shares.append(share))
    assert isinstance(read, ReadVideo)
    assert (read.transcript.text, read.transcript.source) == ("AB", "my clip.mp4")
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1950 / 2000, abs=0.03)


def test_a_video_of_one_picture_is_a_picture(reader, make_video, grey_classifier):
    content = make_video("q.mp4", [grey_classifier.picture_of("Q")], [0]).read_bytes()
    read = read_upload("q.mp4", content, reader, 10, ignore)
    assert isinstance(read, ReadPicture)
    assert (read.name, read.best[0][0]) == ("q.mp4", "Q")


@pytest.mark.parametrize(
    ("suffix", "codec", "pixels"),
    [
        ("avi", "mjpeg", "yuvj420p"),
        ("mkv", "libx264", "yuv420p"),
        ("mov", "libx264", "yuv420p"),
        ("mpg", "mpeg2video", "yuv420p"),
        ("gif", "gif", "gray"),
        ("mp4", "libx264", "yuv444p"),
    ],
)
@pytest.mark.parametrize("opener", [Here(), Apart(10, 2000)], ids=["here", "apart"])
def test_what_browsers_cannot_play_is_shown_as_a_copy(
    reader, grey_classifier, tmp_path, suffix, codec, pixels, opener
):
    """Reference: FFmpeg's own view of the copy."""
    path = tmp_path / f"clip.{suffix}"
    write(path, [grey_classifier.picture_of(sign) for sign in "A" * 25 + "B" * 25], codec, pixels)
    read = read_upload(path.name, path.read_bytes(), reader, 10, ignore, opener)
    assert read.transcript.text == "AB"
    with av.open(io.BytesIO(read.shown)) as copy:
        stream = copy.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert float(copy.duration / av.time_base) == pytest.approx(2, abs=0.15)
    assert read_upload("shown.mp4", read.shown, reader, 10, ignore).transcript.text == "AB"


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("mp4", "libx264"), ("m4v", "libx264"), ("webm", "libvpx"), ("3gp", "libx264")],
)
def test_what_browsers_play_is_shown_as_it_is(reader, grey_classifier, tmp_path, suffix, codec):
    path = tmp_path / f"clip.{suffix}"
    write(path, [grey_classifier.picture_of("A")] * 25, codec, "yuv420p")
    assert read_upload(path.name, path.read_bytes(), reader, 10, ignore).shown is None


def write(path, frames, codec, pixels):
    """25 frames a second."""
    with av.open(str(path), "w", format={"m4v": "mp4"}.get(path.suffix[1:])) as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pixels
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())


def test_a_video_that_is_cut_short_is_read_and_said_to_be(reader, grey_classifier, tmp_path):
    path = tmp_path / "cut.mkv"
    write(
        path, [grey_classifier.picture_of(sign) for sign in "A" * 25 + "B" * 25], "libx264", "yuv420p"
    )
    content = path.read_bytes()
    read = read_upload("cut.mkv", content[: len(content) * 2 // 3], reader, 10, ignore)
    assert read.damage.startswith("cut.mkv is damaged or cut short")
    assert 0 < read.transcript.frames < 50
    assert read.shown


def test_a_video_that_is_too_long_is_refused(reader, video):
    with pytest.raises(MediaError, match=r"^my clip\.mp4 lasts longer than 0\.02 minutes"):
        read_upload("my clip.mp4", video, reader, 1.2, ignore)


def test_captions_are_drawn_into_a_copy(reader, video, tmp_path):
    read = read_upload("my clip.mp4", video, reader, 10, ignore)
    path = tmp_path / "captioned.mp4"
    path.write_bytes(caption_video(read, ignore))
    assert probe_video(path)[1] == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    "name", ["no picture.jpg", "no video.mp4", "../../evil.mp4", "nothing", "a" * 300]
)
def test_what_cannot_be_read_is_called_by_its_own_name(reader, name):
    with pytest.raises(MediaError) as raised:
        read_upload(name, b"neither", reader, 10, ignore)
    assert str(raised.value).startswith(f"{name} is ")
    assert "fingerspell-" not in str(raised.value)


def test_an_empty_file(reader):
    with pytest.raises(MediaError, match=r"^empty\.mp4 is empty"):
        read_upload("empty.mp4", b"", reader, 10, ignore)
