"""Opening uploads: in this process, or, where the app is hosted, in one of its own.

Decoders of pictures and video are large programs in C, and anybody may feed them here. On one's own
computer that is one's own risk, as with any player. Hosted, each file is decoded by a process that has
a limit on time and memory, writes no files, and knows none of the server's secrets (`decoding`); what
it sends back is numbers and pixels, which are checked, and no pickle.
"""

import json
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any

import numpy as np

from fingerspell.app.upload.playing import plays_in_browsers
from fingerspell.core.types import Frame, Transcript
from fingerspell.errors import MediaError
from fingerspell.runtime.burn_in import burn_in
from fingerspell.runtime.media import Media, open_media

OnFrame = Callable[[Frame], None]
STALL_S = 60.0  # without a frame, after which a file is given up
CPU_S_A_SECOND = 3.0  # of decoding for each second that a video may last: 4K on a slow core
LEAST_CPU_S = 60.0
LONGEST_LINE = 10_000  # bytes of what is said of a frame
LARGEST_FRAME_PX = 2048 * 2048
KEPT_VARIABLES = frozenset(
    {"PATH", "PYTHONPATH", "SYSTEMROOT", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "TEMP", "TMP"}
)
FIELDS = frozenset(field.name for field in fields(Frame)) - {"pixels"}


@dataclass(frozen=True)
class Opened:
    """A file that can be read.

    Attributes:
        media: its frames and what is known of them.
        plays: whether browsers play it as it is.
    """

    media: Media
    plays: bool


class Here:
    """Opens files in this process."""

    def open(self, path: Path) -> Opened:
        """Find out what a file is.

        Raises:
            MediaError: it is neither a picture nor a video.
        """
        media = open_media(path)
        return Opened(media, media.kind == "video" and plays_in_browsers(path))

    def burn_in(self, transcript: Transcript, source: Path, target: Path, on_frame: OnFrame) -> None:
        """Write a copy with captions, as `runtime.burn_in` does.

        Raises:
            MediaError: `source` is no video.
        """
        burn_in(transcript, source, target, on_frame)


class Apart:
    """Opens each file in a process of its own.

    Args:
        longest_s: how long a video may last, by which the limit on time is set.
        memory_mb: that the process may use.
    """

    def __init__(self, longest_s: float, memory_mb: int) -> None:
        self._cpu_s = math.ceil(LEAST_CPU_S + CPU_S_A_SECOND * longest_s)
        self._memory_mb = memory_mb

    def open(self, path: Path) -> Opened:
        """Find out what a file is; the frames are decoded by another process when they are asked for.

        Raises:
            MediaError: it is neither a picture nor a video, or takes too much time or memory.
        """
        with self._decoding("head", path) as answers:
            head = _document(next(answers.lines()))
        source = str(path)
        media = Media(
            source,
            "picture" if head.get("kind") == "picture" else "video",
            lambda: self._frames(path),
            _number(head.get("fps")),
            _number(head.get("duration_s")),
        )
        return Opened(media, head.get("plays") is True)

    def burn_in(self, transcript: Transcript, source: Path, target: Path, on_frame: OnFrame) -> None:
        """Write a copy with captions.

        Raises:
            MediaError: `source` is no video, or takes too much time or memory.
        """
        said = json.dumps(
            {
                "letters": [
                    (each.char, each.start_s, each.end_s, each.probability)
                    for each in transcript.letters
                ],
                "words": [asdict(word) for word in transcript.words],
            }
        )
        with self._decoding("captions", source, target, said=said) as answers:
            for line in answers.lines():
                on_frame(Frame(_number(_document(line).get("time_s")), np.zeros((1, 1, 3), np.uint8)))

    def _frames(self, path: Path) -> Iterator[Frame]:
        with self._decoding("frames", path) as answers:
            for line in answers.lines():
                yield _frame(_document(line), answers)

    @contextmanager
    def _decoding(self, task: str, path: Path, *more: Path, said: str = "") -> Iterator["_Answers"]:
        command = [sys.executable, "-m", "fingerspell.app.upload.decoding", task]
        command += [str(self._cpu_s), str(self._memory_mb), str(path), *map(str, more)]
        environment = {name: value for name, value in os.environ.items() if name in KEPT_VARIABLES}
        environment["OPENBLAS_NUM_THREADS"] = "1"  # each thread would take from the memory allowed
        with subprocess.Popen(  # noqa: S603 - this very program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        ) as process:
            answers = _Answers(process, path)
            try:
                answers.tell(said)
                yield answers
            finally:
                answers.close()


class _Answers:
    """What a decoding process sends, as long as it does not stall.

    Args:
        process: it.
        path: the file that it decodes, for errors.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", path: Path) -> None:
        if process.stdin is None or process.stdout is None:
            raise TypeError("the process has no pipes")
        self._process = process
        self._input: IO[bytes] = process.stdin
        self._output: IO[bytes] = process.stdout
        self._path = path
        self._deadline_s = math.inf
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._kill_when_stalled, daemon=True)
        self._watch.start()

    def tell(self, text: str) -> None:
        """Give the process what it needs beside the file."""
        try:
            with self._input:
                self._input.write(text.encode())
        except BrokenPipeError:
            return  # what it died of is told by what it does not answer

    def lines(self) -> Iterator[bytes]:
        """Each line that it sends, up to the end.

        Raises:
            MediaError: the file cannot be read, or the process died.
        """
        while True:
            line = self._timed(lambda: self._output.readline(LONGEST_LINE))
            if not line.endswith(b"\n"):
                raise self._died()
            if line == b"end\n":
                return
            if line.startswith(b"error "):
                raise MediaError(line.removeprefix(b"error ").decode(errors="replace").strip())
            yield line

    def content(self, size: int) -> bytes:
        """The next `size` bytes.

        Raises:
            MediaError: the process died.
        """
        content = self._timed(lambda: self._output.read(size))
        if len(content) < size:
            raise self._died()
        return content

    def close(self) -> None:
        """End the process, wherever it is."""
        self._done.set()
        self._process.kill()
        self._output.close()
        self._process.wait()
        self._watch.join()

    def _timed(self, read: Callable[[], bytes]) -> bytes:
        self._deadline_s = time.monotonic() + STALL_S
        try:
            return read()
        finally:
            self._deadline_s = math.inf

    def _kill_when_stalled(self) -> None:
        while not self._done.wait(1.0):
            if time.monotonic() > self._deadline_s:
                self._process.kill()
                return

    def _died(self) -> MediaError:
        return MediaError(
            f"{self._path} takes too much time or memory to decode here: make it smaller or "
            "shorter, or read it with `fingerspell read`."
        )


def _document(line: bytes) -> dict[str, Any]:
    """What a line says.

    Raises:
        MediaError: it is nothing that our process says, so that something in the file has its say.
    """
    with suppress(ValueError):
        if isinstance(document := json.loads(line), dict):
            return document
    raise MediaError("the file cannot be decoded: export it again.")


def _number(value: object) -> float:
    """A finite number from the process; 0 where it is none."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0


def _frame(said: dict[str, Any], answers: _Answers) -> Frame:
    height, width = int(_number(said.get("height"))), int(_number(said.get("width")))
    if not (height > 0 and width > 0 and height * width <= LARGEST_FRAME_PX):
        raise MediaError("the file has frames of no size that can be: export it again.")
    pixels = np.frombuffer(answers.content(3 * height * width), np.uint8).reshape(height, width, 3)
    times = {name: _number(said[name]) for name in FIELDS & said.keys() if said[name] is not None}
    return Frame(pixels=pixels, **times)
