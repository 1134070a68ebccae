"""Decoding with every core: other processes, since Pillow holds the interpreter lock while it decodes.

A process is given chunks of pictures on its stdin, decodes them into an array file it has mapped, and
answers each chunk on its stdout; both speak JSON, a line a message. It ends when its stdin does, so it
outlives a killed parent by one chunk. It is a plain command, not a `multiprocessing` worker, so scripts
need no main guard, and it inherits nothing, such as the lock of the folder packed into.

    python -m fingerspell.data.decode_all FOLDER ARRAY SPEC
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from queue import Queue

from numpy.lib.format import open_memmap

from fingerspell.data.decode import PackSpec, Pixels, read_square
from fingerspell.data.index import Picture
from fingerspell.errors import DataError
from fingerspell.progress import Advance

CHUNK = 64  # pictures a request: 20 ms of decoding, so that processes end together
WORTH_PROCESSES = 1000  # pictures that take longer to decode than processes to start


# One thread each: there is a process for every core already.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def decode_all(
    root: Path,
    pictures: Sequence[Picture],
    array: Path,
    spec: PackSpec,
    workers: int,
    advance: Advance,
) -> None:
    """Decode every picture into its row of an array file.

    Args:
        root: folder of the data set.
        pictures: N rows of its index.
        array: an `.npy` file, uint8 [N, S, S, 3].
        spec: how pictures are packed.
        workers: processes; this one does it alone where that is 1, or the pictures are few.
        advance: called in this thread.

    Raises:
        DataError: a picture cannot be read.
    """
    chunks = {start: pictures[start : start + CHUNK] for start in range(0, len(pictures), CHUNK)}
    if workers == 1 or len(pictures) < WORTH_PROCESSES:
        images = open_memmap(array, "r+")
        for start, chunk in chunks.items():
            _decode_chunk(images, start, root, chunk, spec)
            advance(len(chunk))
        return

    idle: Queue[_Process] = Queue()

    def decode(start: int) -> int:
        process = idle.get()
        try:
            process.decode(start, chunks[start])
        finally:
            idle.put(process)
        return len(chunks[start])

    with ExitStack() as at_the_end, ThreadPoolExecutor(workers) as threads:
        for _ in range(workers):
            process = _Process(root, array, spec)
            at_the_end.callback(process.close)
            idle.put(process)
        try:
            for done in as_completed([threads.submit(decode, start) for start in chunks]):
                advance(done.result())
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


class _Process:
    """Another process that decodes pictures of one folder into one array file.

    Args:
        root: folder of the data set.
        array: an `.npy` file, uint8 [N, S, S, 3].
        spec: how pictures are packed.
    """

    def __init__(self, root: Path, array: Path, spec: PackSpec) -> None:
        package = str(Path(__file__).parents[2])
        paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
        arguments = [str(root), str(array), json.dumps(asdict(spec))]
        self._process = subprocess.Popen(  # noqa: S603 - our own module, its data as arguments
            [sys.executable, "-P", "-m", __name__, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **_ONE_THREAD, "PYTHONPATH": os.pathsep.join(paths)},
            encoding="utf-8",
        )
        assert self._process.stdin  # noqa: S101 - for the type checker
        assert self._process.stdout  # noqa: S101
        self._requests, self._answers = self._process.stdin, self._process.stdout

    def decode(self, start: int, pictures: Sequence[Picture]) -> None:
        """Decode pictures into the array from row `start`.

        Raises:
            DataError: a picture cannot be read, or the process has died.
        """
        try:
            rows = [(picture.path, picture.sha256) for picture in pictures]
            self._requests.write(json.dumps([start, rows]) + "\n")
            self._requests.flush()
            problem = json.loads(self._answers.readline())
        except (OSError, ValueError) as error:
            raise DataError(
                f"a process that decoded {pictures[0].path} was killed, as happens when "
                "memory runs out: try again with fewer workers."
            ) from error
        if problem:
            raise DataError(problem)

    def close(self) -> None:
        """Let the process end, and wait for that."""
        try:
            self._requests.close()
        except OSError:
            self._process.kill()
        self._answers.close()
        self._process.wait()


def _decode_chunk(
    images: Pixels, start: int, root: Path, pictures: Sequence[Picture], spec: PackSpec
) -> None:
    """Decode pictures into `images` [N, S, S, 3] from row `start`, in this process.

    Raises:
        DataError: a picture cannot be read.
    """
    for place, picture in enumerate(pictures, start):
        images[place] = read_square(root, picture, spec)


def main(root: str, array: str, spec: str) -> None:
    """Answer requests until there are no more: an empty string, or what is wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes stdin
    images = open_memmap(array, "r+")
    for line in sys.stdin:
        start, rows = json.loads(line)
        problem = ""
        try:
            pictures = [Picture(path, sha256=sha256) for path, sha256 in rows]
            _decode_chunk(images, start, Path(root), pictures, PackSpec(**json.loads(spec)))
        except DataError as error:
            problem = str(error)
        try:
            sys.stdout.write(json.dumps(problem) + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            os._exit(1)  # the parent is gone


if __name__ == "__main__":
    main(*sys.argv[1:])
