import gc
import itertools
import os
import struct
from fractions import Fraction

import av
import numpy as np
import psutil
import pytest
from tests.conftest import grey_frame

from fingerspell.errors import MediaError
from fingerspell.runtime.media import open_media
from fingerspell.runtime.media.video import VIDEO_SIDE_PX, video_frames

GREYS = [0, 60, 120, 180, 240]
TIMES_MS = [0, 40, 200, 210, 500]  # as uneven as a phone's in bad light


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "libx264"), ("a.mov", "libx264"), ("a.webm", "libvpx-vp9"), ("a.mkv", "libx264")],
)
def test_formats_keep_frames_and_real_timestamps(make_video, name, codec):
    media = open_media(make_video(name, map(grey_frame, GREYS), TIMES_MS, codec))
    frames = list(media.frames())
    assert media.kind == "video"
    np.testing.assert_allclose([f.time_s * 1000 for f in frames], TIMES_MS, atol=1)
    np.testing.assert_allclose([f.pixels.mean() for f in frames], GREYS, atol=6)
    assert frames[0].pixels.shape == (48, 64, 3)
    assert frames[0].pixels.dtype == np.uint8


def test_avi(make_video):
    media = open_media(make_video("a.avi", map(grey_frame, GREYS), range(5), "mpeg4", Fraction(25)))
    np.testing.assert_allclose([f.pixels.mean() for f in media.frames()], GREYS, atol=6)


def test_gif_is_a_video(make_video):
    times_ms = [0, 40, 200, 220, 500]
    media = open_media(make_video("a.gif", map(grey_frame, GREYS), times_ms, "gif"))
    frames = list(media.frames())
    assert media.kind == "video"
    np.testing.assert_allclose([f.time_s * 1000 for f in frames], times_ms, atol=10)


def test_colours_are_rgb(make_video):
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 0] = 255
    media = open_media(make_video("a.mp4", [red] * 3, [0, 40, 80]))
    r, g, b = next(media.frames()).pixels.mean((0, 1))
    assert r > 230
    assert max(g, b) < 25


def test_large_frames_are_shrunk_keeping_the_aspect(make_video):
    media = open_media(make_video("a.mp4", [grey_frame(100, (1280, 720))] * 2, [0, 40]))
    assert next(media.frames()).pixels.shape == (288, VIDEO_SIDE_PX, 3)


def test_portrait_video_of_a_phone_is_turned_upright(make_video):
    """The track header's matrix says "show me turned by 90 degrees clockwise", as phones write it."""
    lying = grey_frame(0)
    lying[:, :32] = 250  # the left half, which belongs at the top
    path = make_video("a.mp4", [lying] * 3, [0, 40, 80])
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40
    assert content[matrix : matrix + 4] == struct.pack(">i", 0x10000)
    clockwise = (0, 0x10000, 0, -0x10000, 0, 0, 48 << 16, 0, 0x40000000)
    content[matrix : matrix + 36] = struct.pack(">9i", *clockwise)
    path.write_bytes(content)
    pixels = next(open_media(path).frames()).pixels
    assert pixels.shape == (64, 48, 3)
    assert pixels[:28].mean() > 230
    assert pixels[36:].mean() < 20


def test_fps_is_not_rounded(make_video):
    rate = Fraction(30_000, 1001)
    media = open_media(make_video("a.mp4", [grey_frame(100)] * 30, range(30), rate=rate))
    assert media.fps == pytest.approx(30_000 / 1001)
    assert media.duration_s == pytest.approx(1.001, abs=0.001)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.8])
@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "libx264"), ("a.avi", "mpeg4"), ("a.webm", "libvpx-vp9")]
)
def test_a_cut_video_is_refused_wherever_it_is_cut(make_video, name, codec, share):
    noise = np.random.default_rng(0).integers(0, 256, (60, 48, 64, 3), np.uint8)
    path = make_video(name, noise, range(60), codec, Fraction(25))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(MediaError, match="damaged"):
        list(open_media(path).frames())


@pytest.mark.parametrize("content", [b"", b"no video at all", b"\x00\x00\x00\x18ftypmp42" + bytes(500)])
def test_what_is_no_video_is_refused(tmp_path, content):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"a\.mp4 is (empty|not an image or video)"):
        open_media(path)


def test_a_playlist_may_not_open_other_files(tmp_path, make_video):
    target = make_video("secret.mp4", [grey_frame(9)] * 3, [0, 40, 80])
    for name, content in {
        "list.mp4": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n",
        "concat.mp4": f"ffconcat version 1.0\nfile '{target}'\n",
    }.items():
        (tmp_path / name).write_text(content)
        with pytest.raises(MediaError, match="is not an image or video"):
            open_media(tmp_path / name)


def test_missing_and_forbidden_paths(tmp_path):
    with pytest.raises(MediaError, match="does not exist"):
        open_media(tmp_path / "none.mp4")
    with pytest.raises(MediaError, match="neither a file nor a folder"):
        open_media("/dev/null")


def test_paths_that_lead_nowhere(tmp_path):
    (tmp_path / "ring.mp4").symlink_to("ring.mp4")
    (tmp_path / "file").touch()
    for path in ("ring.mp4", "file/a.mp4", "long" * 100 + ".mp4"):
        with pytest.raises(MediaError, match="cannot be opened"):
            open_media(tmp_path / path)


def test_a_colon_in_a_name_is_no_protocol(make_video, monkeypatch, tmp_path):
    make_video("a.mp4", map(grey_frame, GREYS), TIMES_MS).rename(tmp_path / "at 12:30.mp4")
    monkeypatch.chdir(tmp_path)
    assert len(list(open_media("at 12:30.mp4").frames())) == len(GREYS)


def test_an_unknown_codec_is_named(make_video):
    path = make_video("a.mp4", map(grey_frame, GREYS), TIMES_MS)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(MediaError, match=r"a\.mp4 uses a codec that is not known"):
        open_media(path)


def copy_packets(source, target, stream, later_s):
    """Copies the video of one container into a stream of another, without encoding it again."""
    for packet in source.demux(video=0):
        if packet.dts is not None:  # the last one is empty
            later = round(later_s / packet.time_base)
            packet.pts, packet.dts, packet.stream = packet.pts + later, packet.dts + later, stream
            target.mux(packet)


def test_what_was_trimmed_without_encoding_again_is_whole(examples, tmp_path):
    """An edit list hides the first second; the frames it hides are still counted in the header."""
    trimmed = tmp_path / "trimmed.mp4"
    with av.open(str(examples / "hello.mp4")) as whole, av.open(str(trimmed), "w") as container:
        stream = container.add_stream_from_template(whole.streams.video[0])
        copy_packets(whole, container, stream, later_s=-1.0)
    with av.open(str(trimmed)) as container:
        assert container.streams.video[0].frames == 272
    assert 240 < len(list(open_media(trimmed).frames())) < 260


def test_times_fit_a_file_whose_sound_begins_first(examples, tmp_path):
    late = tmp_path / "late.mp4"
    with av.open(str(examples / "hello.mp4")) as seen, av.open(str(late), "w") as container:
        picture = container.add_stream_from_template(seen.streams.video[0])
        sound = container.add_stream("aac", rate=8000, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        silence.sample_rate = 8000
        for i in range(16):
            silence.pts, silence.time_base = i * 1024, Fraction(1, 8000)
            container.mux(sound.encode(silence))
        container.mux(sound.encode())
        copy_packets(seen, container, picture, later_s=1.5)
    first = next(open_media(late).frames())
    assert first.time_s == pytest.approx(1.5, abs=0.2)  # the sound's lead-in is before 0


def test_times_never_run_backwards(examples):
    times = [frame.time_s for frame in open_media(examples / "hello.mp4").frames()]
    assert times[0] == 0
    assert all(a < b for a, b in itertools.pairwise(times))
    assert len(times) == 272


def test_no_thread_is_left_by_a_video(examples):
    """Nothing waits for Python's collector: whoever reads many videos would have a thread a frame."""
    list(video_frames(examples / "hello.mp4"))
    gc.disable()
    try:
        before = psutil.Process().num_threads()
        for _ in range(2):
            frames = list(video_frames(examples / "hello.mp4"))
        assert psutil.Process().num_threads() <= before + (os.cpu_count() or 1)
    finally:
        gc.enable()
    assert len(frames) > 100
