"""MediaPipe's hand landmarks beside a reader: `--hands mediapipe`.

MediaPipe (Zhang et al., "MediaPipe Hands", 2020; Apache-2.0) has seen far more hands than any lettered
set shows. Its 21 joints say where the reader has to look. The bundled reader, which has MediaPipe's
networks inside, finds as many hands by itself; this is for readers of one's own, and to compare. The
package comes with an extra, its networks are downloaded once.
"""

import atexit
import os
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fingerspell.core.alphabet import Alphabet
from fingerspell.core.types import FrameClassifier, Prediction, alphabet_of, known_to
from fingerspell.errors import ModelError
from fingerspell.runtime.hand_square import around, extent
from fingerspell.runtime.hand_tracking import Joints, Picture, State, TrackingClassifier
from fingerspell.runtime.onnx_classifier import OnnxClassifier, read_model

MEDIAPIPE = "mediapipe"  # instead of a file: the one below
URL = (
    "https://storage.googleapis.com/mediapipe-models/hand_landmarker/hand_landmarker/float16/1/"
    "hand_landmarker.task"
)
SHA256 = "fbc2a30080c3c557093b5ddfc334698132eb341044ccee322ccf8bcf3607cde1"
# Smaller pictures are enlarged first, since MediaPipe's palm detector sees 192 px; larger ones shrunk.
MIN_SIDE_PX, MAX_SIDE_PX = 256, 1024
PAD_SHARES = (0.0, 0.35)  # a palm that fills the picture is missed at first, and found with a margin
# MediaPipe places the joints of small hands badly: of so many pixels and fewer they are no help; see
# docs/experiments/24-mediapipe-beside.md.
SMALL_PX = 30
_stderr_in_use = (
    threading.Lock()
)  # it belongs to the process, and readers may be made in several threads


class HandLandmarker:
    """Finds the 21 joints of a hand with MediaPipe.

    Args:
        hands: the path of a `hand_landmarker.task`, or `mediapipe`, which downloads it once.

    Raises:
        ModelError: the extra is not installed, or the file cannot be had or used.
    """

    def __init__(self, hands: str | Path = MEDIAPIPE) -> None:
        self._landmarker: Any = None
        path = _downloaded() if str(hands) == MEDIAPIPE else Path(hands)
        content = read_model(path, str(path))
        # As Python ends, MediaPipe's own __del__ fails: it has to be closed before its modules go, but
        # after its exit handler, and what is registered first is called last.
        atexit.register(_close, weakref.ref(self))
        try:
            import mediapipe  # noqa: PLC0415 - the reader runs without it
            from mediapipe.tasks import python as tasks  # noqa: PLC0415
        except ImportError as error:
            raise _extra_missing(error) from error
        self._image, self._warm = mediapipe.Image, False
        self._format = mediapipe.ImageFormat.SRGB
        options = tasks.vision.HandLandmarkerOptions(
            base_options=tasks.BaseOptions(model_asset_buffer=content),
            num_hands=2,
            min_hand_detection_confidence=0.3,
        )
        try:
            with _without_logs():
                self._landmarker = tasks.vision.HandLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            raise ModelError(
                f"{path} is not a hand_landmarker.task of MediaPipe: delete it, or give another file."
            ) from error

    def find(self, picture: Picture) -> Joints | None:
        """The joints of the raised hand in a picture, in pixels; None where there is none."""
        height, width = picture.shape[:2]
        scale = min(max(1.0, MIN_SIDE_PX / min(height, width)), MAX_SIDE_PX / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        resized = picture
        if scale != 1:
            resized = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))
        for share in PAD_SHARES:
            pad = round(share * max(size))
            shown = np.pad(resized, ((pad, pad), (pad, pad), (0, 0)), mode="edge") if pad else resized
            if hands := self._hands(shown):
                sides = np.array(shown.shape[1::-1], np.float32)
                found = (np.array(hands, np.float32) * sides - pad) / scale
                return np.asarray(found[found[:, :, 1].mean(1).argmin()], np.float32)
        return None

    def close(self) -> None:
        """Free what MediaPipe holds."""
        if self._landmarker:
            self._landmarker.close()
            self._landmarker = None

    def _hands(self, picture: Picture) -> list[list[tuple[float, float]]]:
        """Joints of up to two hands, as fractions of the picture."""
        image = self._image(self._format, np.ascontiguousarray(picture))
        if self._warm:
            result = self._landmarker.detect(image)
        else:
            with _without_logs():
                result = self._landmarker.detect(image)
            self._warm = bool(result.hand_landmarks)
        return [[(joint.x, joint.y) for joint in hand] for hand in result.hand_landmarks]


class WithMediapipe:
    """A classifier that looks where MediaPipe finds a hand.

    Where MediaPipe finds none, or a small one, the classifier looks for itself, as without it.

    Args:
        classifier: reads what is to be seen.
        landmarker: finds the joints.
    """

    def __init__(self, classifier: FrameClassifier, landmarker: HandLandmarker) -> None:
        self.classifier, self.landmarker = classifier, landmarker
        self.name, self.alphabet = f"{classifier.name} with MediaPipe", alphabet_of(classifier)

    @property
    def known(self) -> Alphabet:
        """The classes that the model tells apart."""
        return known_to(self.classifier)

    def telling(self, *, digits: bool) -> Self:
        """The same model, loaded once, that tells digits or does not."""
        return type(self)(
            cast("OnnxClassifier", self.classifier).telling(digits=digits), self.landmarker
        )

    def classify(self, pictures: NDArray[np.uint8]) -> list[Prediction]:
        """Classify RGB pictures uint8 [N, H, W, 3], each as a still."""
        return [self._classify(picture) for picture in pictures]

    @property
    def can_track(self) -> bool:
        """Whether the classifier can be told where the hand is."""
        return isinstance(self.classifier, TrackingClassifier) and self.classifier.can_track

    def classify_next(
        self, picture: Picture, state: State | None, dt_s: float, joints: Joints | None = None
    ) -> tuple[Prediction, State]:
        """Classify the next frame; see `TrackingClassifier`, which the classifier has to be."""
        found = self._find(picture)
        near = joints if found is None else _fractions(found, picture)
        tracking = cast("TrackingClassifier", self.classifier)
        return tracking.classify_next(picture, state, dt_s, near)

    def _classify(self, picture: Picture) -> Prediction:
        joints = self._find(picture)
        if joints is None:
            [alone] = self.classifier.classify(picture[None])
            return alone
        square, _ = around(picture, joints)
        [seen] = self.classifier.classify(square[None])
        return Prediction(seen.probabilities, _fractions(joints, picture), 1.0)

    def _find(self, picture: Picture) -> Joints | None:
        """Joints [21, 2] in pixels, if they are those of no small hand."""
        joints = self.landmarker.find(picture)
        return None if joints is None or extent(joints) <= SMALL_PX else joints


def _fractions(joints: Joints, picture: Picture) -> Joints:
    """Joints in pixels as fractions of the picture's width and height."""
    return np.asarray(joints / np.array(picture.shape[1::-1]), np.float32)


def _close(of: "weakref.ref[HandLandmarker]") -> None:
    landmarker = of()
    if landmarker:
        landmarker.close()


def _downloaded() -> Path:
    """MediaPipe's networks (7.8 MB), from the user's cache if they are there."""
    try:
        import pooch  # noqa: PLC0415 - comes with the extra
    except ImportError as error:
        raise _extra_missing(error) from error
    folder = Path(pooch.os_cache("fingerspell"))
    name = URL.rpartition("/")[2]
    pooch.get_logger().setLevel("ERROR")
    try:
        kept = pooch.retrieve(URL, f"sha256:{SHA256}", name, folder, progressbar=sys.stderr.isatty())
    except ValueError as error:  # another hash
        raise ModelError(
            f"what {URL} sent is not the expected file, and was not kept: try again, or give the file "
            "itself with --hands FILE."
        ) from error
    except OSError as error:  # requests' exceptions among them
        raise ModelError(
            f"MediaPipe's hand landmarks could not be downloaded: place {name} from {URL} in {folder}, "
            "or give it with --hands FILE."
        ) from error
    return Path(kept)


def _extra_missing(error: ImportError) -> ModelError:
    return ModelError(f"MediaPipe's hands need the extra: pip install 'fingerspell[hands]' ({error}).")


@contextmanager
def _without_logs() -> Iterator[Any]:
    """Without what MediaPipe's C++ logs on stderr when it first runs, which no setting of it stops."""
    with _stderr_in_use:
        sys.stderr.flush()
        kept = os.dup(2)
        try:
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
