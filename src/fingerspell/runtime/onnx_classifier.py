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
from fingerspell.core.types import N_JOINTS, Prediction
from fingerspell.errors import ModelError
from fingerspell.runtime.sequence_network import in_metadata

METADATA_KEY = "fingerspell"
FORMAT = 1  # of the metadata document
# A model gives all three, or the probabilities alone.
INPUT, OUTPUTS = "pictures", ("probabilities", "joints", "hand")
# Input of models that follow the hand: its joints in the frame before, or zeros for stills.
BEFORE = "before"
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


def takes_joints(session: ort.InferenceSession) -> bool:
    """Whether a model makes use of joints of the frame before."""
    return BEFORE in (each.name for each in session.get_inputs())


def inputs_of(
    session: ort.InferenceSession,
    pictures: NDArray[np.uint8],
    before: NDArray[np.float32] | None = None,
) -> dict[str, NDArray[Any]]:
    """What a model is given: RGB [N, H, W, 3], and the joints before [N, 21, 2] if it takes any.

    Where none are given they are zeros, as for stills.
    """
    given: dict[str, NDArray[Any]] = {INPUT: pictures}
    if takes_joints(session):
        unknown = np.zeros((len(pictures), N_JOINTS, 2), np.float32)
        given[BEFORE] = unknown if before is None else before
    return given


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
        if self.can_follow:  # one by one, for its graph goes on as long as one of them needs it
            return [prediction for each in pictures for prediction in self._run(each[None])]
        return self._run(pictures)

    @property
    def can_follow(self) -> bool:
        """Whether the model makes use of joints of the frame before."""
        return takes_joints(self._session)

    def classify_near(self, picture: NDArray[np.uint8], joints: NDArray[np.float32]) -> Prediction:
        """Classify a frame RGB uint8 [H, W, 3], near joints [21, 2] or `following.ANYWHERE`."""
        [prediction] = self._run(picture[None], joints[None])
        return prediction

    def _run(
        self, pictures: NDArray[np.uint8], before: NDArray[np.float32] | None = None
    ) -> list[Prediction]:
        """One prediction a picture, of pictures that the graph sees at once."""
        try:
            results = self._session.run(self._outputs, inputs_of(self._session, pictures, before))
        except Exception as error:  # onnxruntime's own exceptions share no base class
            raise ModelError(
                f"{self._label} cannot be run on an image: export it again with fingerspell, or use "
                "the bundled one."
            ) from error
        if len(results) == 1:
            said = [Prediction(probabilities) for probabilities in results[0]]
        else:
            rows = zip(*results, strict=True)
            said = [Prediction(p, joints, float(hand)) for p, joints, hand in rows]
        return [each.narrowed(self.known, self.alphabet) for each in said]

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
        known_outputs = self._outputs in (list(OUTPUTS), list(OUTPUTS[:1]))
        known_inputs = inputs in ([INPUT], [INPUT, BEFORE])
        if version != FORMAT or not known_inputs or not known_outputs:
            raise ModelError(
                f"{label} is of format {version}, this fingerspell reads format {FORMAT}: "
                "install the version that exported it, or export it again."
            )
        given = self._session.get_outputs()[0].shape[-1]
        if given != len(self.known):
            raise ModelError(
                f"{label} names {len(self.known)} classes and gives {given} probabilities: export it "
                "again."
            )
        return metadata
