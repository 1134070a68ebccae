"""Pictures as sources: single ones, folders, and files that hold several."""

import io

import av
import numpy as np
import pytest
from PIL import Image
from tests.conftest import grey_frame
from tests.pictures.files import encoded, gradient, moving
from tests.pictures.heif import tiled_heic

from fingerspell.errors import MediaError, PictureError
from fingerspell.runtime.media import open_media
from fingerspell.runtime.media.picture_frames import PictureFolder, is_picture, pictures_in

GREYS = [20, 90, 200]


@pytest.fixture
def folder_of(tmp_path):
    """Fills a folder: a grey for a picture of that grey, else the content."""

    def fill(**members):
        for name, content in members.items():
            if isinstance(content, int):
                content = encoded(Image.fromarray(grey_frame(content)), "png")  # noqa: PLW2901
            (tmp_path / name.replace("_", ".")).write_bytes(content)
        return tmp_path

    return fill


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp", "gif", "avif"])
def test_the_content_counts_not_the_name(tmp_path, suffix):
    path = tmp_path / "photo.mp4"
    path.write_bytes(encoded(gradient(), suffix))
    media = open_media(path)
    assert media.kind == "picture"
    assert [frame.pixels.shape for frame in media.frames()] == [(30, 40, 3)]


def test_no_other_formats_are_opened(tmp_path):
    """Pillow would open this, whatever it is called, and hand it to Ghostscript."""
    drawing = tmp_path / "drawing"
    gradient().save(drawing, format="EPS")
    with Image.open(drawing) as opened:
        assert opened.format == "EPS"
    with pytest.raises(MediaError, match="drawing is a PostScript document, which is not read here"):
        is_picture(drawing)


def test_a_picture_that_is_not_read_is_called_by_its_name(tmp_path):
    path = tmp_path / "scan.jpg"
    gradient().save(path, format="TIFF")
    with pytest.raises(MediaError, match=r"scan\.jpg is a TIFF .*: export it as JPEG or PNG\.$"):
        open_media(path)


def test_a_video_called_a_picture_is_read_as_the_video_it_is(make_video, tmp_path):
    make_video("a.mp4", map(grey_frame, GREYS), [0, 40, 80]).rename(tmp_path / "a.jpg")
    media = open_media(tmp_path / "a.jpg")
    assert (media.kind, len(list(media.frames()))) == ("video", 3)


def test_what_is_neither_but_called_a_picture_is_a_damaged_one(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(gradient(), "png").replace(b"\r\n", b"\n"))  # as FTP did
    with pytest.raises(MediaError, match=r"a\.png is damaged or cut short: copy or export the image"):
        open_media(path)


def test_a_webp_without_its_end_is_refused(tmp_path):
    """Pillow does not even open these."""
    path = tmp_path / "a.webp"
    path.write_bytes(encoded(gradient(), "webp")[:-10])
    assert is_picture(path)
    with pytest.raises(MediaError, match=r"a\.webp is damaged or cut short"):
        list(open_media(path).frames())


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "avif"])
def test_several_pictures_in_one_file_are_a_sequence(tmp_path, suffix):
    path = tmp_path / "law"
    pictures = [Image.fromarray(grey_frame(grey)) for grey in GREYS]
    path.write_bytes(moving(pictures, suffix, [500, 1500, 1000]))
    media = open_media(path)
    frames = list(media.frames())
    assert (media.kind, media.fps, media.duration_s) == ("video", 1.0, 3.0)
    assert [(frame.time_s, frame.duration_s) for frame in frames] == [(0, 0.5), (0.5, 1.5), (2.0, 1.0)]
    np.testing.assert_allclose([frame.pixels.mean() for frame in frames], GREYS, atol=3)


@pytest.mark.parametrize("name", ["law.mjpeg", "law.jpg"])
def test_motion_jpeg_is_a_sequence_whatever_it_is_called(tmp_path, name):
    """Reference: FFmpeg's own reader."""
    path = tmp_path / name
    content = moving([Image.fromarray(grey_frame(grey)) for grey in GREYS], "mjpeg", [])
    path.write_bytes(content)
    media = open_media(path)
    frames = list(media.frames())
    with av.open(io.BytesIO(content), format="mjpeg") as container:
        expected = [(each.time, each.to_ndarray(format="rgb24").mean()) for each in container.decode()]
    assert (media.kind, media.fps) == ("video", 25.0)
    np.testing.assert_allclose([(f.time_s, f.pixels.mean()) for f in frames], expected, atol=2)


def test_a_folder_is_read_in_natural_order_one_picture_a_second(folder_of):
    folder = folder_of(**{"10_png": 1, "9_png": 1, "1_png": 1, "A2_PNG": 1, "a10_Png": 1})
    assert [path.stem for path in pictures_in(folder)] == ["1", "9", "10", "A2", "a10"]
    media = open_media(folder)
    assert (media.kind, media.fps, media.duration_s) == ("folder", 1.0, 5.0)
    assert [(frame.time_s, frame.duration_s) for frame in media.frames()] == [
        (second, 1.0) for second in range(5)
    ]
    assert media.notes() == ()


def test_every_suffix_of_a_format_counts(folder_of):
    jpeg = encoded(gradient(), "jpg")
    names = ["0_jpg", "1_jfif", "2_jpe", "3_JPEG", "4_Jpg"]
    folder = folder_of(**dict.fromkeys(names, jpeg), **{"5_avif": encoded(gradient(), "avif")})
    assert len(list(open_media(folder).frames())) == 6


def test_what_systems_hide_beside_pictures_is_none(folder_of, tmp_path):
    folder = folder_of(**{"2_png": 1, "1²2_png": 1})
    (tmp_path / "._2.png").write_bytes(b"what a Mac notes of 2.png")
    (tmp_path / "more.png").mkdir()
    assert {path.name for path in pictures_in(folder)} == {"2.png", "1²2.png"}


def test_what_is_passed_over_is_said(folder_of, tmp_path):
    """A clip, notes, a folder, and a file of several pictures beside one picture."""
    both = moving([Image.fromarray(grey_frame(grey)) for grey in GREYS], "webp", [100] * 3)
    folder = folder_of(a_png=5, b_mp4=b"clip", c_mp4=b"clip", d_txt=b"notes", e_webp=both)
    (tmp_path / "more").mkdir()
    media = open_media(folder)
    assert [frame.time_s for frame in media.frames()] == [0]
    assert media.notes() == (
        f"{folder}: only images are read; 1 file of several images and 3 other files "
        "(2 .mp4, 1 .txt) and 1 folder passed over.",
    )


def test_an_empty_folder_says_so(tmp_path):
    with pytest.raises(MediaError, match="holds no images"):
        open_media(tmp_path)
    (tmp_path / "a.mp4").touch()
    with pytest.raises(MediaError, match=r"holds no images .*, but 1 other file \(1 \.mp4\): give"):
        open_media(tmp_path)


def test_a_folder_of_moving_pictures_only_says_so(folder_of):
    both = moving([Image.fromarray(grey_frame(grey)) for grey in GREYS], "gif", [100] * 3)
    with pytest.raises(MediaError, match="holds 1 file of several images: read these by themselves"):
        list(open_media(folder_of(a_gif=both)).frames())


def test_a_damaged_picture_does_not_spoil_the_others(folder_of):
    folder = folder_of(**{"1_png": 20, "2_jpg": b"\xff\xd8\xff no", "3_png": 90, "4_heic": b"nothing"})
    seconds = []
    with pytest.raises(MediaError) as raised:
        seconds.extend(frame.time_s for frame in open_media(folder).frames())
    assert seconds == [0, 2]
    assert str(raised.value) == (
        f"{folder}/2.jpg is damaged or cut short: copy or export the image again. "
        f"{folder}/4.heic is damaged or cut short: copy or export the image again."
    )


def test_of_many_damaged_pictures_some_are_named(folder_of):
    folder = PictureFolder(folder_of(**{f"{number}_png": b"no" for number in range(15)}))
    with pytest.raises(MediaError, match=r"5 more images of .* cannot be read\.$") as raised:
        list(folder.frames())
    assert str(raised.value).count("is damaged") == 10


def test_a_folder_of_heic_names_the_format(folder_of, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pi_heif", None)
    folder = folder_of(a_heic=tiled_heic(np.zeros((64, 64, 3), np.uint8)))
    with pytest.raises(MediaError, match=r"a\.heic is a HEIC image: install"):
        list(open_media(folder).frames())


def test_a_heic_photo_is_never_one_of_its_tiles(tmp_path, monkeypatch, serve_folder):
    """Neither under another name nor from a server: FFmpeg would give one tile of it."""
    monkeypatch.setitem(__import__("sys").modules, "pi_heif", None)
    (tmp_path / "photo.jpg").write_bytes(tiled_heic(np.zeros((128, 128, 3), np.uint8)))
    with pytest.raises(PictureError, match="is a HEIC image"):
        open_media(tmp_path / "photo.jpg")
    with pytest.raises(MediaError, match=r"photo\.jpg is a HEIC image"):
        list(open_media(f"{serve_folder(tmp_path)}/photo.jpg").frames())


@pytest.mark.parametrize("suffix", ["jpg", "webp", "avif"])
def test_a_picture_behind_an_address_is_that_picture(tmp_path, serve_folder, suffix):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "snapshot.cgi"
    path.write_bytes(encoded(gradient(), suffix, exif=exif))
    media = open_media(f"{serve_folder(tmp_path)}/snapshot.cgi")
    [there], [here] = media.frames(), open_media(path).frames()
    assert media.kind == "picture"
    np.testing.assert_array_equal(there.pixels, here.pixels)
    assert there.pixels.shape == (40, 30, 3)


def test_several_pictures_behind_an_address_are_a_sequence(tmp_path, serve_folder):
    pictures = [Image.fromarray(grey_frame(grey)) for grey in GREYS]
    (tmp_path / "law.webp").write_bytes(moving(pictures, "webp", [500, 1500, 1000]))
    media = open_media(f"{serve_folder(tmp_path)}/law.webp")
    assert (media.kind, media.fps, media.duration_s) == ("video", 1.0, 3.0)
    assert [frame.duration_s for frame in media.frames()] == [0.5, 1.5, 1.0]
