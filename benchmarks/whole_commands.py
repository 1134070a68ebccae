"""How long whole commands take, from the start of the process to its end, by turns in one run.

    python benchmarks/whole_commands.py [--n 10] [--json FILE]

Starting: Python with NumPy and ONNX Runtime, `--help`, and reading one image. Video: `read` of 20 s of
1280x720 pixels at 30 frames a second, made of `examples/hello.mp4`, beside decoding and shrinking it
alone. Many files: `read` of a folder of eight videos by one process and by one a core. Needs the
installed command.
"""

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from measured import EXAMPLES, Ways, environment, in_turn, markdown, write_json

from fingerspell.core.types import Frame
from fingerspell.runtime.media.video import probe_video, video_frames, write_video

WIDTH, HEIGHT, FPS, SECONDS = 1280, 720, 30, 20.0
N_CLIPS = 8


def large_video(path: Path) -> None:
    """Hands of the example before a plain wall, at half of the height of 720 pixels."""
    clip = [frame.pixels for frame in video_frames(EXAMPLES / "hello.mp4")]

    def frames() -> Iterator[Frame]:
        for number, pixels in enumerate(itertools.cycle(clip)):
            if number >= SECONDS * FPS:
                return
            image = np.full((HEIGHT, WIDTH, 3), (90, 110, 120), np.uint8)
            height, width = pixels.shape[:2]
            image[HEIGHT // 4 :, WIDTH // 3 :][:height, :width] = pixels
            yield Frame(number / FPS, image)

    write_video(path, frames(), FPS)


def command(*arguments: object) -> "subprocess.CompletedProcess[bytes]":
    """Run Python with these arguments to its end, with compiled modules kept, as they usually are."""
    whole = [sys.executable, *map(str, arguments)]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(whole, check=True, capture_output=True, env=kept)  # noqa: S603 -- all ours


def groups(folder: Path) -> Iterator[tuple[str, Ways, float]]:
    """What is timed by turns: its name, the ways, and the seconds of video that each reads."""
    read = ("-m", "fingerspell", "read", "--no-spell")
    yield (
        "start",
        {
            "Python, NumPy, ONNX Runtime": lambda: command("-c", "import numpy, onnxruntime"),
            "fingerspell --help": lambda: command("-m", "fingerspell", "--help"),
            "fingerspell read IMAGE": lambda: command("-m", "fingerspell", "read", EXAMPLES / "w.jpg"),
        },
        0.0,
    )
    video = folder / "large.mp4"
    large_video(video)
    decode = f"""
from pathlib import Path
from fingerspell.runtime.media.video import video_frames
for frame in video_frames(Path({str(video)!r})): pass
"""
    yield (
        f"{WIDTH}x{HEIGHT}, {FPS} frames/s",
        {
            "fingerspell read": lambda: command(*read, video),
            "decoding and shrinking alone": lambda: command("-c", decode),
        },
        probe_video(video)[1],
    )
    clips = folder / "clips"
    clips.mkdir()
    for number in range(N_CLIPS):
        shutil.copy(EXAMPLES / "hello.mp4", clips / f"{number}.mp4")
    yield (
        f"{N_CLIPS} videos",
        {
            "1 process": lambda: command(*read, clips, "--processes", 1),
            f"{os.cpu_count()} processes": lambda: command(*read, clips, "--processes", os.cpu_count()),
        },
        N_CLIPS * probe_video(EXAMPLES / "hello.mp4")[1],
    )


def main() -> None:
    """Parse the command line, measure, print a table, and write it as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--n", type=int, default=10, help="turns")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    args = parser.parse_args()
    document: dict[str, Any] = {"environment": environment(os.cpu_count() or 1), "rows": []}
    with tempfile.TemporaryDirectory() as folder:
        for what, ways, seconds in groups(Path(folder)):
            for row in in_turn(ways, args.n):
                real = {"times_real_time": seconds / row["median_ms"] * 1e3} if seconds else {}
                document["rows"].append({"what": what, **row, **real})
    print(markdown(document, {"times_real_time": ("times real time", ".1f")}))
    write_json(args.json, document)


if __name__ == "__main__":
    main()
