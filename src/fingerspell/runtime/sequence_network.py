"""The sequence reader that a model's file may hold: a second, small graph in its metadata.

The graph takes what was seen at ticks (see `core.ticks`) and the state it returned last, and gives
probabilities of the 29 classes and the next state: whoever runs it keeps nothing but that state.
"""

import base64
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime as ort

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.sight import Floats
from fingerspell.core.ticks import TICK_INPUTS, TICK_S, Glance
from fingerspell.core.types import N_JOINTS
from fingerspell.errors import ModelError

SEQUENCE_KEY = "fingerspell.sequence"  # of the metadata of a model's file: the graph in base64
ABOUT_KEY = "fingerspell"  # of the graph's own metadata: a JSON document
SEQUENCE_FORMAT = 4
STATE, SAID, NEXT_STATE = "state", "probabilities", "next_state"


_NOTHING_SEEN = Glance([1 / len(CLASSES)] * len(CLASSES), [0.0] * (2 * N_JOINTS), 0.0)


def about(delay_ticks: int, state: tuple[int, int]) -> dict[str, Any]:
    """The document that describes a graph.

    Args:
        delay_ticks: what is said at a tick is of the tick this many before.
        state: its shape, without the first 1; zeros before the first tick.
    """
    return {
        "format": SEQUENCE_FORMAT,
        "classes": CLASSES,
        "tick_s": TICK_S,
        "delay_ticks": delay_ticks,
        "state": state,
    }


class OnnxSequence:
    """A `core.sequence.SequenceNetwork` from a graph.

    Args:
        content: of the graph.
        label: what to call the model's file in errors.

    Attributes:
        content: of the graph.
        about: what the graph says of itself; see `about`.
        delay_ticks: what is said at a tick is of the tick this many before.

    Raises:
        ModelError: it cannot be run, or is of another version.
    """

    def __init__(self, content: bytes, label: str) -> None:
        self.content = content
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1  # a tick takes a fraction of a millisecond
        options.log_severity_level = 4
        try:
            self._session = ort.InferenceSession(content, options, ["CPUExecutionProvider"])
            self.about = json.loads(self._session.get_modelmeta().custom_metadata_map[ABOUT_KEY])
            known = self.about["format"] == SEQUENCE_FORMAT
            self.delay_ticks = int(self.about["delay_ticks"])
            self._state = tuple(map(int, self.about["state"]))
            [said], state = self.step([_NOTHING_SEEN], self.start())
            known &= len(said) == len(CLASSES) and state.shape == self.start().shape
        except Exception as error:  # onnxruntime's own exceptions share no base class
            raise _unknown(label) from error
        if not known:
            raise _unknown(label)

    def start(self) -> Floats:
        """The state before the first tick, float32 [1, ...]: zeros."""
        return np.zeros((1, *self._state), np.float32)

    def step(self, ticks: Sequence[Glance], state: Floats) -> tuple[list[list[float]], Floats]:
        """The 29 probabilities at each tick, and the state after them."""
        seen = (np.array([part], np.float32) for part in zip(*ticks, strict=True))
        given = dict(zip((*TICK_INPUTS, STATE), (*seen, state), strict=True))
        said, after = self._session.run([SAID, NEXT_STATE], given)
        return said[0].tolist(), after


def _unknown(label: str) -> ModelError:
    return ModelError(
        f"{label} holds a sequence reader that this version cannot run: install the version that made "
        "it, or make it again with `fingerspell train-sequence`."
    )


def in_metadata(metadata: dict[str, str], label: str) -> OnnxSequence | None:
    """The sequence reader in the metadata of a model's file; None where there is none.

    Raises:
        ModelError: there is one that cannot be used.
    """
    if SEQUENCE_KEY not in metadata:
        return None
    try:
        content = base64.b64decode(metadata[SEQUENCE_KEY], validate=True)
    except ValueError:
        content = b""
    return OnnxSequence(content, label)
