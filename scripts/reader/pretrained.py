"""The reader with MediaPipe's weights and with those learned, for the other scripts."""

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import load_file, save
from torch import Tensor

from fingerspell.core.types import N_JOINTS
from fingerspell.files import write_atomically
from fingerspell.models.mediapipe_networks import HAND_PX, load_in_order
from fingerspell.models.reader import HandReader

# Tensors at the end: weight and bias of handedness, presence, joints, and joints in the world.
HEADS = 8


def pretrained_reader(data: Path) -> HandReader:
    """The reader before training: it finds palms and joints, and reads letters at random.

    Args:
        data: with what `mediapipe_weights.py` took out, in `DATA/mediapipe`.
    """
    reader = HandReader()
    stored = load_file(data / "mediapipe" / "palms.safetensors")
    load_in_order(reader.palms, _in_order(stored))
    hand = _in_order(load_file(data / "mediapipe" / "hand.safetensors"))
    load_in_order(reader.trunk, hand[:-HEADS])
    presence, joints = hand[-HEADS + 2 : -HEADS + 4], hand[-HEADS + 4 : -HEADS + 6]
    load_in_order(reader.letters.hand, presence)
    # x, y and depth of each joint, in pixels: here x and y, as fractions of the view.
    x_and_y = [each.unflatten(0, (N_JOINTS, 3))[:, :2].flatten(0, 1) / HAND_PX for each in joints]
    load_in_order(reader.letters.joints, x_and_y)
    return reader


def taught_reader(data: Path, letters: Path, shape: Path) -> HandReader:
    """The reader with what `train.py` and `joint_letters.py` wrote; small hands are not read yet."""
    reader = pretrained_reader(data)
    reader.letters.load_state_dict(load_file(letters))
    reader.shape.net.load_state_dict(load_file(shape))
    return reader


def save_weights(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Write weights as .safetensors, whole or not at all."""
    write_atomically(path, save({name: each.contiguous() for name, each in weights.items()}))


def _in_order(stored: dict[str, Tensor]) -> list[Tensor]:
    """`000.weight`, `000.bias`, `001.weight` and so on."""
    return [stored[key] for key in sorted(stored, key=lambda key: (key[:3], key.endswith("bias")))]
