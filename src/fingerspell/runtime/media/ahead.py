"""Frames made ahead: a thread decodes the next ones while one is being read.

FFmpeg and ONNX Runtime both compute without Python's lock, so the two overlap. Only a few frames are
kept at any time, so that memory does not grow with the video.
"""

import threading
from collections.abc import Iterator
from queue import SimpleQueue

from fingerspell.core.types import Frame

AHEAD = 8  # frames; of 512x288 pixels, 3.5 MB


def ahead(frames: Iterator[Frame], n: int = AHEAD) -> Iterator[Frame]:
    """The same frames, and the same exceptions after them, up to `n` of them made ahead.

    Closing the iterator ends the thread, and closes `frames` if that can be closed.
    """
    made: SimpleQueue[Frame | BaseException | None] = SimpleQueue()  # None: there are no more
    places, is_over = threading.Semaphore(n), threading.Event()

    def make() -> None:
        try:
            for frame in frames:
                made.put(frame)
                places.acquire()
                if is_over.is_set():
                    break
            if close := getattr(frames, "close", None):
                close()
            made.put(None)
        except BaseException as error:  # noqa: BLE001 - whoever takes the frames is told
            made.put(error)

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        while (frame := made.get()) is not None:
            if isinstance(frame, BaseException):
                raise frame
            places.release()
            yield frame
    finally:
        is_over.set()
        places.release()
        thread.join()
