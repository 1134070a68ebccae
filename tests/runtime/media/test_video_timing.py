"""How long frames are shown, which stream is read, and where a file ends."""

import itertools
from fractions import Fraction

import av
import numpy as np
import pytest
from tests.conftest import grey_frame

from fingerspell import Reader
from fingerspell.core.alphabet import CLASSES
from fingerspell.errors import MediaError
from fingerspell.runtime.media import open_media
from fingerspell.runtime.media.video import probe_video, video_frames, write_video

PICTURES = [grey_frame(CLASSES.index(sign) * 8) for sign in "LAW"]


def add_video(container, codec="libx264"):
    stream = container.add_stream(codec, rate=25)
    stream.height, stream.width = 48, 64
    stream.pix_fmt = "yuv420p"
    return stream


def encode(container, stream, grey, n=25, begin_s=0.0):
    for i in range(n):
        frame = av.VideoFrame.from_ndarray(grey_frame(grey), format="rgb24")
        frame.pts, frame.time_base = i + round(begin_s * 25), Fraction(1, 25)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def silence(container, stream, seconds):
    block = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
    block.sample_rate = 8000
    for i in range(round(seconds * 8000 / 1024)):
        block.pts, block.time_base = i * 1024, Fraction(1, 8000)
        container.mux(stream.encode(block))
    container.mux(stream.encode())


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.gif", "gif"), ("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.webm", "libvpx-vp9")],
)
@pytest.mark.parametrize("times_cs", [[0, 30, 60], [0, 100, 200], [0, 200, 400], [0, 40, 140]])
def test_one_frame_a_letter(make_video, grey_classifier, name, codec, times_cs):
    """As slideshows have it, and recorders that write a frame only where the picture changes."""
    clip = make_video(name, PICTURES, times_cs, codec, Fraction(100))
    frames = list(open_media(clip).frames())
    lengths = [b - a for a, b in itertools.pairwise(times_cs)]
    assert [f.duration_s for f in frames[:2]] == pytest.approx([n / 100 for n in lengths], abs=0.011)
    # The last has no length of its own but in a GIF.
    assert frames[2].duration_s == pytest.approx(np.mean(lengths) / 100, abs=0.31)
    transcript = Reader(grey_classifier).read(clip)
    assert transcript.raw_text == "LAW"
    starts = [letter.start_s for letter in transcript.letters]
    assert starts == pytest.approx([t / 100 for t in times_cs], abs=0.1)


def test_the_last_frame_is_shown_until_the_sound_ends(tmp_path):
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        picture = add_video(container)
        sound = container.add_stream("aac", rate=8000, layout="mono")
        encode(container, picture, 100, n=10)
        silence(container, sound, 3.0)
    frames = list(video_frames(tmp_path / "a.mkv"))
    assert [f.duration_s for f in frames[:-1]] == pytest.approx([0.04] * 9)
    assert frames[-1].time_s + frames[-1].duration_s == pytest.approx(3.0, abs=0.2)


def test_a_slideshow_played_as_a_camera_is_filmed_again_and_again(make_video, grey_classifier):
    clip = make_video("a.gif", PICTURES, [0, 40, 80], "gif", Fraction(100))
    media = open_media(clip, as_camera=True)
    assert Reader(grey_classifier).read_media(media).raw_text == "LAW"


@pytest.mark.parametrize("default", [0, 1])
def test_the_stream_that_players_show_is_read(tmp_path, default):
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        streams = [add_video(container), add_video(container)]
        streams[default].disposition = av.stream.Disposition.default
        streams[1 - default].disposition = av.stream.Disposition(0)
        for stream, grey in zip(streams, (50, 200), strict=True):
            encode(container, stream, grey)
    path = tmp_path / "a.mkv"
    for live in (False, True):
        frame = next(open_media(path, as_camera=live).frames())
        assert frame.pixels.mean() == pytest.approx((50, 200)[default], abs=6)


def add_cover(container):
    cover = container.add_stream("mjpeg", rate=1)
    cover.height, cover.width, cover.pix_fmt = 64, 64, "yuvj420p"
    cover.disposition = av.stream.Disposition.attached_pic
    return cover


def test_a_cover_is_no_video(tmp_path):
    with av.open(str(tmp_path / "song.m4a"), "w", format="mp4") as container:
        sound, cover = container.add_stream("aac", rate=8000, layout="mono"), add_cover(container)
        encode(container, cover, 90, n=1)
        silence(container, sound, 1.0)
    with pytest.raises(MediaError, match=r"song\.m4a has sound but no picture"):
        open_media(tmp_path / "song.m4a")


def test_a_film_with_a_cover_is_its_film(tmp_path):
    with av.open(str(tmp_path / "film.mp4"), "w") as container:
        cover, film = add_cover(container), add_video(container)
        encode(container, cover, 200, n=1)
        encode(container, film, 60)
    frames = list(open_media(tmp_path / "film.mp4").frames())
    assert len(frames) == 25
    assert frames[0].pixels.mean() == pytest.approx(60, abs=6)


@pytest.mark.parametrize("name", ["a.mkv", "a.webm", "a.mp4", "a.ts", "a.flv", "a.wmv", "a.mpg"])
@pytest.mark.parametrize("begin_s", [0.0, 600.0])
def test_a_file_that_starts_late_is_whole(tmp_path, name, begin_s):
    """An hour of a longer recording, cut out with its times: some formats count from zero."""
    codec = {"a.webm": "libvpx-vp9", "a.flv": "flv", "a.wmv": "wmv2", "a.mpg": "mpeg2video"}
    with av.open(str(tmp_path / name), "w") as container:
        stream = add_video(container, codec.get(name, "libx264"))
        encode(container, stream, 100, n=50, begin_s=begin_s)
    assert probe_video(tmp_path / name)[1] == pytest.approx(2.0, abs=0.2)
    times = [frame.time_s for frame in video_frames(tmp_path / name)]
    assert (len(times), times[0], times[-1]) == (50, 0.0, pytest.approx(1.96, abs=0.01))


def test_a_late_file_that_is_cut_says_so(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        encode(container, add_video(container), 100, n=250, begin_s=600.0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(MediaError, match=r"cut short after \d\.\d s"):
        list(video_frames(path))


def test_a_header_that_promises_more_than_its_own_pictures_is_no_cut(make_video):
    """The film's header says ten seconds, its table of pictures one, and they are all there."""
    path = make_video("a.mp4", [grey_frame(90)] * 25, range(0, 1000, 40))
    content = bytearray(path.read_bytes())
    for box, at in ((b"mvhd", 20), (b"tkhd", 24)):
        place = content.index(box) + at
        content[place : place + 4] = (10_000).to_bytes(4, "big")
    path.write_bytes(content)
    assert len(list(video_frames(path))) == 25


def test_a_file_of_no_frames_says_so(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w", options={"movflags": "empty_moov+frag_keyframe"}) as container:
        stream = add_video(container)
        container.start_encoding()
        list(stream.encode())
    with pytest.raises(MediaError, match=r"a\.mp4 .*record or export it again"):
        list(open_media(path).frames())


def test_what_is_damaged_within_is_passed_over_and_told(tmp_path):
    """Every frame is a picture by itself; one of them no longer is."""
    path = tmp_path / "a.mov"
    with av.open(str(path), "w") as container:
        stream = add_video(container, "png")
        stream.pix_fmt = "rgb24"
        encode(container, stream, 100)
    pictures = path.read_bytes().split(b"\x89PNG")
    pictures[10] = bytes(len(pictures[10]))
    path.write_bytes(b"\x89PNG".join(pictures))
    frames = []
    with pytest.raises(MediaError, match=r"is damaged at 0\.\d s"):
        frames.extend(video_frames(path))
    assert len(frames) == 24


def test_a_written_video_keeps_how_long_its_last_frame_is_shown(make_video, tmp_path):
    clip = make_video("a.gif", PICTURES, [0, 100, 200], "gif", Fraction(100))
    frames = list(video_frames(clip))
    write_video(tmp_path / "b.mp4", frames, 25.0)
    copied = list(video_frames(tmp_path / "b.mp4"))
    assert [f.duration_s for f in copied] == pytest.approx([f.duration_s for f in frames], abs=0.01)
    assert probe_video(tmp_path / "b.mp4")[1] == pytest.approx(3.0, abs=0.01)
