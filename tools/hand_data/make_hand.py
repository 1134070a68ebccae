"""Make the hand that the app's lessons show: one mesh, its bones, and its pose in each letter.

    python tools/hand_data/make_hand.py DATA

`DATA/rendering/hand.npz` is from `anny_hand.py`; the mean of its grown people is written as binary glTF
to `src/fingerspell/app/learn/static/hand.glb`: a skin of 17 bones, and an animation of one keyframe for
each letter, and for a hand at rest and an open one. The fingers are those of a variant of
`rendering/letter_poses.toml`, solved again for this hand. How it is turned is said here: that table has
how pictures happen to show hands, and lessons show a right hand as others see it before a signer. x
leads to the right of who looks, y up and z to them; 1 is from the wrist to the middle finger's base.
"""

import argparse
import json
import math
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from needed import ask_for
from rendering.letter_poses import FINGERS, Touch, Variant, read_variants
from rendering.pose_solver import solve
from rendering.pose_starts import draw_starts
from rendering.skeleton import (
    N_BONES,
    WRIST,
    posed_frames,
    rest_of,
    turn_about,
    with_roots_within,
)
from rendering.skin import bump, step
from rendering.surface import Places, Surface, normals

Array = NDArray[np.float32]
TARGET = Path(__file__).parents[2] / "src/fingerspell/app/learn/static/hand.glb"
HAND = "hand.npz"
TRIES, STEPS = 48, 200  # hands that are solved for each letter, of which the best is kept
SHAKE = 0.3  # how much they differ, beside those that training draws
THIN = 0.94  # of the solver's capsules: this hand is thinner than they are
CHILD = 5  # every fifth person is one
FOREARM_END, FADE = -1.9, (-0.55, -1.75)  # where the forearm ends, and between where it fades, in palms
FLEXION, DEVIATION = (-75.0, 75.0), (-20.0, 40.0)  # of the wrist, in degrees
FORWARD = 0.8  # palms by which the wrist is behind the middle of what is seen, against the fingers
NAMES = (
    "palm",
    "forearm",
    *(f"{finger}_{bone}" for finger in ("thumb", *FINGERS) for bone in (1, 2, 3)),
)
PARENTS = (
    -1,
    0,
    *(0 if bone == 0 else 2 + 3 * finger + bone - 1 for finger in range(5) for bone in range(3)),
)


@dataclass(frozen=True)
class Shown:
    """How a letter is shown.

    Attributes:
        sign: of `letter_poses.toml`, whose `variant` (its place there) has the fingers.
        fingers: where they would point if they were straight.
        palm: where it looks.
        elbow: where it is, from the wrist.
        change: of the variant.
    """

    sign: str
    variant: int = 0
    fingers: tuple[float, float, float] = (0.0, 1.0, 0.0)
    palm: tuple[float, float, float] = (0.12, 0.0, 1.0)
    elbow: tuple[float, float, float] = (-0.3, -0.9, -0.25)
    change: dict[str, Any] | None = None


ASIDE = {"fingers": (0.93, 0.08, 0.35), "palm": (0.35, 0.3, -0.88), "elbow": (-0.8, -0.55, -0.2)}
# Of T: the thumb's tip stands out between index and middle finger, and the index finger lies on it.
THUMB_SEEN = {
    "fingers": ((-2, 64, 92, 45), (0, 86, 98, 58), (2, 86, 100, 60), (5, 86, 98, 58)),
    "touches": (Touch(by="tip", palm=(0.1, 1.02, 0.4)),),
    "give": 5,
}
SHOWN = {
    **{letter: Shown(letter) for letter in "ABDEFIKLRSUVWY"},
    **{letter: Shown(letter, 1, (0.0, 0.97, 0.25), (0.12, -0.25, 0.97)) for letter in "MN"},
    "C": Shown("C", palm=(0.75, 0.0, 0.65)),
    "G": Shown("G", 0, **ASIDE | {"palm": (0.3, 0.7, -0.6)}),
    "H": Shown("H", 0, **ASIDE),
    "J": Shown("I"),
    "O": Shown("O", palm=(0.72, 0.0, 0.7)),
    "P": Shown("P", 0, (-0.82, -0.15, 0.5), (0.05, -0.95, -0.2), (0.25, -0.4, -0.9)),
    "Q": Shown("Q", 0, (-0.25, -0.88, 0.4), (0.65, -0.3, -0.65), (-0.2, -0.3, -0.9)),
    "T": Shown("T", change=THUMB_SEEN),
    "X": Shown("X", 0, palm=(0.65, 0.0, 0.75)),
    "Z": Shown("Z", 0),
}  # fmt: skip
RESTING = Variant(
    1,
    "rest",
    ((0, 30, 34, 20), (-1, 34, 38, 22), (-2, 38, 40, 24), (-4, 40, 42, 24)),
    (30, 32, 5, 12, 14),
)
OPEN = Variant(
    1, "open", ((3, 14, 20, 12), (0, 14, 22, 12), (-4, 16, 22, 12), (-8, 18, 22, 12)), (48, 22, 0, 4, 4)
)


def main() -> None:
    """Parse the command line, solve and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    torch.set_num_threads(1)  # small tensors: more threads only wait for each other
    parser.add_argument("-o", "--output", type=Path, default=TARGET)
    args = parser.parse_args()
    folder = args.data / "rendering"
    ask_for({HAND: "anny_hand.py"}, folder, parser)
    with np.load(folder / HAND) as archive:
        arrays = {name: torch.from_numpy(archive[name]) for name in archive.files}
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_bytes(hand_glb(arrays))
    print(f"wrote {args.output}, {args.output.stat().st_size / 1000:.0f} kB")


def hand_glb(arrays: dict[str, Tensor]) -> bytes:
    """The glTF of the hand whose people's arrays `anny_hand.py` wrote."""
    grown = torch.arange(len(arrays["vertices"])) % CHILD != 0
    vertices = arrays["vertices"][grown].float().mean(0)
    joints = with_roots_within(arrays["joints"][grown].float().mean(0, keepdim=True))[0]
    faces, bones = arrays["faces"].long(), arrays["bones"].float()
    surface = Surface.of(vertices[None], joints[None], faces, bones)
    mesh = cut(
        {
            "POSITION": vertices,
            "NORMAL": normals(vertices[None], faces)[0],
            "COLOR_0": colours(surface),
            "bones": bones,
        },
        faces,
    )
    angles = solved(joints)
    poses = {letter: posed(SHOWN[letter], angles[letter], joints) for letter in sorted(SHOWN)}
    for variant in (RESTING, OPEN):
        shown = Shown("nothing", palm=(0.35, 0.0, 0.9))
        poses[variant.name] = posed(shown, nominal(variant), joints)
    roots = joints[:N_BONES].clone()
    roots[NAMES.index("forearm")] = 0  # it turns about the wrist
    return glb(mesh, roots.numpy(), poses)


def cut(values: dict[str, Tensor], faces: Tensor) -> dict[str, NDArray[Any]]:
    """The mesh without what is beyond the end of the forearm: of each vertex, and `faces`."""
    kept = (values["POSITION"][faces][..., 1] > FOREARM_END).all(1)
    faces = faces[kept]
    used = torch.unique(faces)
    number = torch.zeros(len(values["POSITION"]), dtype=torch.long)
    number[used] = torch.arange(len(used))
    strongest = values.pop("bones")[used].topk(4, dim=1)
    weights = strongest.values / strongest.values.sum(1, keepdim=True)
    mesh = {name: value[used].numpy() for name, value in values.items()}
    mesh["JOINTS_0"] = strongest.indices.numpy().astype(np.uint8)
    mesh["WEIGHTS_0"] = weights.numpy().astype(np.float32)
    mesh["faces"] = number[faces].numpy().astype(np.uint16)
    return mesh


def colours(surface: Surface) -> Tensor:
    """What the skin's colour is multiplied with at each vertex [V, 4]: lighter palms, redder joints."""
    at = Places(*surface.places.unbind(1))
    palm = step(at.palmar, -0.35, 0.35)[:, None]
    colour = torch.tensor([0.86, 0.84, 0.84]) * (1 - palm) + torch.tensor([1.0, 0.96, 0.94]) * palm
    knuckles = bump(at.along, 1.0, 0.22) + bump(at.along, 2.0, 0.2) + bump(at.along, 0.0, 0.25)
    red = 0.5 * knuckles[:, None] * (1 - palm) + 0.5 * step(at.along, 2.35, 2.8)[:, None]
    red = red * at.finger[:, None]
    colour = colour * (1 + (torch.tensor([1.0, 0.84, 0.83]) - 1) * red)
    outside = ((at.nail_y - 0.70) / 0.30).abs() ** 3 + (at.nail_x / 0.78).abs() ** 3
    nail = (1 - step(outside, 0.75, 1.0)) * step(at.nail_z, 0.1, 0.35) * at.finger
    colour = colour + (torch.tensor([1.0, 0.93, 0.93]) - colour) * nail[:, None]
    fade = step(at.y, FADE[1], FADE[0])
    return torch.cat([colour.clamp(0, 1), fade[:, None]], 1)


def nominal(variant: Variant) -> Tensor:
    """The angles [27] that the table says."""
    fingers = torch.tensor(variant.fingers, dtype=torch.float32).flatten()
    return torch.cat([fingers, torch.zeros(4), torch.tensor(variant.thumb), torch.zeros(2)]).float()


def solved(joints: Tensor) -> dict[str, Tensor]:
    """The angles [27] of each letter in which the thumb lies where it should: the best of `TRIES`."""
    table = read_variants()
    variants = []
    for shown in SHOWN.values():
        variant = table[shown.sign][shown.variant]
        change = {"finger_std": 1.5, "wrist": (0.0, 0.0)} | (shown.change or {})
        variants.append((shown.sign, replace(variant, **change)))
    starts = draw_starts(variants, TRIES, torch.Generator().manual_seed(0))
    exact = torch.stack([nominal(variant) for _, variant in variants])[starts.variant]
    starts = replace(
        starts,
        pose=exact + (starts.pose - exact) * SHAKE,
        length=torch.ones_like(starts.length),
        thickness=torch.full_like(starts.thickness, THIN),
    )
    found = solve(starts, joints[None], STEPS)
    error = found.off_target + 2 * found.overlap
    return {
        letter: found.pose[starts.variant == number][int(error[starts.variant == number].argmin())]
        for number, letter in enumerate(SHOWN)
    }


def posed(shown: Shown, angles: Tensor, joints: Tensor) -> tuple[Array, Array]:
    """The bones' rotations [17, 4] from their parents, and the place of the wrist [3]."""
    up, palm, elbow = (
        torch.tensor(way) / math.hypot(*way) for way in (shown.fingers, shown.palm, shown.elbow)
    )
    palm = palm - (palm @ up) * up
    palm = palm / palm.norm()
    view = torch.stack([torch.linalg.cross(up, palm), up, palm], 1)
    angles = angles.clone()
    angles[WRIST] = wrist_angles(view.T @ elbow) - wrist_angles(joints[1] / joints[1].norm())
    flexion, deviation = angles[WRIST] * (math.pi / 180)
    forearm = turn_about(0, flexion) @ turn_about(2, deviation)
    fingers = posed_frames(angles[None])[0] @ rest_of(joints[None]).frames[0].transpose(-1, -2)
    turns = torch.cat([torch.eye(3)[None], forearm[None], fingers.reshape(15, 3, 3)])
    local = [turns[max(parent, 0)].T @ turn for turn, parent in zip(turns, PARENTS, strict=True)]
    local[0] = view
    return np.stack([quaternion(turn.numpy()) for turn in local]), (-FORWARD * up).numpy()


def wrist_angles(elbow: Tensor) -> Tensor:
    """Flexion and deviation in degrees that bring the elbow there [3], as far as a wrist can."""
    x, y, z = (float(part) for part in elbow)
    deviation = math.degrees(math.asin(max(-1.0, min(1.0, x))))
    flexion = math.degrees(math.atan2(-z, -y))
    return torch.tensor(
        [min(max(flexion, FLEXION[0]), FLEXION[1]), min(max(deviation, DEVIATION[0]), DEVIATION[1])]
    )


def quaternion(turn: Array) -> Array:
    """x, y, z and w of a rotation [3, 3]."""
    w = math.sqrt(max(0.0, 1 + np.trace(turn))) / 2
    if w > 0.1:
        x, y, z = (turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1])
        return np.array([x / (4 * w), y / (4 * w), z / (4 * w), w], np.float32)
    values, vectors = np.linalg.eigh(
        np.array(
            [
                [turn[0, 0] - turn[1, 1] - turn[2, 2], 0, 0, 0],
                [turn[0, 1] + turn[1, 0], turn[1, 1] - turn[0, 0] - turn[2, 2], 0, 0],
                [
                    turn[0, 2] + turn[2, 0],
                    turn[1, 2] + turn[2, 1],
                    turn[2, 2] - turn[0, 0] - turn[1, 1],
                    0,
                ],
                [
                    turn[2, 1] - turn[1, 2],
                    turn[0, 2] - turn[2, 0],
                    turn[1, 0] - turn[0, 1],
                    np.trace(turn),
                ],
            ]
        )
    )
    return vectors[:, values.argmax()].astype(np.float32)


COMPONENTS = {"float32": 5126, "uint8": 5121, "uint16": 5123}  # glTF's numbers and names of types
TYPES = {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}


class Buffer:
    """The binary part of a glTF: accessors are added to it."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def add(self, values: NDArray[Any], target: int | None = None, **more: Any) -> int:
        """The number of the accessor of values [N] or [N, K]."""
        values = np.ascontiguousarray(values)
        view = {"buffer": 0, "byteOffset": len(self.content), "byteLength": values.nbytes}
        self.views.append(view | ({"target": target} if target else {}))
        self.content += values.tobytes() + bytes(-values.nbytes % 4)
        accessor = {
            "bufferView": len(self.views) - 1,
            "componentType": COMPONENTS[values.dtype.name],
            "count": len(values),
            "type": TYPES[1 if values.ndim == 1 else values.shape[1]],
        }
        self.accessors.append(accessor | more)
        return len(self.accessors) - 1


def glb(mesh: dict[str, NDArray[Any]], joints: Array, poses: dict[str, tuple[Array, Array]]) -> bytes:
    """The file: a mesh, bones with the joints [17, 3] at rest, and poses by name."""
    buffer, vertex, index = Buffer(), 34962, 34963
    at = mesh["POSITION"]
    attributes = {
        "POSITION": buffer.add(at, vertex, min=at.min(0).tolist(), max=at.max(0).tolist()),
        "NORMAL": buffer.add(mesh["NORMAL"], vertex),
        "COLOR_0": buffer.add(np.rint(mesh["COLOR_0"] * 255).astype(np.uint8), vertex, normalized=True),
        "JOINTS_0": buffer.add(mesh["JOINTS_0"], vertex),
        "WEIGHTS_0": buffer.add(mesh["WEIGHTS_0"], vertex),
    }
    indices = buffer.add(mesh["faces"].reshape(-1), index)
    inverse = np.tile(np.eye(4, dtype=np.float32), (N_BONES, 1, 1))
    inverse[:, 3, :3] = -joints  # columns stand one after the other
    skin = {
        "joints": list(range(N_BONES)),
        "inverseBindMatrices": buffer.add(inverse.reshape(N_BONES, 16)),
        "skeleton": 0,
    }
    nodes = []
    for number, (name, parent) in enumerate(zip(NAMES, PARENTS, strict=True)):
        place = joints[number] - (joints[parent] if parent >= 0 else 0)
        children = [child for child, of in enumerate(PARENTS) if of == number]
        node = {"name": name, "translation": np.round(place, 6).tolist()}
        nodes.append(node | ({"children": children} if children else {}))
    nodes.append({"name": "hand", "mesh": 0, "skin": 0})
    begin = buffer.add(np.zeros(1, np.float32), min=[0.0], max=[0.0])
    document = {
        "asset": {
            "version": "2.0",
            "generator": "fingerspell, tools/hand_data/make_hand.py",
            "copyright": "CC0: the mean of hands of MakeHuman's body model, as Anny 0.6.2 has it",
        },
        "scene": 0,
        "scenes": [{"nodes": [0, N_BONES]}],
        "nodes": nodes,
        "meshes": [{"primitives": [{"attributes": attributes, "indices": indices, "material": 0}]}],
        "materials": [
            {
                "name": "skin",
                "alphaMode": "BLEND",
                "pbrMetallicRoughness": {"metallicFactor": 0, "roughnessFactor": 0.62},
            }
        ],
        "skins": [skin],
        "animations": [animation(name, *pose, buffer, begin) for name, pose in poses.items()],
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": len(buffer.content)}],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(buffer.content), b"BIN\0") + bytes(buffer.content)
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def animation(name: str, turns: Array, place: Array, buffer: Buffer, begin: int) -> dict[str, Any]:
    """One keyframe: the bones' rotations [17, 4] and the wrist's place [3]."""
    samplers = [{"input": begin, "output": buffer.add(turn[None])} for turn in turns]
    channels = [
        {"sampler": bone, "target": {"node": bone, "path": "rotation"}} for bone in range(len(turns))
    ]
    samplers.append({"input": begin, "output": buffer.add(place[None].astype(np.float32))})
    channels.append({"sampler": len(turns), "target": {"node": 0, "path": "translation"}})
    return {"name": name, "samplers": samplers, "channels": channels}


if __name__ == "__main__":
    main()
