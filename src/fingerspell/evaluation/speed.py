"""How fast a model is on this machine, from file to letter, in a process of its own.

A process of its own, so that memory is the model's and nobody's leftovers, and threads are as stated.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from fingerspell.core.types import Frame, FrameClassifier, alphabet_of
from fingerspell.errors import ModelError
from fingerspell.evaluation.classifiers import load_classifier
from fingerspell.evaluation.pictures import Pictures
from fingerspell.evaluation.predict import Predictor
from fingerspell.machine import hardware, peak_memory_bytes
from fingerspell.runtime.media import open_media
from fingerspell.runtime.media.video import write_video
from fingerspell.runtime.reader import Reader

Times = NDArray[np.float64]  # seconds

PICTURES = 128
REPEATS = 3
CAMERA_PX = (640, 480)  # width and height of the frames of the video, as webcams give them
VIDEO_FPS, VIDEO_FRAMES = 30, 90
REAL_TIME_FPS = 30


@dataclass(frozen=True)
class Speed:
    """How fast a model is.

    Attributes:
        latency_ms: median time from a file (which the system holds in memory) to its letter, one
            image at a time; from pixels, where the images are packed.
        latency_p95_ms: 95th percentile.
        from_files: whether decoding is in the latency.
        images_per_s: images a second the same way, in batches; median.
        video_fps: frames of a video of 640x480 a second, from the file to its letters, median.
        video_frame_p95_ms: 95th percentile of the time for one of its frames.
        peak_memory_mb: of the whole process while it read images one by one and the video, 10^6
            bytes.
        threads: of the arithmetic.
        hardware: processor and number of cores.
    """

    latency_ms: float
    latency_p95_ms: float
    from_files: bool
    images_per_s: float
    video_fps: float
    video_frame_p95_ms: float
    peak_memory_mb: float
    threads: int
    hardware: str

    @property
    def real_time(self) -> bool:
        """Whether it keeps up with 30 frames a second, 19 frames of 20 in their own time."""
        return self.video_fps >= REAL_TIME_FPS and self.video_frame_p95_ms <= 1000 / REAL_TIME_FPS


def measure_speed(model: str, pictures: Pictures, threads: int = 0, repeats: int = REPEATS) -> Speed:
    """Measure a model on some of the images.

    Args:
        model: as `load_classifier` takes it.
        pictures: of which `PICTURES` are drawn.
        threads: of the arithmetic; 0 is one a core.
        repeats: of the batches and the video, after one that is not counted.

    Raises:
        ModelError: the model cannot be used, or its process was ended from outside.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        try:
            return pool.submit(_measure, model, pictures.sample(PICTURES), threads, repeats).result()
        except BrokenProcessPool as error:
            raise ModelError(
                f"the process that timed {model} was killed, as happens when memory runs "
                "out: try again without timing."
            ) from error


def _measure(model: str, pictures: Pictures, threads: int, repeats: int) -> Speed:
    threads = threads or os.cpu_count() or 1
    classifier = load_classifier(model, threads)
    singles_s = _single_times(classifier, pictures)
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        write_video(clip, _camera(pictures), VIDEO_FPS)
        videos_s = [_frame_times(classifier, clip) for _ in range(repeats + 1)][1:]
    peak_memory_mb = peak_memory_bytes() / 1e6
    with Predictor(classifier) as predictor:
        batches_s = [_seconds(lambda: predictor.predict(pictures)) for _ in range(repeats + 1)][1:]
    return Speed(
        latency_ms=float(np.median(singles_s)) * 1e3,
        latency_p95_ms=float(np.percentile(singles_s, 95)) * 1e3,
        from_files=pictures.packed is None,
        images_per_s=len(pictures) / float(np.median(batches_s)),
        video_fps=float(np.median([len(frames_s) / frames_s.sum() for frames_s in videos_s])),
        video_frame_p95_ms=float(np.percentile(np.concatenate(videos_s), 95)) * 1e3,
        peak_memory_mb=peak_memory_mb,
        threads=threads,
        hardware=hardware(),
    )


def _single_times(classifier: FrameClassifier, pictures: Pictures) -> Times:
    """Seconds from a file to its letter, [N]; a first pass brings the files into memory."""

    def read(place: int) -> str:
        [prediction] = classifier.classify(pictures.read(place)[None])
        return alphabet_of(classifier).classes[int(prediction.probabilities.argmax())]

    places = range(len(pictures))
    for place in places:
        read(place)
    return np.array([_seconds(partial(read, place)) for place in places])


def _frame_times(classifier: FrameClassifier, clip: Path) -> Times:
    """Seconds that each frame of a video takes: its decoding, its probabilities, its letters."""
    ends = [time.perf_counter()]

    def frames() -> Iterator[Frame]:
        for frame in open_media(clip).frames():
            yield frame
            ends.append(time.perf_counter())  # it has been read when the next one is asked for

    for _ in Reader(classifier).stream(frames()):
        pass
    return np.diff(ends)


def _camera(pictures: Pictures) -> Iterator[Frame]:
    """The images as a webcam would show them, a few frames each."""
    hold = max(1, VIDEO_FRAMES // len(pictures))
    for number in range(VIDEO_FRAMES):
        if number % hold == 0:
            picture = Image.fromarray(pictures.read(number // hold % len(pictures)))
            pixels = np.asarray(ImageOps.pad(picture, CAMERA_PX))
        yield Frame(number / VIDEO_FPS, pixels)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
