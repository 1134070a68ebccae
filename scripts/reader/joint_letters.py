"""Letters from MediaPipe's joints alone: a part of the reader, and a yardstick.

    python scripts/reader/joint_letters.py DATA [-o shape.safetensors] [--leave-out SET,...]
    python scripts/reader/joint_letters.py DATA --leave-each-out

`DATA/joints/<set>.npz` holds the joints of the training sets and of those to judge, all made by
`label_joints.py` (`--sets`). The network learns from every joint found in the lettered training sets,
turned, squashed and mirrored at random. Where MediaPipe finds no hand, the answer is `nothing`;
predictions range over all 29 classes.
"""

import argparse
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.progress import track
from torch import Tensor, nn
from torch.nn import functional

from fingerspell.core.alphabet import CLASSES, LETTERS, NOTHING
from fingerspell.models.hand_net import normalised
from fingerspell.models.joint_net import EitherHand, JointNet
from joints import load_hands
from pretrained import save_weights
from samples import (
    RENDERED,
    SOURCES,
    UNKNOWN,
    Source,
    is_left_out,
    left_out_of,
    names_of,
    person_of,
    shown_in,
)

# Sets of which at least some folders are signs of ours; the exact joints of renders did not help.
REAL = {name: source for name, source in SOURCES.items() if name != RENDERED and not source.empty}
LEARNED = [name for name, source in REAL.items() if source.classes != {}]
LETTERED = [name for name in LEARNED if SOURCES[name].classes is None]
STEPS, BATCH = 2000, 512
TURN_DEG, SQUASH, NOISE = 15.0, 0.1, 0.02  # standard deviations of what is done to joints at random


@dataclass(frozen=True)
class Labelled:
    """Joints [N, 21, 2] of a set, in pixels; whether they were found, class and trust of each [N]."""

    joints: Tensor
    found: Tensor
    label: Tensor
    trust: Tensor

    @classmethod
    def load(cls, data: Path, name: str, leave_out: Collection[str] = ()) -> "Labelled":
        """The joints of `DATA/joints/<name>.npz`, but for those of people in `leave_out`."""
        hands, source = load_hands(data, name), SOURCES.get(name, Source(1))
        signs = [shown_in(path, source) for path in hands.paths]
        origins = [person_of(path) if source.by_person else name for path in hands.paths]
        kept = torch.tensor(
            [
                bool(sign) and not is_left_out(origin, leave_out)
                for sign, origin in zip(signs, origins, strict=True)
            ]
        )
        return cls(
            torch.from_numpy(hands.joints).float()[kept],
            torch.from_numpy(hands.found)[kept],
            torch.tensor([source.label(sign) if sign else UNKNOWN for sign in signs])[kept],
            torch.tensor([source.trust(sign) for sign in signs])[kept],
        )


def fit(sets: Mapping[str, Labelled]) -> EitherHand:
    """A network that learned from the hands found in `sets`, drawn as often as `samples.py` says."""
    torch.manual_seed(0)
    known = {name: each.found & (each.label != UNKNOWN) for name, each in sets.items()}
    joints, label, trust = (
        torch.cat([getattr(each, part)[known[name]] for name, each in sets.items()])
        for part in ("joints", "label", "trust")
    )
    counts = {name: int(each.sum()) for name, each in known.items()}
    weight = torch.cat(
        [torch.full((n,), SOURCES[name].weight / max(n, 1)) for name, n in counts.items()]
    )
    net = JointNet()
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, STEPS)
    for index in torch.multinomial(weight, STEPS * BATCH, replacement=True).split(BATCH):
        logits = net(moved(normalised(joints[index])))
        losses = functional.cross_entropy(logits, label[index], reduction="none", label_smoothing=0.05)
        optimiser.zero_grad(set_to_none=True)
        (losses * trust[index]).mean().backward()
        optimiser.step()
        schedule.step()
    return EitherHand(net).eval()


def moved(joints: Tensor) -> Tensor:
    """Joints [N, 21, 2] of size 1, each hand turned, squashed, shaken and mirrored at random."""
    n = len(joints)
    angle = torch.randn(n) * math.radians(TURN_DEG)
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack((cos, sin, -sin, cos), 1).view(n, 2, 2)
    mirror = torch.ones(n, 1, 2)
    mirror[torch.rand(n) < 0.5, :, 0] = -1
    squashed = joints @ turn * (torch.randn(n, 1, 2) * SQUASH).exp() * mirror
    return normalised(squashed) + torch.randn(joints.shape) * NOISE


@torch.inference_mode()
def report(name: str, reader: nn.Module, of: Labelled) -> None:
    """Print a line on the letters of a set."""
    answers = torch.where(of.found, reader(of.joints).argmax(1), CLASSES.index(NOTHING))
    letters = torch.tensor([CLASSES[label] in LETTERS for label in of.label])
    right, found = (answers == of.label)[letters], of.found[letters]
    print(
        f"{name:<24} n {len(right):>6,}  letters right {right.float().mean():6.1%}  hand found "
        f"{found.float().mean():6.1%}  right where found {right[found].float().mean():6.1%}",
        flush=True,
    )


def main() -> None:
    """Parse the command line, learn and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--judge", default="multisigner100,aslalphabets_test")
    parser.add_argument(
        "--leave-out",
        default="",
        help="comma-separated sets to judge, people/NAME or people:K/N, not to learn from",
    )
    parser.add_argument(
        "--licensed-only", action="store_true", help="learn only from what is openly licensed"
    )
    parser.add_argument("--leave-each-out", action="store_true", help="one training for each set, too")
    parser.add_argument("-o", "--output", type=Path, help="write the weights, for `export.py`")
    args = parser.parse_args()
    left_out = left_out_of(args.leave_out, args.data, licensed_only=args.licensed_only)
    sets = {name: Labelled.load(args.data, name, left_out) for name in LEARNED}
    reader = fit(sets)
    for name in [*names_of(args.judge), *(name for name in LETTERED if name in left_out)]:
        report(name, reader, Labelled.load(args.data, name))
    if args.output:
        save_weights(args.output, reader.net.state_dict())
    if args.leave_each_out:
        for name in track(LETTERED, "leaving one set out", transient=True):
            others = {other: each for other, each in sets.items() if other != name}
            report(f"without {name}", fit(others), Labelled.load(args.data, name))


if __name__ == "__main__":
    main()
