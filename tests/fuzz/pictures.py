"""Mutated picture files, thousands of them: each is read or refused in a sentence.

    python -m tests.fuzz.pictures --seed 0 --count 10000

Small files of every format are damaged in ways that fool readers: bits flipped, numbers set to
extremes, pieces cut, doubled, or taken from other files. Each is opened as `fingerspell read` opens it,
its frames are taken, and it is packed as training does. Anything but pixels or one of the project's own
errors is a fault: another exception, a warning, a word on stderr, more than `LONGEST_S`, or a process
that dies. Inputs follow from the seed and their number, so one that failed is made again with
`--start N --count 1 --here`.
"""

import argparse
import io
import itertools
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from tests.pictures.files import FILLER, encoded, exif_block, moving, with_blocks
from tests.pictures.heif import tiled_heic

from fingerspell.data.decode import PackSpec, decode_square
from fingerspell.errors import FingerspellError, PictureError
from fingerspell.machine import peak_memory_bytes
from fingerspell.runtime.media import open_media

LONGEST_S = 10.0  # of processor time for a picture; the usual one takes 15 ms
MOST_MEMORY_MB = 1500  # of the process, at its peak
MOST_FRAMES = 40  # that are taken of one input
BATCH = 500  # inputs a process
LONGEST_BATCH_S = 7200.0  # even on a busy machine; one that hangs is ended then
EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 10_000, 20_000, 0x7FFFFFFF, 0xFFFFFFFF)


class TooLongError(BaseException):
    """An input took longer than `LONGEST_S`; no `Exception`, so that no reader takes it for damage."""


def samples() -> list[bytes]:
    """Small files of every format, still and moving."""
    noise = np.random.default_rng(0).integers(0, 256, (4, 32, 40, 3), np.uint8)
    pictures = [Image.fromarray(pixels) for pixels in noise]
    first, grey = pictures[0], pictures[0].convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) << 4)
    jpeg = encoded(first, "jpg")
    tiff = io.BytesIO()
    first.save(tiff, "TIFF")
    stills = [
        with_blocks(jpeg, exif_block(6)),
        with_blocks(jpeg, FILLER, exif_block(3)),
        encoded(first, "jpg", progressive=True),
        encoded(first.convert("CMYK"), "jpg"),
        encoded(first, "png"),
        encoded(deep, "png"),
        encoded(first.quantize(16), "png"),
        encoded(first.convert("RGBA"), "png"),
        encoded(first, "bmp"),
        encoded(grey, "bmp"),
        encoded(first, "gif"),
        encoded(first, "webp"),
        encoded(first.convert("RGBA"), "webp", lossless=True),
        encoded(first, "avif"),
        tiled_heic(noise[0][:32, :32].repeat(4, 0).repeat(4, 1)),
        tiff.getvalue(),
    ]
    several = [moving(pictures, suffix, [40] * 4) for suffix in ("gif", "webp", "png", "avif", "mjpeg")]
    return stills + several


def mutated(contents: list[bytes], seed: int, number: int) -> bytes:
    """One of the contents, damaged; the same for the same seed and number."""
    dice = random.Random(f"{seed}:{number}")
    content = bytearray(contents[number % len(contents)])
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        if not content:
            break
        _damage(content, contents, dice)
    return bytes(content)


def _damage(content: bytearray, contents: list[bytes], dice: random.Random) -> None:
    # Heads matter more than pixels.
    at = dice.randrange(len(content)) if dice.random() < 0.5 else dice.randrange(min(200, len(content)))
    length = dice.choice((1, 2, 4, 16, 200))
    match dice.randrange(7):
        case 0:
            content[at] ^= 1 << dice.randrange(8)
        case 1:
            content[at] = dice.randrange(256)
        case 2:
            size, order = dice.choice((1, 2, 3, 4)), dice.choice(("big", "little"))
            number = dice.choice(EXTREMES) % (1 << 8 * size)
            content[at : at + size] = number.to_bytes(size, order)
        case 3:
            del content[at : at + length]
        case 4:
            content[at:at] = content[at : at + length]
        case 5:
            other = dice.choice(contents)
            start = dice.randrange(len(other))
            content[at : at + length] = other[start : start + length]
        case _:
            del content[dice.randrange(len(content)) :]


def outcome(content: bytes, path: Path) -> str:
    """Read and pack one input: "read", or "refused" in a sentence.

    Raises:
        Exception: what should never come out of it.
    """
    path.write_bytes(content)
    result = "read"
    try:
        for frame in itertools.islice(open_media(path).frames(), MOST_FRAMES):
            assert frame.pixels.ndim == 3
            assert frame.duration_s is None or frame.duration_s > 0
    except FingerspellError as error:
        said, result = str(error), "refused"
        assert re.fullmatch(r"[^\n]+\.", said)
    try:
        assert decode_square(content, PackSpec(16)).shape == (16, 16, 3)
    except PictureError as error:
        said = str(error)
        assert re.fullmatch(r"[^\n]+\.", said)
    return result


@contextmanager
def limited() -> Iterator[None]:
    """At most `LONGEST_S` for what is done within."""

    def stop(*_: object) -> None:
        raise TooLongError

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, LONGEST_S)  # other programs must not make it fail
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@contextmanager
def silent() -> Iterator[None]:
    """Nothing may be written on stderr within, by C libraries neither."""
    with tempfile.TemporaryFile() as heard:
        kept = os.dup(2)
        os.dup2(heard.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        heard.seek(0)
        said = heard.read()
        assert not said, f"on stderr: {said[:500]!r}"


def run(seed: int, start: int, count: int) -> Counter[str]:
    """Try inputs in this process.

    Raises:
        Exception: what came out of one of them, with its number.
    """
    warnings.simplefilter("error")
    contents, outcomes = samples(), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(start, start + count):
            content = mutated(contents, seed, number)
            path = Path(folder) / f"input.{('jpg', 'png', 'mp4', 'webp')[number % 4]}"
            try:
                with limited(), silent():
                    outcomes[outcome(content, path)] += 1
            except BaseException as error:
                error.add_note(f"seed {seed}, input {number}, {len(content)} bytes: {content[:64]!r}")
                raise
    peak_mb = peak_memory_bytes() // 1_000_000
    assert peak_mb < MOST_MEMORY_MB, f"{peak_mb} MB from input {start} on"
    outcomes["peak_mb"] = peak_mb
    return outcomes


def run_in_processes(seed: int, start: int, count: int) -> Counter[str]:
    """The same in processes of a few hundred inputs each, so that one that dies is noticed.

    Raises:
        AssertionError: a process failed; with what it said.
    """
    total = Counter[str]()
    for first in range(start, start + count, BATCH):
        n = min(BATCH, start + count - first)
        options = ["--seed", str(seed), "--start", str(first), "--count", str(n), "--here"]
        command = [sys.executable, "-m", __spec__.name, *options]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=LONGEST_BATCH_S
        )
        assert done.returncode == 0, (
            f"seed {seed}, from {first}: {done.returncode}\n{done.stderr[-3000:]}"
        )
        found = Counter({name: int(n) for name, n in (p.split("=") for p in done.stdout.split())})
        peak_mb = max(total["peak_mb"], found["peak_mb"])
        total += found
        total["peak_mb"] = peak_mb
    return total


def main() -> None:
    """Try inputs, and print how many were read and refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--here", action="store_true", help="in this process")
    options = parser.parse_args()
    tried = run if options.here else run_in_processes
    if not options.here:
        sys.stdout.write(f"seed {options.seed}\n")
    outcomes = tried(options.seed, options.start, options.count)
    sys.stdout.write(" ".join(f"{name}={n}" for name, n in sorted(outcomes.items())) + "\n")


if __name__ == "__main__":
    main()
