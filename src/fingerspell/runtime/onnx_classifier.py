"""A `FrameClassifier` from one ONNX file.

The file is complete: its graph takes RGB uint8 pictures [N, H, W, 3] of any size, resizes and
normalises them itself, and its metadata (key `fingerspell`, a JSON document) names the classes, the
preprocessing, the training data and the version. So nobody can read a model with the wrong transform.
"""

import copy
import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Self

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from fingerspell.core.alphabet import Alphabet
from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.core.types import Prediction
from fingerspell.errors import ModelError
from fingerspell.runtime.hand_tracking import Joints, Picture, State
from fingerspell.runtime.sequence_network import in_metadata

METADATA_KEY = "fingerspell"
FORMAT = 1  # of the metadata document
# A model takes images and gives probabilities. One that tracks the hand takes and gives all these: it
# is told what it remembered of the frame before, and how long ago that was.
INPUTS = ("pictures", "state", "dt_s", "is_still")
INPUT, STATE = INPUTS[:2]
OUTPUTS = ("probabilities", "joints", "hand", "next_state")
SURE = 10.0  # logit of a hand whose joints somebody else tells
MAX_MODEL_BYTES = 1 << 30


def bundled_file(name: str = "reader.onnx") -> Traversable:
    """A model that comes with the package."""
    return files("fingerspell") / "assets" / name


def open_session(content: bytes, threads: int) -> ort.InferenceSession:
    """A graph ready to run on the CPU, in `threads` threads; 0 leaves it to ONNX Runtime (one a core).

    From bytes, not from a path: an untrusted model cannot pull in files beside it.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that spin between a frame's many layers answer sooner; between frames they rest.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    options.log_severity_level = 4  # errors arrive as exceptions, with the file's name
    # Without falling back, which would print to stdout and try the same again.
    return ort.InferenceSession(content, options, ["CPUExecutionProvider"], enable_fallback=0)


def tracks(session: ort.InferenceSession) -> bool:
    """Whether a model remembers where the hand was in the frame before."""
    return STATE in (each.name for each in session.get_inputs())


def inputs_of(
    session: ort.InferenceSession,
    pictures: NDArray[np.uint8],
    state: NDArray[np.float32] | None = None,
    dt_s: float = 0.0,
) -> dict[str, NDArray[Any]]:
    """What a model is given.

    Args:
        session: of the model.
        pictures: RGB [N, H, W, 3].
        state: float32 [N, K], what it remembers of the frames before; None for stills.
        dt_s: seconds since these.
    """
    if not tracks(session):
        return {INPUT: pictures}
    n = len(pictures)
    remembered = _start(session, n) if state is None else state
    values = (pictures, remembered, np.full(n, dt_s, np.float32), np.full(n, state is None))
    return dict(zip(INPUTS, values, strict=True))


def _start(session: ort.InferenceSession, n: int) -> NDArray[np.float32]:
    """The state [n, K] before the first frame: zeros."""
    [width] = [each.shape[1] for each in session.get_inputs() if each.name == STATE]
    return np.zeros((n, width), np.float32)


def read_model(source: Path | Traversable, label: str) -> bytes:
    """The content of a model's file, which errors call `label`.

    Raises:
        ModelError: it cannot be read, or is too large to be a model.
    """
    try:
        if isinstance(source, Path) and source.stat().st_size > MAX_MODEL_BYTES:
            raise ModelError(f"{label} is over 1 GiB, larger than any model here: check the path.")
        return source.read_bytes()
    except OSError as error:
        raise ModelError(f"{label} cannot be read ({error.strerror}): check the path.") from error


class OnnxClassifier:
    """Classifies pictures with an exported model.

    Args:
        path: the model file; None is the bundled one.
        threads: CPU threads to use; 0 leaves it to ONNX Runtime (one a core).
        digits: tell digits, too, where the model tells letters and digits.

    Attributes:
        metadata: what the file says of itself.
        known: the classes that the model tells apart.
        alphabet: those that this classifier tells apart: where digits are not asked for, all others.
        sequence: reads letters out of what is seen over time; None where the file holds no such reader.

    Raises:
        ModelError: the file is missing, damaged, or was not exported by `fingerspell`.
    """

    def __init__(
        self, path: str | Path | None = None, threads: int = 0, *, digits: bool = False
    ) -> None:
        source = bundled_file() if path is None else Path(path)
        label = "the bundled model" if path is None else str(path)
        content = read_model(source, label)
        try:
            self._session = open_session(content, threads)
        except Exception as error:  # onnxruntime's own exceptions share no base class
            raise ModelError(
                f"{label} is not an ONNX model that can be run: export it again with "
                "fingerspell, or use the bundled one."
            ) from error
        self._label = label
        self.metadata = self._read_metadata(label)
        self.alphabet = self.known.read(digits=digits)
        self.sequence = in_metadata(self._session.get_modelmeta().custom_metadata_map, label)

    def telling(self, *, digits: bool) -> Self:
        """The same model, loaded once, that tells digits or does not."""
        other = copy.copy(self)
        other.alphabet = self.known.read(digits=digits)
        return other

    def classify(self, pictures: NDArray[np.uint8]) -> list[Prediction]:
        """Classify RGB pictures uint8 [N, H, W, 3]."""
        if self.can_track:  # one by one, for its graph goes on as long as one of them needs it
            return [self._run(each[None])[0][0] for each in pictures]
        return self._run(pictures)[0]

    @property
    def can_track(self) -> bool:
        """Whether the model remembers where the hand was in the frame before."""
        return tracks(self._session)

    def classify_next(
        self, picture: Picture, state: State | None, dt_s: float, joints: Joints | None = None
    ) -> tuple[Prediction, State]:
        """Classify the next frame of a video; see `TrackingClassifier`."""
        before = _start(self._session, 1) if state is None else state[None].copy()
        if joints is not None:  # a state begins with these and the logit of a hand
            before[0, : joints.size + 1] = [*joints.flat, SURE]
        [prediction], [after] = self._run(picture[None], before, dt_s)
        return prediction, after

    def _run(
        self,
        pictures: NDArray[np.uint8],
        state: NDArray[np.float32] | None = None,
        dt_s: float = 0.0,
    ) -> tuple[list[Prediction], NDArray[np.float32]]:
        """One prediction a picture, of pictures that the graph sees at once; and its next state."""
        try:
            given = inputs_of(self._session, pictures, state, dt_s)
            probabilities, *others = self._session.run(self._outputs, given)
        except Exception as error:  # onnxruntime's own exceptions share no base class
            raise ModelError(
                f"{self._label} cannot be run on an image: export it again with fingerspell, or use "
                "the bundled one."
            ) from error
        said = [Prediction(each) for each in probabilities]
        if others:
            rows = zip(probabilities, others[0], others[1], strict=True)
            said = [Prediction(p, joints, float(hand)) for p, joints, hand in rows]
        narrowed = [each.narrowed(self.known, self.alphabet) for each in said]
        return narrowed, others[-1] if others else np.zeros((len(said), 0), np.float32)

    def _read_metadata(self, label: str) -> dict[str, Any]:
        try:
            text = self._session.get_modelmeta().custom_metadata_map[METADATA_KEY]
            metadata: dict[str, Any] = json.loads(text)
            version, self.known = metadata["format"], Alphabet.from_dict(metadata)
            self.preprocess = PreprocessSpec.from_dict(metadata["preprocess"])
            self.name = f"{metadata['name']} {metadata['version']}"
        except (KeyError, TypeError, ValueError, RecursionError, ModelError) as error:
            raise ModelError(
                f"{label} was not exported by fingerspell, or by another version of it: it does not "
                "say its classes and preprocessing, so it cannot be read safely; export it again."
            ) from error
        inputs = [each.name for each in self._session.get_inputs()]
        self._outputs = [output.name for output in self._session.get_outputs()]
        if version != FORMAT:
            raise ModelError(
                f"{label} is of format {version}, this fingerspell reads format {FORMAT}: "
                "install the version that exported it, or export it again."
            )
        plain, tracking = ([INPUT], [OUTPUTS[0]]), ([*INPUTS], [*OUTPUTS])
        if (inputs, self._outputs) not in (plain, tracking):
            raise ModelError(
                f"{label} takes {', '.join(inputs)}, as models of another version of fingerspell do: "
                "install that version, or export or train it again with this one."
            )
        given = self._session.get_outputs()[0].shape[-1]
        if given != len(self.known):
            raise ModelError(
                f"{label} names {len(self.known)} classes and gives {given} probabilities: export it "
                "again."
            )
        return metadata
