"""Damaged videos by the thousand: each is read, or refused in a sentence, within bounds.

    python -m tests.fuzz.video --mutants 10000 --seed 0

Small clips in several containers and codecs are made, and copies of them damaged at random. Each is
read as `fingerspell read` reads it, with a classifier that reads greys. libav is written in C, and its
crashes end the process, so workers read, and the parent notes which copy each was at when it ended.
"""

import argparse
import multiprocessing
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from tests.conftest import GreyClassifier, grey_frame

from fingerspell.errors import MediaError
from fingerspell.machine import peak_memory_bytes
from fingerspell.runtime.media import open_media
from fingerspell.runtime.reader import IncompleteError, Reader
from fingerspell.runtime.writers import WRITERS

CPU_S = 20.0  # most computing time for one copy, decoding it included
STALLED_S = 600.0  # a worker that has not moved on for so long waits for ever
MEMORY_BYTES = 1 << 30  # most memory of a worker at any time
SEEDS = {  # name: codec, pixel format, whether it has sound, how it is turned
    "h264.mp4": ("libx264", "yuv420p", True, None),
    "turned.mp4": ("libx264", "yuv420p", False, (90, True, False)),
    "png.mov": ("png", "rgb24", False, None),
    "h264.mkv": ("libx264", "yuv420p", True, None),
    "ffv1.mkv": ("ffv1", "yuv420p", False, None),
    "vp8.webm": ("libvpx", "yuv420p", False, None),
    "vp9.webm": ("libvpx-vp9", "yuv420p", False, None),
    "mpeg4.avi": ("mpeg4", "yuv420p", False, None),
    "mjpeg.avi": ("mjpeg", "yuvj420p", False, None),
    "mpeg2.ts": ("mpeg2video", "yuv420p", False, None),
    "mpeg1.mpg": ("mpeg1video", "yuv420p", False, None),
    "flv1.flv": ("flv", "yuv420p", False, None),
    "wmv2.wmv": ("wmv2", "yuv420p", False, None),
    "vp8.ogg": ("libvpx", "yuv420p", False, None),
    "slides.gif": ("gif", "rgb8", False, None),
}
EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x10000)


def seeds() -> dict[str, bytes]:
    """One small clip of each kind."""
    with tempfile.TemporaryDirectory() as folder:
        made = {}
        for name, (codec, pixels, has_sound, turn) in SEEDS.items():
            path = Path(folder) / name
            with av.open(str(path), "w") as container:
                stream = container.add_stream(codec, rate=25)
                stream.height, stream.width, stream.pix_fmt = 48, 64, pixels
                if turn:
                    stream.set_display_rotation(turn[0], hflip=turn[1], vflip=turn[2])
                sound = container.add_stream("aac", rate=8000, layout="mono") if has_sound else None
                for i in range(8):
                    frame = av.VideoFrame.from_ndarray(grey_frame(i % 2 * 88), format="rgb24")
                    frame.pts, frame.time_base = i * (1 + 24 * (codec == "gif")), Fraction(1, 25)
                    container.mux(stream.encode(frame))
                container.mux(stream.encode())
                if sound:
                    block = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
                    block.sample_rate, block.pts, block.time_base = 8000, 0, Fraction(1, 8000)
                    container.mux(sound.encode(block))
                    container.mux(sound.encode())
            made[name] = path.read_bytes()
        return made


def damaged(content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """A copy with one to four faults, half of them near its head, where most depends on each byte."""
    copy = bytearray(content)
    for _ in range(int(rng.integers(1, 5))):
        reach = min(len(copy), 600) if rng.random() < 0.5 else len(copy)
        at, length = int(rng.integers(max(1, reach))), int(rng.geometric(0.05))
        match rng.integers(8):
            case 0:
                copy[at : at + 1] = bytes([int(rng.integers(256))])
            case 1:
                copy[at : at + length] = rng.bytes(length)
            case 2:
                copy[at : at + length] = bytes(length)
            case 3:
                del copy[at : at + length]
            case 4:
                copy[at:at] = copy[at : at + length]
            case 5:
                size = int(rng.choice([1, 2, 4, 8]))
                value = int(rng.choice(EXTREMES)) % (1 << 8 * size)
                copy[at : at + size] = value.to_bytes(size, "big" if rng.random() < 0.7 else "little")
            case 6:
                del copy[max(16, int(rng.integers(max(17, len(copy))))) :]
            case 7:
                begin = int(rng.integers(len(other)))
                copy[at : at + length] = other[begin : begin + length]
    return bytes(copy)


def mutant(made: dict[str, bytes], seed: int, number: int) -> tuple[str, bytes]:
    """The name and content of one damaged copy: the same for the same seed and number."""
    rng = np.random.default_rng([seed, number])
    names = list(made)
    name = names[number % len(names)]
    return name, damaged(made[name], made[names[int(rng.integers(len(names)))]], rng)


def outcome(path: Path) -> str:
    """How reading ended: "read", "part" or "refused"; all else is raised."""
    try:
        transcript, ended = Reader(GreyClassifier()).read_media(open_media(path)), "read"
    except IncompleteError as error:
        transcript, ended = error.transcript, "part"
        _check_sentence(str(error), path)
    except MediaError as error:
        _check_sentence(str(error), path)
        return "refused"
    for write in WRITERS.values():
        write(transcript)
    return ended


def _check_sentence(message: str, path: Path) -> None:
    if "\n" in message or not message.endswith(".") or path.name not in message:
        raise AssertionError(f"no sentence: {message!r}")


@dataclass
class Tally:
    """What became of the copies.

    Attributes:
        ended: how many were read, read in part, refused.
        faults: what went wrong, by the copy's number.
        memory_bytes: the most that a worker used.
        cpu_s: the most computing time that a copy took.
    """

    ended: Counter[str] = field(default_factory=Counter)
    faults: dict[int, str] = field(default_factory=dict)
    memory_bytes: int = 0
    cpu_s: float = 0.0

    def __str__(self) -> str:
        return (
            f"{sum(self.ended.values()) + len(self.faults)} copies: {dict(self.ended)}; faults "
            f"{self.faults or 'none'}; at most {self.memory_bytes / 1e6:.0f} MB and {self.cpu_s:.1f} s"
        )


def _work(made: dict[str, bytes], seed: int, numbers: range, pipe: object) -> None:
    """Read the copies; before each, tell which it is, and after it, how it ended."""
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            name, content = mutant(made, seed, number)
            path = Path(folder) / name
            path.write_bytes(content)
            pipe.send(("begins", number))
            signal.setitimer(signal.ITIMER_PROF, CPU_S)  # ends the process, after so much work
            began_s = time.process_time()
            try:
                ended = outcome(path)
            except BaseException as error:  # noqa: BLE001 - whatever else is a fault
                ended = f"fault: {type(error).__name__}: {error}"
            signal.setitimer(signal.ITIMER_PROF, 0)
            pipe.send((ended, number, time.process_time() - began_s, peak_memory_bytes()))
    pipe.send(("done", len(numbers)))


def fuzz(n: int, seed: int, *, first: int = 0) -> Tally:
    """Read `n` damaged copies in a worker, and in another after each one that it did not survive."""
    made, tally, number, end = seeds(), Tally(), first, first + n
    context = multiprocessing.get_context("spawn")
    while number < end:
        mine, theirs = context.Pipe(duplex=False)
        worker = context.Process(target=_work, args=(made, seed, range(number, end), theirs))
        worker.start()
        theirs.close()
        number = _follow(worker, mine, tally, number)
    return tally


def _follow(worker: multiprocessing.Process, pipe: object, tally: Tally, number: int) -> int:
    """Note what a worker tells until it ends; the number of the copy to go on with."""
    at = number
    try:
        while pipe.poll(STALLED_S):
            match pipe.recv():
                case ("begins", begun):
                    at = begun
                case ("done", _):
                    worker.join()
                    return at + 1
                case (str(ended), _, cpu_s, memory):
                    if ended.startswith("fault"):
                        tally.faults[at] = ended
                    else:
                        tally.ended[ended] += 1
                    tally.cpu_s = max(tally.cpu_s, cpu_s)
                    tally.memory_bytes = max(tally.memory_bytes, memory)
        reason = f"stalled for {STALLED_S:.0f} s"
    except EOFError:
        worker.join()
        reason = f"the process ended with {worker.exitcode}"
    worker.kill()
    worker.join()
    tally.faults[at] = reason
    return at + 1


def main() -> None:
    """Parse the command line and print the tally."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--mutants", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first copy")
    parser.add_argument("--keep", type=Path, help="write the copies that fail into this folder")
    args = parser.parse_args()
    tally = fuzz(args.mutants, args.seed, first=args.first)
    sys.stdout.write(f"{tally}\n")
    for number in tally.faults if args.keep else ():
        name, content = mutant(seeds(), args.seed, number)
        args.keep.mkdir(parents=True, exist_ok=True)
        (args.keep / f"{number}-{name}").write_bytes(content)
    sys.exit(bool(tally.faults) or tally.memory_bytes > MEMORY_BYTES)


if __name__ == "__main__":
    main()
