"""How long whole commands take, from the start of the process to its end, by turns in one run.

    python benchmarks/whole_commands.py [--n 8] [--only start,video,files,memory] [--ray] [--json FILE]

- start: Python with NumPy and ONNX Runtime, `--help`, and reading one image; --n turns
- video: `read` of 20 s of 1280x720 pixels at 30 frames a second, made of `examples/hello.mp4`, beside
  decoding and shrinking it alone; half of these turns
- files: `read` of a folder of eight videos by one process and by two; a quarter. With --ray also by a
  local Ray cluster of one worker and of two, which is there before the command starts, as clusters are
  (needs the extra `ray`)
- memory: the most that `read` holds of 10 s and of 60 s of 1280x720 pixels, once

What 1,000 hours of video take in core hours is not measured, but derived: 1,000 hours divided by the
length of what was read, times its seconds, times the cores in use. Needs the installed command.
"""

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from measured import EXAMPLES, Rows, Ways, Work, environment, in_turn, markdown, named, write_json

from fingerspell.core.types import Frame
from fingerspell.runtime.media.video import probe_video, video_frames, write_video

WIDTH, HEIGHT, FPS = 1280, 720, 30
SIZE = f"{WIDTH}x{HEIGHT}, {FPS} frames/s"
VIDEO_S, MEMORY_S = 20, (10, 60)
FEWER = (15, 10)  # frames a second
N_CLIPS, WORKERS = 8, (1, 2)
GROUPS = ("start", "video", "files", "memory")
READ = ("-m", "fingerspell", "read", "--no-spell")
DECODE = """
import sys
from pathlib import Path
from fingerspell.runtime.media.video import video_frames
for frame in video_frames(Path(sys.argv[1])): pass
"""
READ_AND_TELL_PEAK = """
import atexit, sys
from fingerspell.machine import peak_memory_bytes
atexit.register(lambda: print(peak_memory_bytes(), file=sys.stderr))
from fingerspell.cli import main
main()
"""
COLUMNS = {
    "times_real_time": ("times real time", ".1f"),
    "files_per_s": ("files/s", ".2f"),
    "core_hours": ("core hours for 1,000 h, derived", ".0f"),
}


@dataclass(frozen=True)
class Group:
    """What is timed by turns.

    Attributes:
        what: it is.
        ways: the commands.
        share: of the turns.
        video_s: seconds of video that each reads.
        files: how many each reads.
        cores: how many each way uses, where it reads video.
        before: what ways need to have done before, untimed.
    """

    what: str
    ways: Ways
    share: float = 1.0
    video_s: float = 0.0
    files: int = 1
    cores: Mapping[str, int] = field(default_factory=dict)
    before: Mapping[str, Work] = field(default_factory=dict)

    def rows(self, n: int) -> Rows:
        """Time it in its share of `n` turns."""
        rows = in_turn(self.ways, max(1, round(n * self.share)), self.before)
        for row in rows:
            seconds = row["median_ms"] / 1e3
            if self.video_s:
                row["times_real_time"] = self.video_s / seconds
            if self.files > 1:
                row["files_per_s"] = self.files / seconds
            if cores := self.cores.get(row["way"]):
                row["core_hours"] = 1000 * cores * seconds / self.video_s
        return named(self.what, rows)


def large_video(path: Path, seconds: float) -> None:
    """Hands of the example before a plain wall, at half of the height of 720 pixels."""
    clip = [frame.pixels for frame in video_frames(EXAMPLES / "hello.mp4")]

    def frames() -> Iterator[Frame]:
        for number, pixels in enumerate(itertools.cycle(clip)):
            if number >= seconds * FPS:
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


def start() -> Group:
    """What a process takes to start."""
    ways: Ways = {
        "Python, NumPy, ONNX Runtime": partial(command, "-c", "import numpy, onnxruntime"),
        "fingerspell --help": partial(command, "-m", "fingerspell", "--help"),
        "fingerspell read IMAGE": partial(command, "-m", "fingerspell", "read", EXAMPLES / "w.jpg"),
    }
    return Group("start", ways)


def video(folder: Path) -> Group:
    """One large video."""
    path = folder / "large.mp4"
    large_video(path, VIDEO_S)
    read = "fingerspell read"
    ways: Ways = {
        read: partial(command, *READ, path),
        **{f"{read} --fps {fps}": partial(command, *READ, path, "--fps", fps) for fps in FEWER},
        "decoding and shrinking alone": partial(command, "-c", DECODE, path),
    }
    cores = {name: os.cpu_count() or 1 for name in ways if name.startswith(read)}
    return Group(SIZE, ways, 1 / 2, probe_video(path)[1], cores=cores)


def files(folder: Path, cluster: "Cluster | None") -> Group:
    """Many small videos, by processes and by Ray's workers."""
    clips = folder / "clips"
    clips.mkdir()
    for number in range(N_CLIPS):
        shutil.copy(EXAMPLES / "hello.mp4", clips / f"{number}.mp4")
    ways: Ways = {}
    cores: dict[str, int] = {}
    before: dict[str, Work] = {}
    for n in WORKERS:
        name = f"processes: {n}"
        ways[name], cores[name] = partial(command, *READ, clips, "--processes", n), n
    for n in WORKERS if cluster else ():
        name = f"workers of Ray: {n}"
        ways[name], cores[name] = partial(cluster.read, clips), n
        before[name] = partial(cluster.restart, n)
    _, length_s = probe_video(EXAMPLES / "hello.mp4")
    what = f"{N_CLIPS} videos of {length_s:.0f} s, 320x320"
    return Group(what, ways, 1 / 4, N_CLIPS * length_s, N_CLIPS, cores, before)


class Cluster:
    """A Ray cluster of this computer, with as many workers as it has cores to give."""

    def __init__(self) -> None:
        import ray  # noqa: PLC0415 - an extra

        self._ray, self._address = ray, ""

    def restart(self, workers: int) -> None:
        """Start anew, with so many."""
        self._ray.shutdown()
        self._ray.init("local", num_cpus=workers, include_dashboard=False, log_to_driver=False)
        self._address = self._ray.get_runtime_context().gcs_address

    def read(self, clips: Path) -> None:
        """Read a folder on it."""
        command(*READ, clips, "--ray", self._address)

    def end(self) -> None:
        """End it."""
        self._ray.shutdown()


def memory(folder: Path) -> Rows:
    """The most memory, in 10^6 bytes, that reading a shorter and a longer video takes."""
    rows = []
    for seconds in MEMORY_S:
        path = folder / f"{seconds}.mp4"
        large_video(path, seconds)
        told = command("-c", READ_AND_TELL_PEAK, "read", path).stderr.split()[-1]
        rows.append({"what": f"{seconds} s of {SIZE}", "peak_mb": int(told) / 1e6})
    return rows


def measure(chosen: list[str], n: int, cluster: Cluster | None) -> dict[str, Any]:
    """All that was asked for."""
    document: dict[str, Any] = {"environment": environment(os.cpu_count() or 1), "rows": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        makers = {
            "start": start,
            "video": partial(video, folder),
            "files": partial(files, folder, cluster),
        }
        for each, make in makers.items():
            if each in chosen:
                document["rows"] += make().rows(n)
        if "memory" in chosen:
            document["memory"] = memory(folder)
    return document


def main() -> None:
    """Parse the command line, measure, print tables, and write them as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--n", type=int, default=8, help="turns")
    parser.add_argument("--only", default=",".join(GROUPS), help="what to measure, with commas")
    parser.add_argument("--ray", action="store_true", help="read on a local Ray cluster, too")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    args = parser.parse_args()
    chosen = args.only.split(",")
    if unknown := set(chosen) - set(GROUPS):
        parser.error(f"--only takes {', '.join(GROUPS)}, not {', '.join(sorted(unknown))}")
    cluster = Cluster() if args.ray else None
    try:
        document = measure(chosen, args.n, cluster)
    finally:
        if cluster:
            cluster.end()
    print(markdown(document, COLUMNS))
    if peaks := document.get("memory"):
        print("| `fingerspell read` of | most memory, MB |\n|---|---|")
        for row in peaks:
            print(f"| {row['what']} | {row['peak_mb']:.0f} |")
    write_json(args.json, document)


if __name__ == "__main__":
    main()
