"""Frames are shown as players show them: against matrices worked by hand, in files and live."""

import gc
import io
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import ExifTags, Image

from fingerspell.runtime.media import open_media
from fingerspell.runtime.media.display import shown_size
from fingerspell.runtime.media.video import video_frames

# Quarters of the stored picture by their grey: left above, right above, left below, right below.
QUARTERS = np.array([[30, 90], [150, 220]])
STORED = np.kron(QUARTERS, np.ones((24, 32))).astype(np.uint8)[..., None].repeat(3, 2)
SHOWN = {
    (0, False, False): QUARTERS,
    (0, True, False): QUARTERS[:, ::-1],
    (0, False, True): QUARTERS[::-1],
    (180, False, False): [[220, 150], [90, 30]],
    (90, False, False): [[90, 220], [30, 150]],  # counter-clockwise
    (-90, False, False): [[150, 30], [220, 90]],
    (90, False, True): QUARTERS.T,  # FFmpeg's "transpose"
    (90, True, False): QUARTERS[::-1, ::-1].T,  # "transverse"
}


def write_clip(path, turn=None, shape=None, codec="libx264"):
    """Six frames, to be shown turned and mirrored, or with pixels of another shape than square."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = STORED.shape[:2]
        stream.pix_fmt = "yuv420p"
        if shape:
            stream.codec_context.sample_aspect_ratio = shape
        if turn:
            degrees, hflip, vflip = turn
            stream.set_display_rotation(degrees, hflip=hflip, vflip=vflip)
        for _ in range(6):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(STORED, format="rgb24")))
        container.mux(stream.encode())
    return path


def quarters(pixels):
    height, width = pixels.shape[:2]
    parts = pixels.mean(2)
    return [
        [parts[y : y + 8, x : x + 8].mean() for x in (width // 4 - 4, 3 * width // 4 - 4)]
        for y in (height // 4 - 4, 3 * height // 4 - 4)
    ]


@pytest.mark.parametrize(("turn", "expected"), SHOWN.items())
def test_turned_and_mirrored_files_are_shown_as_players_show_them(tmp_path, turn, expected):
    path = write_clip(tmp_path / "a.mp4", turn)
    seen = [next(open_media(path, as_camera=live).frames()) for live in (False, True)]
    for frame in seen:
        np.testing.assert_allclose(quarters(frame.pixels), expected, atol=8)
        assert frame.pixels.shape[:2] == ((64, 48) if abs(turn[0]) == 90 else (48, 64))


@pytest.mark.parametrize(
    ("shape", "size"), [(Fraction(2), (48, 128)), (Fraction(1, 2), (96, 64)), (Fraction(9), (48, 64))]
)
def test_pixels_that_are_not_square(tmp_path, shape, size):
    """Nine times as wide as high are no pixels of a camera."""
    frame = next(open_media(write_clip(tmp_path / "a.mkv", shape=shape)).frames())
    assert frame.pixels.shape[:2] == size
    np.testing.assert_allclose(quarters(frame.pixels), QUARTERS, atol=8)


def test_a_turned_picture_of_oblong_pixels(tmp_path):
    """The turn comes last: 128x48 in square pixels stands 48 wide and 128 high."""
    path = write_clip(tmp_path / "a.mp4", (90, False, False), Fraction(2))
    assert next(open_media(path).frames()).pixels.shape[:2] == (128, 48)


def test_no_pixel_is_lost_to_its_shape():
    assert shown_size(720, 576, Fraction(16, 15)) == (768, 576)
    assert shown_size(720, 480, Fraction(8, 9)) == (720, 540)


def test_exif_in_a_video_of_jpegs(tmp_path):
    """PyAV knows no such data beside a frame, and stumbles over it; the turn is known all the same."""
    exif, jpeg = Image.Exif(), io.BytesIO()
    exif[ExifTags.Base.Orientation] = 6  # to be turned clockwise
    Image.fromarray(STORED).save(jpeg, "JPEG", exif=exif, quality=95)
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.height, stream.width = STORED.shape[:2]
        stream.pix_fmt = "yuvj420p"
        for i in range(3):
            packet = av.Packet(jpeg.getvalue())
            packet.pts = packet.dts = i
            packet.time_base, packet.stream = Fraction(1, 25), stream
            container.mux(packet)
    frame = next(video_frames(path))
    np.testing.assert_allclose(quarters(frame.pixels), SHOWN[-90, False, False], atol=8)


def test_frames_are_freed_without_pythons_collector(examples):
    gc.collect()
    gc.disable()
    try:
        held = [
            sum(type(each) is av.VideoFrame for each in gc.get_objects())
            for frame in video_frames(examples / "hello.mp4")
            if frame.time_s > 10.5
        ]
    finally:
        gc.enable()
    assert held
    assert max(held) < 100  # each core decodes a few; the video has 272
