"""A data set with one of every defect, and what `check` should say of each."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 64


def scene(seed: int) -> np.ndarray:
    """A random picture of soft spots, uint8 [64, 64, 3]; different seeds look different."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def write(path: Path, pixels: np.ndarray, image_format: str | None = None) -> bytes:
    """Write a picture, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    suffix_format = {".jpg": "JPEG", ".png": "PNG", ".bmp": "BMP", ".webp": "WEBP"}[path.suffix]
    Image.fromarray(pixels).save(buffer, image_format or suffix_format)
    path.write_bytes(buffer.getvalue())
    return buffer.getvalue()


def plant(root: Path, outside: Path) -> dict[str, tuple[str, ...]]:
    """Fill `root` with a sound data set and plant defects in it; returns paths by what is wrong."""
    n = 0
    for split, count in (("train", 6), ("test", 3)):
        for label in ("A", "B", "space"):
            for number in range(count):
                write(root / split / label / f"{label}{number}.jpg", scene(n))
                n += 1
    train, test = root / "train", root / "test"
    jpeg, png = write(train / "A" / "cut.jpg", scene(100)), write(train / "A" / "cut.png", scene(101))
    (train / "A" / "cut.jpg").write_bytes(jpeg[: len(jpeg) // 2])
    (train / "A" / "cut.png").write_bytes(png[: len(png) // 2])
    (train / "A" / "garbled.jpg").write_bytes(jpeg[:4] + b"\x00" * 500)
    (train / "A" / "empty.jpg").touch()
    moving = [Image.fromarray(scene(seed)) for seed in (110, 111)]
    moving[0].save(train / "A" / "moving.webp", save_all=True, append_images=moving[1:], duration=99)
    moving[0].save(train / "A" / "scan.png", "TIFF")
    (train / "A" / "text.jpg").write_text("no picture")
    (train / "A" / "pixel.png").write_bytes(_pixel())
    (train / "A" / "bomb.png").write_bytes(png_of(20_000, 20_000))
    (train / "A" / "broken.jpg").symlink_to("nowhere.jpg")
    write(outside / "outside.jpg", scene(102))
    (train / "A" / "outside.jpg").symlink_to(outside / "outside.jpg")
    write(train / "old" / "7" / "seven.jpg", scene(103))
    write(train / "B" / "really.jpg", scene(104), "PNG")
    (train / "B" / "notes.txt").write_text("notes")
    (train / "B" / "same.jpg").write_bytes((train / "B" / "B0.jpg").read_bytes())
    (train / "B" / "other.jpg").write_bytes((train / "A" / "A1.jpg").read_bytes())
    (test / "B" / "leak.jpg").write_bytes((train / "B" / "B2.jpg").read_bytes())
    nearly = scene(2).astype(int) + 3  # looks like train/A/A2.jpg
    write(train / "space" / "nearly.png", nearly.clip(0, 255).astype(np.uint8))
    nearly = scene(13).astype(int) - 3  # looks like train/space/space1.jpg
    write(test / "space" / "nearly.png", nearly.clip(0, 255).astype(np.uint8))
    write(train / "B" / "grey.png", scene(105)[..., 0])
    Image.fromarray(scene(106)).convert("CMYK").save(train / "B" / "cmyk.jpg")
    Image.fromarray(scene(107)).convert("RGBA").save(train / "B" / "alpha.png")
    write(train / "C" / "C0.jpg", scene(108))
    (train / "D").mkdir()
    (train / "A" / ".DS_Store").touch()
    (train / "Thumbs.db").touch()
    (train / "linked").symlink_to(outside, target_is_directory=True)
    return {
        "damaged or truncated": ("train/A/cut.jpg", "train/A/cut.png", "train/A/garbled.jpg"),
        "no picture inside": ("train/A/text.jpg",),
        "several pictures in one file": ("train/A/moving.webp",),
        "format that is not read": ("train/A/scan.png",),
        "empty file": ("train/A/empty.jpg",),
        "too small": ("train/A/pixel.png",),
        "too large": ("train/A/bomb.png",),
        "broken link": ("train/A/broken.jpg",),
        "link leaves the folder": ("train/A/outside.jpg",),
        "unknown class": ("train/old/7/seven.jpg",),
        "wrong extension": ("train/B/really.jpg",),
        "not a picture file": ("train/B/notes.txt",),
        "identical pictures": ("train/B/B0.jpg", "train/B/same.jpg"),
        "identical pictures in different classes": ("train/A/A1.jpg", "train/B/other.jpg"),
        "identical pictures in different splits": ("test/B/leak.jpg", "train/B/B2.jpg"),
        "near-duplicates in different classes": ("train/A/A2.jpg", "train/space/nearly.png"),
        "near-duplicates in different splits": ("test/space/nearly.png", "train/space/space1.jpg"),
        "not RGB": ("train/B/alpha.png", "train/B/cmyk.jpg", "train/B/grey.png"),
        "class with few pictures": ("C",),
        "empty class folder": ("train/D",),
        "linked folder": ("train/linked",),
    }


ERRORS = {
    "damaged or truncated", "no picture inside", "several pictures in one file",
    "format that is not read", "empty file", "too small", "too large", "broken link",
    "link leaves the folder", "unknown class", "identical pictures in different classes",
    "identical pictures in different splits",
}  # fmt: skip


def _pixel() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (1, 1)).save(buffer, "PNG")
    return buffer.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A tiny file that says it is a picture of this size, as decompression bombs do."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
