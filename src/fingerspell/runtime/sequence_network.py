"""The sequence reader that a model's file may hold: a second, small graph in its metadata.

The graph takes ticks (see `core.sight`) and the state it returned last, and gives probabilities of the
29 classes and the next state, so that whoever runs it keeps nothing but that state.
"""

import base64
import json
from dataclasses import asdict
from typing import Any

import numpy as np
import onnxruntime as ort

from fingerspell.core.alphabet import CLASSES
from fingerspell.core.decode import DecoderOptions
from fingerspell.core.sight import N_FEATURES, TICK_S, Floats
from fingerspell.errors import ModelError

SEQUENCE_KEY = "fingerspell.sequence"  # of the metadata of a model's file: the graph in base64
ABOUT_KEY = "fingerspell"  # of the graph's own metadata: a JSON document
SEQUENCE_FORMAT = 2
TICKS, STATE, SAID, NEXT_STATE = "ticks", "state", "probabilities", "next_state"


def about(delay_ticks: int, seen_ticks: int, options: DecoderOptions) -> dict[str, Any]:
    """The document that describes a graph.

    Args:
        delay_ticks: what is said at a tick is of the tick this many before.
        seen_ticks: how many ticks before one count for it: these are the state.
        options: from which probabilities on, and for how long, a sign counts.
    """
    return {
        "format": SEQUENCE_FORMAT,
        "classes": CLASSES,
        "tick_s": TICK_S,
        "features": N_FEATURES,
        "delay_ticks": delay_ticks,
        "seen_ticks": seen_ticks,
        "decoder": asdict(options),
    }


class OnnxSequence:
    """A `core.sequence.SequenceNetwork` from a graph.

    Args:
        content: of the graph.
        label: what to call the model's file in errors.

    Attributes:
        delay_ticks: what is said at a tick is of the tick this many before.
        options: when what it says is a letter.

    Raises:
        ModelError: it cannot be run, or is of another version.
    """

    def __init__(self, content: bytes, label: str) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1  # a tick takes a fraction of a millisecond
        options.log_severity_level = 4
        try:
            self._session = ort.InferenceSession(content, options, ["CPUExecutionProvider"])
            metadata = json.loads(self._session.get_modelmeta().custom_metadata_map[ABOUT_KEY])
            known = (metadata["format"], metadata["features"]) == (SEQUENCE_FORMAT, N_FEATURES)
            self.delay_ticks = int(metadata["delay_ticks"])
            self._seen_ticks = int(metadata["seen_ticks"])
            self.options = DecoderOptions(**metadata["decoder"])
            said, state = self.step(np.zeros((1, N_FEATURES), np.float32), self.start())
            known &= said.shape == (1, len(CLASSES)) and state.shape == self.start().shape
        except Exception as error:  # onnxruntime's own exceptions share no base class
            raise _unknown(label) from error
        if not known:
            raise _unknown(label)

    def start(self) -> Floats:
        """The state before the first tick, float32 [1, seen_ticks, N_FEATURES]."""
        return np.zeros((1, self._seen_ticks, N_FEATURES), np.float32)

    def step(self, numbers: Floats, state: Floats) -> tuple[Floats, Floats]:
        """Probabilities [T, 29] at ticks [T, N_FEATURES], and the state after them."""
        said, after = self._session.run([SAID, NEXT_STATE], {TICKS: numbers[None], STATE: state})
        return said[0], after


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
