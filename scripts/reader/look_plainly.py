"""Show MediaPipe's trunk the pictures of a set as the reader will see them, and keep the features.

    python scripts/reader/look_plainly.py DATA --out runs/plain [--set people]

`look.py` draws views that are turned, lit and blurred at random. These are the two looks that the
reader itself has at a hand it found: around the landmarks, and once more in a mirror. Training learns
from both (docs/experiments/41c-deeper-layers.md). The two files are those that
`look.py` writes. Pictures in which MediaPipe found no hand are passed over.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from rich.progress import track
from safetensors.torch import save
from torch import Tensor

from fingerspell.core.alphabet import CLASSES, parse_class
from fingerspell.files import write_atomically
from fingerspell.models.reader import HandReader, _sides, turn_by
from fingerspell.pictures.still import read_picture
from joints import Hands, load_hands
from pretrained import pretrained_reader
from samples import PEOPLE, SOURCES, person_of

Facts = dict[str, Tensor]


def looks_at(reader: HandReader, picture: np.ndarray, joints: Tensor) -> Iterator[tuple[Tensor, Facts]]:
    """Features [14, 14, 112] of the two looks at a hand of joints [21, 2] in pixels, and facts."""
    shown = torch.tensor(picture)[None]
    for square in (reader._around(joints[None], reader.FILL), reader.mirrored(joints[None])):
        (top, left), (bottom, right), within = reader.part(shown, square)
        part = shown[:, top:bottom, left:right]
        is_large = square[0, 2] > reader.HALVED_FROM_PX
        view = (reader.view_of_half if is_large else reader.view_of_full)(part, within)
        middle = reader.trunk.middle((view / 255).to(memory_format=torch.channels_last))
        angle, mirror = square[:, 3], square[:, 4:]
        from_picture = torch.linalg.inv(_sides(angle, mirror)[0]).T
        in_view = (joints - square[0, :2]) @ from_picture / square[0, 2] + 0.5
        yield middle[0].permute(1, 2, 0), {"turn": turn_by(angle * mirror[:, 0])[0], "joints": in_view}


def facts_of(hands: Hands, name: str, looks: list[Facts]) -> tuple[Facts, list[str]]:
    """What `look.py` keeps of each view, two a picture, and the names of the sources."""
    folders = [path.split("/")[0] for path in hands.paths[hands.found]]
    origins = [
        person_of(path) if SOURCES[name].by_person else name for path in hands.paths[hands.found]
    ]
    names = sorted(set(origins))
    labels = torch.tensor([CLASSES.index(parse_class(folder)) for folder in folders])
    trust = torch.tensor([SOURCES[name].trust(folder) for folder in folders])
    known = {
        "found": torch.ones(len(folders), dtype=torch.bool),
        "hand": torch.ones(len(folders)),
        "label": labels,
        "trust": trust,
        "source": torch.tensor([names.index(origin) for origin in origins]),
    }
    facts = {key: torch.stack([look[key] for look in looks]) for key in looks[0]}
    return facts | {key: each.repeat_interleave(2) for key, each in known.items()}, names


@torch.inference_mode()
def main() -> None:
    """Parse the command line and look."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--set", default=PEOPLE, help="whose folders are named by their classes")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    reader, hands = pretrained_reader(args.data).eval(), load_hands(args.data, args.set)
    reader.trunk.to(memory_format=torch.channels_last)
    middles, looks = [], []
    for i in track(np.flatnonzero(hands.found), args.set):
        picture = read_picture(args.data / args.set / hands.paths[i])
        for middle, facts in looks_at(reader, picture, torch.tensor(hands.joints[i]).float()):
            middles.append(middle.half().numpy())
            looks.append(facts)
    facts, names = facts_of(hands, args.set, looks)
    np.save(args.out / "middle.npy", np.stack(middles))
    contiguous = {key: each.contiguous() for key, each in facts.items()}
    write_atomically(args.out / "views.safetensors", save(contiguous, {"sources": ",".join(names)}))


if __name__ == "__main__":
    main()
