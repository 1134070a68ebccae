"""Many files at once: a process a core, or the workers of a Ray cluster. Each reads whole files.

What is read comes back in the order in which it is done, so that nothing waits for a long file.
"""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent import futures  # it imports what starts processes when it is asked for it
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

from fingerspell.core.types import Transcript
from fingerspell.errors import FingerspellError, MediaError
from fingerspell.extras import extra
from fingerspell.processes import begin_worker
from fingerspell.runtime.media import open_media
from fingerspell.runtime.reader import IncompleteError, Reader

Load = Callable[[], Reader]  # of a reader with one thread; it can be sent to another process


@dataclass(frozen=True)
class Outcome:
    """What became of one of many sources.

    Attributes:
        place: its place among them.
        transcript: what was read; None where nothing could be.
        error: what is wrong with it; None where all of it was read.
        notes: sentences about what was passed over.
    """

    place: int
    transcript: Transcript | None
    error: FingerspellError | None
    notes: tuple[str, ...] = ()


def read_many(sources: Sequence[str], load: Load, processes: int) -> Generator[Outcome, None, None]:
    """Read files in several processes of this computer.

    Closing the iterator, or an exception, ends the processes at once.

    Args:
        sources: paths of files and of folders of pictures.
        load: called once in each process; errors of it are those of the files.
        processes: how many; a program that asks for several needs a guarded main module.

    Raises:
        MediaError: a process was ended from outside.
    """
    with _pool(min(processes, len(sources)), load) as pool:
        coming = [pool.submit(_read_here, place, source) for place, source in enumerate(sources)]
        try:
            for future in futures.as_completed(coming):
                yield future.result()
        except futures.BrokenExecutor as error:
            raise MediaError(
                "a process that was reading was killed, as happens when memory runs out: "
                "use fewer processes."
            ) from error


@contextmanager
def _pool(processes: int, load: Load) -> Iterator[futures.ProcessPoolExecutor]:
    """A pool whose processes do not read on when nobody wants the rest."""
    others = set(active_children())
    context = get_context("spawn")  # a forked ONNX Runtime can hang
    pool = futures.ProcessPoolExecutor(processes, context, _begin, (load,))
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(active_children()) - others:
            process.terminate()
        raise
    pool.shutdown()


class _Worker:
    """A reader that is loaded when the first file comes, in the process that reads."""

    def __init__(self, load: Load, folder: str | None = None) -> None:
        if folder:
            os.chdir(folder)  # paths may be relative to it
        self._load = load
        self._reader: Reader | None = None

    def read(self, place: int, source: str) -> Outcome:
        """Read one file."""
        try:
            self._reader = self._reader or self._load()
            media = open_media(source)
            try:
                return Outcome(place, self._reader.read_media(media), None, media.notes())
            except IncompleteError as error:
                return Outcome(place, error.transcript, error, media.notes())
        except FingerspellError as error:
            return Outcome(place, None, error)


_worker: _Worker | None = None  # of this process, where it is one of a pool's


def _begin(load: Load) -> None:
    global _worker  # noqa: PLW0603 - what a process of a pool keeps between its tasks
    begin_worker()
    _worker = _Worker(load)


def _read_here(place: int, source: str) -> Outcome:
    assert _worker  # noqa: S101 - set when the process started
    return _worker.read(place, source)


def read_on_ray(sources: Sequence[str], load: Load, address: str) -> Generator[Outcome, None, None]:
    """Read files on a Ray cluster, with a worker for each of its cores.

    Args:
        sources: paths that mean the same files on every computer of the cluster.
        load: called once in each worker.
        address: of the cluster; `auto` is the one that this computer belongs to, `local` starts one.

    Raises:
        MissingExtraError: Ray is not installed.
        MediaError: there is no such cluster, or a worker was lost.
    """
    ray = _ray()
    ours = not ray.is_initialized()
    try:
        if ours:
            ray.init(address, log_to_driver=False, logging_level="error")
        folder = str(Path.cwd())
        n = max(1, int(ray.cluster_resources().get("CPU", 1)))
        workers = [ray.remote(_Worker).options(num_cpus=1).remote(load, folder) for _ in sources[:n]]
        pool = ray.util.ActorPool(workers)
        yield from pool.map_unordered(
            lambda worker, each: worker.read.remote(*each), enumerate(sources)
        )
    except (ray.exceptions.RayError, ConnectionError) as error:
        first = str(error).strip().partition("\n")[0]
        raise MediaError(f"the Ray cluster {address} failed ({first}): check its address.") from error
    finally:
        if ours:
            ray.shutdown()


def _ray() -> Any:
    with extra("ray"):
        import ray  # noqa: PLC0415
        import ray.util  # noqa: PLC0415
    return ray
