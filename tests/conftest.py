"""What several tests share: small videos made on the spot, and a classifier that reads colours."""

import contextlib
import functools
import os
import shutil
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import numpy as np
import pytest

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.types import Prediction
from fingerspell.runtime import onnx_classifier

REPOSITORY = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")

# Tests start many processes: without compiled modules on the disk each compiles all of PyTorch's anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.fixture(scope="session", autouse=True)
def _sessions_are_shared() -> Iterator[None]:
    """Equal models share a session of ONNX Runtime: making one takes longer than most tests.

    Each has one thread unless a test asks for more: threads that wait for each other compute, too.
    """
    shared = functools.lru_cache(maxsize=8)(onnx_classifier.open_session)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            onnx_classifier, "open_session", lambda content, threads: shared(content, threads or 1)
        )
        yield


@pytest.fixture
def examples() -> Path:
    return REPOSITORY / "examples"


@pytest.fixture
def samples() -> Path:
    """Stills with known signs, as an ImageFolder; see tests/samples/README.md."""
    return REPOSITORY / "tests" / "samples"


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's database without runs: making one takes seconds, copying it does not."""
    from mlflow import MlflowClient  # noqa: PLC0415 - seconds, too

    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own use of SQLAlchemy
        MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first two seconds of the example video, in which H and E are signed."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_beginning(REPOSITORY / "examples" / "hello.mp4", path, 2.0)
    return path


def write_beginning(video: Path, path: Path, seconds: float) -> None:
    """Copy the packets of a video's first seconds; the suffix of the path says the container."""
    with av.open(str(video)) as whole, av.open(str(path), "w") as copy:
        stream = copy.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(video=0):
            if packet.pts is not None and packet.pts * packet.time_base < seconds:
                packet.stream = stream
                copy.mux(packet)


def grey_frame(value: int, size: tuple[int, int] = (64, 48)) -> np.ndarray:
    """A frame of one grey, RGB uint8 [48, 64, 3]."""
    return np.full((size[1], size[0], 3), value, np.uint8)


@pytest.fixture
def serve_folder() -> Iterator[Callable[[Path], str]]:
    """Serves a folder over HTTP on this machine until the test ends, and gives its address."""
    with contextlib.ExitStack() as ending:

        def serve(folder: Path) -> str:
            handler = functools.partial(_Quiet, directory=folder)
            server = ending.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), handler))
            thread = threading.Thread(target=server.serve_forever)
            ending.callback(thread.join)
            ending.callback(server.shutdown)
            thread.start()
            return f"http://127.0.0.1:{server.server_port}"

        yield serve


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def make_video(tmp_path: Path) -> Callable[..., Path]:
    """Writes a video of given frames at given times (in 1/rate seconds; milliseconds by default)."""

    def make(
        name: str,
        frames: Iterable[np.ndarray],
        times: Iterable[int],
        codec: str = "libx264",
        rate: Fraction = Fraction(1000),
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=rate)
            stream.pix_fmt = "rgb8" if codec == "gif" else "yuv420p"
            stream.codec_context.time_base = 1 / rate
            for pixels, time in zip(frames, times, strict=True):
                if not stream.codec_context.is_open:
                    stream.height, stream.width = pixels.shape[:2]
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                frame.pts, frame.time_base = time, 1 / rate
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return make


class GreyClassifier:
    """Reads the class index off a picture's grey: eight levels a class, so that codecs may blur it."""

    name = "grey 1"

    def classify(self, pictures: np.ndarray) -> list[Prediction]:
        predictions = []
        for picture in pictures:
            probabilities = np.full(len(CLASSES), 0.001, np.float32)
            probabilities[self.index_of(picture)] = 1 - 0.001 * (len(CLASSES) - 1)
            predictions.append(Prediction(probabilities))
        return predictions

    @staticmethod
    def index_of(picture: np.ndarray) -> int:
        return min(round(float(picture.mean()) / 8), len(CLASSES) - 1)

    @staticmethod
    def picture_of(sign: str) -> np.ndarray:
        return grey_frame(CLASSES.index(sign) * 8)


@pytest.fixture
def grey_classifier() -> GreyClassifier:
    return GreyClassifier()
