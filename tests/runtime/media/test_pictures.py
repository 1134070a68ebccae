import struct

import numpy as np
import pytest
from PIL import Image

from fingerspell.errors import MediaError
from fingerspell.runtime.media import open_media
from fingerspell.runtime.media.pictures import is_picture, pictures_in, read_picture


@pytest.fixture
def gradient() -> Image.Image:
    """40x30, red grows to the right, green downwards."""
    y, x = np.mgrid[0:30, 0:40]
    return Image.fromarray(np.stack((x * 6, y * 8, np.full_like(x, 20)), -1).astype(np.uint8))


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp"])
def test_formats_agree(tmp_path, gradient, suffix):
    path = tmp_path / f"a.{suffix}"
    gradient.save(path, quality=95)
    difference = read_picture(path).astype(int) - np.asarray(gradient)
    assert read_picture(path).dtype == np.uint8
    assert np.abs(difference).mean() < 4


def test_the_content_counts_not_the_name(tmp_path, gradient):
    path = tmp_path / "photo.mp4"
    gradient.save(path, format="PNG")
    assert open_media(path).kind == "picture"


def test_no_other_formats_are_opened(tmp_path, gradient):
    """Pillow would open this, whatever it is called, and hand it to Ghostscript."""
    drawing = tmp_path / "drawing"
    gradient.save(drawing, format="EPS")
    with Image.open(drawing) as opened:
        assert opened.format == "EPS"
    assert not is_picture(drawing)
    with pytest.raises(MediaError, match="drawing is damaged"):
        read_picture(drawing)


def test_phone_pictures_are_turned_upright(tmp_path, gradient):
    path = tmp_path / "a.png"
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned a quarter to the right
    gradient.save(path, exif=exif)
    upright = np.asarray(gradient.transpose(Image.Transpose.ROTATE_270))
    np.testing.assert_array_equal(read_picture(path), upright)


@pytest.mark.parametrize("mode", ["L", "P", "LA", "RGBA", "CMYK", "I;16", "1"])
def test_every_colour_mode_becomes_rgb(tmp_path, gradient, mode):
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    grey = gradient.convert("L")
    (grey.convert("I").convert("I;16") if mode == "I;16" else grey.convert(mode)).save(path)
    assert read_picture(path).shape == (30, 40, 3)


def test_transparent_parts_are_black(tmp_path):
    path = tmp_path / "a.png"
    Image.new("RGBA", (20, 20), (255, 255, 255, 0)).save(path)
    assert not read_picture(path).any()


def test_large_pictures_are_shrunk_while_decoding(tmp_path):
    path = tmp_path / "a.jpg"
    Image.new("RGB", (4000, 3000), "teal").save(path)
    assert read_picture(path).shape == (768, 1024, 3)


def test_a_cut_picture_is_refused(tmp_path, gradient):
    path = tmp_path / "a.jpg"
    gradient.resize((400, 300)).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(MediaError, match=r"a\.jpg is damaged or cut short"):
        read_picture(path)


@pytest.mark.parametrize("size", [(1, 1), (500, 10)])
def test_a_tiny_picture_is_refused(tmp_path, size):
    path = tmp_path / "a.png"
    Image.new("RGB", size).save(path)
    with pytest.raises(MediaError, match="too small to hold a hand"):
        read_picture(path)


def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path):
    """A BMP header of 12,000 x 12,000 pixels with nothing behind it."""
    path = tmp_path / "a.bmp"
    header = struct.pack("<IiiHHIIiiII", 40, 12_000, 12_000, 1, 24, 0, 0, 0, 0, 0, 0)
    path.write_bytes(b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header)
    with pytest.raises(MediaError, match=r"12000x12000 pixels, over the limit of 64 million"):
        read_picture(path)
    path.write_bytes(path.read_bytes().replace(struct.pack("<i", 12_000), struct.pack("<i", 60_000)))
    with pytest.raises(MediaError, match="shrink it first"):
        open_media(path).frames().__next__()


def test_a_folder_is_read_in_natural_order_one_picture_a_second(tmp_path, gradient):
    for name in ("10.png", "9.png", "1.png"):
        gradient.save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    assert [path.stem for path in pictures_in(tmp_path)] == ["1", "9", "10"]
    media = open_media(tmp_path)
    assert (media.kind, media.fps, media.duration_s) == ("folder", 1.0, 3.0)
    assert [frame.time_s for frame in media.frames()] == [0, 1, 2]


def test_names_that_mix_digits_and_letters_can_be_ordered(tmp_path, gradient):
    for name in ("a.png", "1.png", "1a.png", "b2.png", "b10.png", "B3.png"):
        gradient.save(tmp_path / name)
    names = [path.stem for path in pictures_in(tmp_path)]
    assert names.index("b2") < names.index("b10")
    assert len(names) == 6


def test_an_empty_folder_says_so(tmp_path):
    with pytest.raises(MediaError, match="holds no pictures"):
        open_media(tmp_path)


def test_a_webp_without_its_end_is_refused(tmp_path, gradient):
    """Pillow does not even open these."""
    path = tmp_path / "a.webp"
    gradient.save(path)
    path.write_bytes(path.read_bytes()[:-10])
    assert is_picture(path)
    with pytest.raises(MediaError, match=r"a\.webp is damaged or cut short"):
        read_picture(path)


@pytest.mark.parametrize("side", [40, 2000])
def test_grey_of_16_bits_keeps_its_shades(tmp_path, side):
    shades = np.linspace(0, 255, side).astype(np.uint8)[None].repeat(side, 0)
    deep, shallow = tmp_path / "16.png", tmp_path / "8.png"
    Image.fromarray(shades.astype(np.uint16) * 257).save(deep)
    Image.fromarray(shades).save(shallow)
    difference = read_picture(deep).astype(int) - read_picture(shallow)
    assert np.abs(difference).max() <= 1


def test_what_systems_hide_beside_pictures_is_none(tmp_path, gradient):
    for name in ("2.png", "1²2.png", "10.png"):
        gradient.save(tmp_path / name)
    (tmp_path / "._2.png").write_bytes(b"what a Mac notes of 2.png")
    (tmp_path / "more.png").mkdir()
    assert {p.name for p in pictures_in(tmp_path)} == {"2.png", "1²2.png", "10.png"}
