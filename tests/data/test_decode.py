"""Decoding, against the core's own resize of the whole picture."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from tests.data.conftest import index_of, smooth_picture
from tests.pictures.files import FILLER, exif_block, moving, with_blocks

from fingerspell.core.preprocess import PreprocessSpec, crop
from fingerspell.data.decode import PackSpec, decode_square, read_square
from fingerspell.errors import DataError, PictureError
from fingerspell.pictures.still import decode

BLACK = (0, 0, 0)


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


def core_resize(picture: Image.Image, spec: PackSpec) -> np.ndarray:
    pixels = np.asarray(picture.convert("RGB"))[None]
    boxes = PreprocessSpec(spec.size_px, keep_aspect=spec.keep_aspect).whole_picture(pixels)
    return crop(pixels, boxes, spec.size_px)[0].transpose(1, 2, 0)


@settings(max_examples=30, deadline=None)
@given(
    width=st.integers(16, 150),
    height=st.integers(16, 150),
    side=st.integers(1, 90),
    keep_aspect=st.booleans(),
    seed=st.integers(0, 9),
)
def test_resampling_is_the_cores_within_a_level(width, height, side, keep_aspect, seed):
    random = np.random.default_rng(seed)
    picture = Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8))
    spec = PackSpec(side, keep_aspect)
    packed = decode_square(encoded(picture), spec)
    assert (packed.shape, packed.dtype) == ((side, side, 3), np.uint8)
    assert np.abs(packed - core_resize(picture, spec)).max() <= 1.01


@pytest.mark.parametrize("size", [(200, 200), (320, 240), (97, 416), (1500, 1000)])
@pytest.mark.parametrize("keep_aspect", [True, False])
def test_scaled_decoding_is_close_to_decoding_all(size, keep_aspect):
    content = encoded(smooth_picture(np.random.default_rng(0), size), "JPEG", quality=90)
    fast = decode_square(content, PackSpec(64, keep_aspect)).astype(int)
    exact = decode_square(content, PackSpec(64, keep_aspect, scaled_decoding=False))
    assert np.abs(fast - exact).mean() < 0.7
    assert np.abs(fast - exact).max() <= 12


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "LA", "I;16"])
def test_every_colour_mode_becomes_rgb(mode):
    grey = Image.new("L", (30, 20), 255)
    picture = grey.convert("I").convert("I;16") if mode == "I;16" else grey.convert(mode)
    content = encoded(picture, "JPEG" if mode == "CMYK" else "PNG")
    assert decode_square(content, PackSpec(8)).shape == (8, 8, 3)


def test_grey_of_16_bits_keeps_its_shades():
    grey = Image.fromarray((np.arange(256, dtype=np.uint16) << 8).reshape(16, 16))
    packed = decode_square(encoded(grey), PackSpec(16))
    assert packed[..., 0].ravel().tolist() == list(range(256))


def test_what_is_transparent_becomes_black():
    picture = Image.new("RGBA", (20, 20), (255, 255, 255, 0))
    picture.paste((10, 20, 30, 255), (10, 0, 20, 20))
    packed = decode_square(encoded(picture), PackSpec(20))
    assert tuple(packed[10, 4]) == BLACK
    assert tuple(packed[10, 14]) == (10, 20, 30)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda path: path.write_bytes(path.read_bytes() + b"x"), "has changed"),
        (lambda path: path.unlink(), "is gone"),
    ],
)
def test_a_file_that_is_not_what_was_indexed(make_set, damage, says):
    index = make_set(1)
    damage(index.root / index.pictures[0].path)
    with pytest.raises(DataError, match=says):
        read_square(index.root, index.pictures[0], PackSpec())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_every_orientation_is_packed_upright(orientation, kind):
    picture = smooth_picture(np.random.default_rng(0), (160, 120))
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(picture, kind, exif=exif)
    upright = encoded(ImageOps.exif_transpose(Image.open(io.BytesIO(content))))
    packed = decode_square(content, PackSpec(32)).astype(int)
    assert np.abs(packed - decode_square(upright, PackSpec(32))).mean() < 1.5


@settings(max_examples=40, deadline=None)
@given(
    suffix=st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP"]),
    orientation=st.integers(1, 8),
    n_filler=st.integers(0, 2),
    mode=st.sampled_from(["RGB", "L", "I;16"]),
    size=st.tuples(st.integers(40, 300), st.integers(40, 300)),
)
def test_a_file_is_the_same_picture_packed_and_read(suffix, orientation, n_filler, mode, size):
    """In every format, lying or not, however late it is said: the reader's picture, resampled."""
    picture = smooth_picture(np.random.default_rng(0), size)
    if mode == "I;16" and suffix == "PNG":
        picture = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) << 8)
    elif mode == "L":
        picture = picture.convert("L")
    content = encoded(picture, suffix, **({"quality": 95} if suffix in ("JPEG", "WEBP") else {}))
    if suffix == "JPEG":
        content = with_blocks(content, *[FILLER] * n_filler, exif_block(orientation))
    packed = decode_square(content, PackSpec(32))
    read = core_resize(Image.fromarray(decode(content, "a")), PackSpec(32))
    inside = packed.any(2) & read.any(2)  # of the padding one column more or less may be covered
    assert np.count_nonzero(packed.any(2) ^ read.any(2)) <= 4 * 32
    # As far as half-decoded colours of small JPEGs are off.
    assert np.abs(packed - read)[inside].mean() < 4


def test_several_pictures_are_not_packed_as_one():
    greys = [Image.new("L", (32, 32), grey) for grey in (9, 99)]
    for content in (moving(greys, "mjpeg", []), moving(greys, "webp", [100, 100])):
        with pytest.raises(PictureError, match="holds several images"):
            decode_square(content, PackSpec(8))


def test_a_huge_jpeg_that_lies_on_its_side_is_packed():
    content = encoded(Image.new("L", (12_000, 9_000), 99), "JPEG")
    packed = decode_square(with_blocks(content, exif_block(6)), PackSpec(32))
    assert set(np.unique(packed)) == {0, 99}
    assert not packed[:, :3].any()  # upright, it is narrow


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_jpegs_of_other_colours(mode):
    picture = smooth_picture(np.random.default_rng(0), (100, 100)).convert(mode)
    content = encoded(picture, "JPEG", quality=95)
    packed = decode_square(content, PackSpec(50)).astype(int)
    exact = decode_square(content, PackSpec(50, scaled_decoding=False))
    assert np.abs(packed - exact).mean() < 1.5


@pytest.mark.parametrize("kept", [2, 100, 1500, 3000])
def test_a_truncated_jpeg_is_never_packed(kept):
    content = encoded(smooth_picture(np.random.default_rng(0)), "JPEG", quality=95)
    assert len(content) > 4000
    for spec in (PackSpec(64), PackSpec(200), PackSpec(64, scaled_decoding=False)):
        with pytest.raises(PictureError):
            decode_square(content[:kept], spec)


def test_a_truncated_file_is_named(make_set):
    index = make_set(1)
    path = index.root / index.pictures[0].path
    path.write_bytes(path.read_bytes()[:1500])
    index = index_of(index.root)
    with pytest.raises(DataError, match=f"{path.name} cannot be decoded"):
        read_square(index.root, index.pictures[0], PackSpec())


def test_a_size_of_nothing_is_refused():
    with pytest.raises(DataError, match="0 pixels"):
        PackSpec(0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["roboflow_letters", "meyyappan", "t32", "aslalphabets"])
def test_scaled_decoding_of_photographs(name):
    if "FINGERSPELL_DATA" not in os.environ:
        pytest.skip("set FINGERSPELL_DATA to the folder of data sets")
    paths = sorted(Path(os.environ["FINGERSPELL_DATA"], name).glob("*/*.jpg"))
    contents = [path.read_bytes() for path in paths[:: max(1, len(paths) // 200)]]
    assert contents
    fast = np.stack([decode_square(content, PackSpec(64)) for content in contents]).astype(int)
    exact = [decode_square(content, PackSpec(64, scaled_decoding=False)) for content in contents]
    assert np.abs(fast - np.stack(exact)).mean() < 0.6
