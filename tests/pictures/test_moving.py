"""Files of several pictures: every one of them, upright, each with its time."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.pictures.files import encoded, exif_block, moving, with_blocks

from fingerspell.errors import PictureError
from fingerspell.pictures.container import durations
from fingerspell.pictures.moving import Shown, file_content, moving_pictures, shown_durations

GREYS = [20, 90, 200]
DURATIONS_MS = [300, 1500, 40]
TIMED = ["gif", "webp", "png", "avif"]


def greys(values=GREYS, size=(48, 32)) -> list[Image.Image]:
    return [Image.new("RGB", size, (value,) * 3) for value in values]


def frames_of(path: Path, longest_px: int | None) -> Iterator[Shown]:
    with file_content(path) as content:
        yield from moving_pictures(content, path, longest_px)


@pytest.fixture
def law(tmp_path):
    """Writes three greys as a file that moves."""

    def write(suffix, name="law", durations_ms=DURATIONS_MS, **options):
        path = tmp_path / name
        path.write_bytes(moving(greys(), suffix, durations_ms, **options))
        return path

    return write


@pytest.mark.parametrize("suffix", [*TIMED, "mjpeg"])
def test_every_picture_is_given(law, suffix):
    shown = list(frames_of(law(suffix), 512))
    np.testing.assert_allclose([each.pixels.mean() for each in shown], GREYS, atol=3)
    assert {each.pixels.shape for each in shown} == {(32, 48, 3)}


@pytest.mark.parametrize("suffix", TIMED)
def test_each_is_shown_for_as_long_as_its_file_says(law, suffix):
    path = law(suffix)
    shown = list(frames_of(path, None))
    assert [each.duration_s for each in shown] == pytest.approx([0.3, 1.5, 0.04])
    assert [each.start_s for each in shown] == pytest.approx([0, 0.3, 1.8])
    assert shown_durations(path) == [each.duration_s for each in shown]


@settings(max_examples=30, deadline=None)
@given(
    suffix=st.sampled_from(TIMED),
    durations_ms=st.lists(st.integers(2, 400).map(lambda n: 10 * n), min_size=2, max_size=6),
)
def test_durations_are_those_that_were_written(suffix, durations_ms):
    """Reference: what Pillow was told to write. No two neighbours are alike, else it writes one."""
    pictures = greys([40 * (number % 5) for number in range(len(durations_ms))])
    found = durations(moving(pictures, suffix, durations_ms))
    assert found == pytest.approx([each / 1000 for each in durations_ms])


def test_motion_jpeg_has_25_pictures_a_second(law):
    assert [each.start_s for each in frames_of(law("mjpeg"), 512)] == [0, 0.04, 0.08]


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_no_time_at_all_is_a_tenth_of_a_second_as_in_browsers(law, suffix):
    assert shown_durations(law(suffix, durations_ms=[0, 10, 20])) == [0.1, 0.1, 0.02]


def test_the_default_picture_of_an_animated_png_is_not_part_of_it(law):
    shown = frames_of(law("png", durations_ms=[500, 500], default_image=True), 512)
    assert [round(each.pixels.mean()) for each in shown] == GREYS[1:]


def test_parts_that_are_drawn_over_the_last_picture_are_whole(tmp_path):
    """A corner changes; the file holds only that corner."""
    before = np.zeros((32, 32, 3), np.uint8)
    after = before.copy()
    after[:8, :8] = 255
    for suffix in ("gif", "png", "webp"):
        path = tmp_path / "corner"
        pictures = [Image.fromarray(pixels) for pixels in (before, after)]
        path.write_bytes(moving(pictures, suffix, [100, 100], lossless=True))
        shown = [each.pixels for each in frames_of(path, 512)]
        np.testing.assert_allclose(shown, [before, after], atol=2)


def test_motion_jpeg_is_upright_and_shrunk(tmp_path):
    path = tmp_path / "a.jpg"
    one = with_blocks(encoded(Image.new("L", (640, 320), 80), "jpg"), exif_block(6))
    path.write_bytes(one + one + one)
    assert [each.pixels.shape for each in frames_of(path, 64)] == [(64, 32, 3)] * 3


@pytest.mark.parametrize("suffix", ["gif", "png", "mjpeg"])  # the others need their ends
def test_of_a_cut_file_what_is_there_is_given(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), np.uint8)
    content = moving([Image.fromarray(pixels) for pixels in noise], suffix, [200] * 4)
    path = tmp_path / "cut"
    path.write_bytes(content[: int(0.8 * len(content))])
    shown = []
    with pytest.raises(PictureError, match=r"cut is damaged or cut short after 0\.\d s"):
        shown.extend(frames_of(path, 512))
    step_s = 0.04 if suffix == "mjpeg" else 0.2
    assert [each.start_s for each in shown] == pytest.approx([0, step_s, 2 * step_s])


def test_a_gif_cut_anywhere_gives_what_is_whole(law):
    """Wherever it ends, also within the few bytes between two pictures."""
    path = law("gif")
    content, counts = path.read_bytes(), []
    for length in range(content.index(b",") + 1, len(content) - 1):
        path.write_bytes(content[:length])
        shown = []
        with suppress(PictureError):
            shown.extend(frames_of(path, None))
        counts.append(len(shown))
    assert sorted(counts) == counts
    assert set(counts) == {0, 1, 2, 3}


def test_one_picture_in_a_moving_format_does_not_move(tmp_path):
    for suffix in TIMED:
        path = tmp_path / "one"
        path.write_bytes(moving(greys([99]), suffix, [100]))
        assert shown_durations(path) == []


def test_a_file_may_promise_more_than_it_holds(law):
    path = law("png")
    content = path.read_bytes()
    at = content.index(b"acTL")
    promise = b"acTL" + struct.pack(">II", 1_000_000, 0)
    path.write_bytes(
        content[:at] + promise + struct.pack(">I", zlib.crc32(promise)) + content[at + 16 :]
    )
    shown = []
    with pytest.raises(PictureError, match=r"is damaged or cut short after 1\.8 s"):
        shown.extend(frames_of(path, 512))
    assert [each.pixels.mean() for each in shown] == GREYS


@given(st.binary(max_size=300), st.sampled_from([b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBP",
       b"\x89PNG\r\n\x1a\n", b"\0\0\0\x14ftypavis\0\0\0\0avis"]))  # fmt: skip
def test_any_bytes_have_durations(body, start):
    assert all(0.011 <= each < 70_000 for each in durations(start + body))
