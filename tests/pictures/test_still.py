import os
import pickle
import struct
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from tests.data.defects import png_of
from tests.pictures.files import FILLER, encoded, exif_block, gradient, with_blocks
from tests.pictures.heif import tiled_heic

from fingerspell.errors import Fault, PictureError
from fingerspell.pictures.still import LONGEST_PX, decode, is_turned, read_picture

JPEG_OF_12_BITS = bytes.fromhex("ffd8 ffc1 000b 0c 0020 0020 01 011100 ffda 0008 0101 00003f00")


def fault_of(content: bytes) -> Fault:
    with pytest.raises(PictureError, match=r"^x\.jpg (is|holds) .*[.]$") as raised:
        decode(content, "x.jpg")
    return raised.value.fault


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp", "avif"])
def test_formats_agree(suffix):
    pixels = decode(encoded(gradient(), suffix, quality=95), "a")
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - np.asarray(gradient())).mean() < 4


def test_a_gif_of_one_picture_is_a_picture():
    content = encoded(gradient(), "gif")
    assert np.abs(decode(content, "a").astype(int) - np.asarray(gradient())).mean() < 12


@settings(max_examples=40, deadline=None)
@given(
    orientation=st.integers(1, 8),
    suffix=st.sampled_from(["jpg", "png", "webp", "avif"]),
    size=st.tuples(st.integers(16, 70), st.integers(16, 70)),
)
def test_every_orientation_is_upright(orientation, suffix, size):
    """Reference: Pillow's own turning of the whole picture."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if suffix == "webp" else {"quality": 95}
    content = encoded(gradient(*size), suffix, exif=exif, **options)
    plain = encoded(gradient(*size), suffix, **options)
    turned = Image.fromarray(decode(plain, "a"))
    turned.getexif()[0x0112] = orientation
    np.testing.assert_array_equal(decode(content, "a"), np.asarray(ImageOps.exif_transpose(turned)))


def test_orientation_after_much_else():
    """Editors write pages of profiles before it."""
    content = with_blocks(encoded(gradient(), "jpg"), FILLER, FILLER, exif_block(6))
    assert is_turned(content)
    assert decode(content, "a").shape == (40, 30, 3)


def test_orientation_of_xmp_counts_as_it_does_in_pillow():
    xmp = b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta tiff:Orientation="6"/>'
    block = b"\xff\xe1" + (len(xmp) + 2).to_bytes(2, "big") + xmp
    content = with_blocks(encoded(gradient(), "jpg"), block)
    assert is_turned(content)
    assert decode(content, "a").shape == (40, 30, 3)


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"MM\0*\0\0\0\x08",
        b"MM\0*\0\0\0\x08\xff\xff" + bytes(30),
        b"II*\0\xff\xff\xff\xff\1\0",
        b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\x09\0\0\0\0",
        b"MM\0*\0\0\0\x08\0\1\1\x12\0\2\0\0\0\4wxyz",
    ],
)
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_damaged_exif_is_passed_over_in_silence(suffix, exif):
    content = encoded(gradient(), suffix, exif=b"Exif\0\0" + exif)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decode(content, "a").shape == (30, 40, 3)


@pytest.mark.parametrize("mode", ["L", "P", "LA", "RGBA", "CMYK", "I;16", "1"])
@pytest.mark.parametrize("longest_px", [None, 20])
def test_every_colour_mode_becomes_rgb(mode, longest_px):
    grey = gradient().convert("L")
    picture = grey.convert("I").convert("I;16") if mode == "I;16" else grey.convert(mode)
    content = encoded(picture, "jpg" if mode == "CMYK" else "png")
    assert decode(content, "a", longest_px).shape == ((15, 20, 3) if longest_px else (30, 40, 3))


def test_palettes_are_resampled_as_colours_are():
    """Pillow would take the nearest pixel, and thin fingers would be torn."""
    stripes = Image.fromarray(np.tile(np.uint8([0, 255]), (64, 32)))
    shrunk = decode(encoded(stripes.convert("P"), "png"), "a", 16)
    np.testing.assert_allclose(shrunk[:, 2:-2], 127.5, atol=6)


def test_transparent_parts_are_black():
    content = encoded(Image.new("RGBA", (20, 20), (255, 255, 255, 0)), "png")
    assert not decode(content, "a").any()


@pytest.mark.parametrize("side", [40, 2000])
def test_grey_of_16_bits_keeps_its_shades(side):
    shades = np.linspace(0, 255, side).astype(np.uint8)[None].repeat(side, 0)
    deep = decode(encoded(Image.fromarray(shades.astype(np.uint16) * 257), "png"), "a")
    shallow = decode(encoded(Image.fromarray(shades), "png"), "a")
    assert np.abs(deep.astype(int) - shallow).max() <= 1


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_fewer_bits_in_16_are_as_bright(bits):
    """Depth cameras and scientific ones write 10 or 12 bits as they are: black, if 16 were meant."""
    shades = np.arange(256, dtype=np.uint16).reshape(16, 16) << bits - 8
    pixels = decode(encoded(Image.fromarray(shades), "png"), "a")
    assert pixels[..., 0].ravel().tolist() == list(range(256))


def test_large_pictures_are_shrunk_while_decoding():
    content = encoded(Image.new("RGB", (4000, 3000), "teal"), "jpg")
    assert decode(content, "a").shape == (768, LONGEST_PX, 3)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp", "gif", "avif"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.97])
def test_a_cut_picture_is_refused(suffix, share):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    content = encoded(Image.fromarray(noise), suffix)
    assert fault_of(content[: int(len(content) * share)]) is Fault.DAMAGED


@pytest.mark.parametrize("size", [(15, 40), (500, 10)])
def test_a_tiny_picture_is_refused(size):
    assert fault_of(encoded(Image.new("RGB", size), "png")) is Fault.TOO_SMALL


def bmp_head(side: int) -> bytes:
    """The head of a BMP of this many pixels a side, with nothing behind it."""
    header = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header


def webp_head(side: int) -> bytes:
    """The head of a WebP of this many pixels a side, with one empty frame behind it."""
    place = (side - 1).to_bytes(3, "little")
    canvas = b"VP8X" + struct.pack("<I", 10) + b"\2\0\0\0" + place + place
    return b"RIFF" + struct.pack("<I", 4 + len(canvas)) + b"WEBP" + canvas


def gif_head(side: int) -> bytes:
    screen = struct.pack("<HHBBB", side, side, 0, 0, 0)
    image = b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02\x44\x01\0;"
    return b"GIF89a" + screen + image


@pytest.mark.parametrize("head", [bmp_head, webp_head, gif_head, lambda side: png_of(side, side)])
@pytest.mark.parametrize("side", [12_000, 16_000])
def test_a_bomb_is_refused_before_it_is_decoded(head, side):
    assert fault_of(head(side)) is Fault.TOO_LARGE


def huge_jpeg(width: int, height: int, progressive: bool = False) -> bytes:
    """A JPEG of one grey: a small one's first blocks, with the size that is asked for."""
    content = encoded(Image.new("L", (width, 16), 99), "jpg", progressive=progressive)
    at = content.index(b"\xff\xc2" if progressive else b"\xff\xc0") + 5
    return content[:at] + struct.pack(">H", height) + content[at + 2 :]


def test_a_photograph_of_108_megapixels_is_decoded_at_a_fraction():
    """12,000 x 9,000 pixels, as telephones take them; whole, these are 324 MB."""
    pixels = decode(encoded(Image.new("L", (12_000, 9_000), 99), "jpg"), "a")
    assert pixels.shape == (768, 1024, 3)
    assert set(np.unique(pixels)) == {99}


def test_jpegs_too_large_even_so_are_refused():
    assert fault_of(huge_jpeg(30_000, 30_000)) is Fault.TOO_LARGE
    assert fault_of(huge_jpeg(12_000, 9_000, progressive=True)) is Fault.TOO_LARGE
    with pytest.raises(PictureError, match="over the limit of 64 million"):
        decode(huge_jpeg(12_000, 9_000), "a", longest_px=None)


def test_a_jpeg_of_12_bits_is_called_that():
    assert fault_of(JPEG_OF_12_BITS) is Fault.NOT_READ


def test_what_telephones_put_behind_a_photo_is_not_shown():
    """A map of its brightness, as large as the photo here, which a block of the photo announces."""
    mpf = b"\xff\xe2\x00\x08MPF\0\0\0"
    photo, behind = encoded(gradient(), "jpg"), encoded(Image.new("L", (40, 30)), "jpg")
    for both in (with_blocks(photo, mpf) + photo, photo + behind[:-20], photo + b"\0" * 99 + photo):
        assert np.abs(decode(both, "a").astype(int) - np.asarray(gradient())).mean() < 6


def test_several_pictures_are_not_one():
    both = [gradient(), gradient().transpose(Image.Transpose.ROTATE_180)]
    animated = encoded(both[0], "webp", save_all=True, append_images=both[1:], duration=100)
    assert fault_of(animated) is Fault.SEVERAL
    assert fault_of(encoded(both[0], "jpg") + encoded(both[1], "jpg")) is Fault.SEVERAL


def test_heic_of_tiles_is_the_whole_photo():
    pytest.importorskip("pi_heif")
    picture = np.zeros((128, 192, 3), np.uint8)
    for number, (y, x) in enumerate([(y, x) for y in (0, 64) for x in (0, 64, 128)]):
        picture[y : y + 64, x : x + 64] = 40 * number
    pixels = decode(tiled_heic(picture), "a")
    assert pixels.shape == picture.shape
    assert np.abs(pixels.astype(int) - picture).max() <= 2


def test_heic_that_nothing_reads_is_refused_by_its_name(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pi_heif", None)
    content = tiled_heic(np.zeros((64, 64, 3), np.uint8))
    with pytest.raises(
        PictureError, match=r"x is a HEIC image: .*fingerspell\[heic\].*JPEG\.$"
    ) as raised:
        decode(content, "x")
    assert raised.value.fault is Fault.NOT_READ


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(PictureError, match=r"none\.jpg cannot be read \(No such file"):
        read_picture(tmp_path / "none.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(PictureError, match=r"pipe\.jpg is not a file"):
        read_picture(tmp_path / "pipe.jpg")
    with (tmp_path / "long.jpg").open("wb") as file:
        file.truncate(300_000_000)
    with pytest.raises(PictureError, match="over 256 MB"):
        read_picture(tmp_path / "long.jpg")


def test_errors_travel_between_processes():
    with pytest.raises(PictureError) as raised:
        decode(b"", "x")
    copied = pickle.loads(pickle.dumps(raised.value))
    assert (str(copied), copied.fault) == (str(raised.value), Fault.NO_PICTURE)
