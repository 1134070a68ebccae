"""MediaPipe's landmarks and a small network on them: what many systems are, as a yardstick.

    python benchmarks/landmark_network.py DATA [--leave-out SET,...] [--leave-each-out]

`DATA/joints/<set>.npz` holds the landmarks of the training sets and of those to judge, all made by
`tools/hand_data/label_joints.py`. The network learns from every hand found in the sets that show
letters, turned, squashed and mirrored at random. Where MediaPipe finds no hand, it answers `nothing`;
answers range over all 29 classes.
"""

import argparse
from collections.abc import Collection
from pathlib import Path

import torch
from rich.progress import track
from torch.nn import functional

from fingerspell.core.alphabet import CLASSES, LETTERS
from fingerspell.models.joint_net import EitherHand, JointNet
from fingerspell.training.hand_reader.looks import Hands
from fingerspell.training.hand_reader.network import in_image, shaken
from fingerspell.training.hand_reader.sources import (
    RENDERED,
    SOURCES,
    UNKNOWN,
    Source,
    is_left_out,
    left_out_of,
    read_archive,
    shown_in,
)

STEPS, BATCH, RATE = 2000, 512, 3e-3
LEARNED = [n for n, s in SOURCES.items() if n != RENDERED and not s.empty and s.classes != {}]
LETTERED = [name for name in LEARNED if SOURCES[name].classes is None]


def fit(data: Path, leave_out: Collection[str]) -> EitherHand:
    """A network that learned from the hands of all sets but those left out."""
    torch.manual_seed(0)
    sets = [name for name in LEARNED if not is_left_out(name, leave_out)]
    joints, labels, trusts, weights = [], [], [], []
    for name in sets:
        hands = Hands.load(data, [name])
        kept = torch.tensor([not is_left_out(each, leave_out) for each in hands.source_names])
        chosen = kept[hands.source] & (hands.label != UNKNOWN)
        joints.append(torch.from_numpy(hands.joints)[chosen] * hands.size[chosen][:, None])
        labels.append(hands.label[chosen])
        trusts.append(hands.trust[chosen])
        weights.append(torch.full((int(chosen.sum()),), SOURCES[name].weight / int(chosen.sum())))
    joint, label, trust, weight = map(torch.cat, (joints, labels, trusts, weights))
    net, straight = JointNet(), torch.eye(2).expand(BATCH, 2, 2)
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, STEPS)
    for index in torch.multinomial(weight, STEPS * BATCH, replacement=True).split(BATCH):
        logits = net(shaken(joint[index], straight, 1)[:, 0])
        losses = functional.cross_entropy(logits, label[index], reduction="none", label_smoothing=0.05)
        optimiser.zero_grad(set_to_none=True)
        (losses * trust[index]).mean().backward()
        optimiser.step()
        schedule.step()
    return EitherHand(net).eval()


@torch.inference_mode()
def report(title: str, network: EitherHand, data: Path, name: str) -> None:
    """Print a line on the letters of a set."""
    hands, source = Hands.load(data, [name]), SOURCES.get(name, Source(1))
    signs = [shown_in(path, source) for path in read_archive(data, "joints", name)["paths"]]
    n = sum(sign in LETTERS for sign in signs)
    flat = torch.from_numpy(hands.joints) * hands.size[:, None]
    answers = network(in_image(flat, torch.eye(2).expand(len(flat), 2, 2))).argmax(1)
    letters = torch.tensor([CLASSES[label] in LETTERS for label in hands.label])
    right = int((answers == hands.label)[letters].sum())
    found = int(letters.sum())
    print(
        f"{title:<24} n {n:>6,}  letters right {right / n:6.1%}  hand found {found / n:6.1%}  right "
        f"where found {right / found:6.1%}",
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
    parser.add_argument("--leave-each-out", action="store_true", help="one training for each set, too")
    args = parser.parse_args()
    left_out = left_out_of(args.leave_out, args.data)
    network = fit(args.data, left_out)
    judged = [*filter(None, args.judge.split(",")), *(name for name in LETTERED if name in left_out)]
    for name in judged:
        report(name, network, args.data, name)
    for name in track(LETTERED if args.leave_each_out else [], "leaving one set out", transient=True):
        report(f"without {name}", fit(args.data, {*left_out, name}), args.data, name)


if __name__ == "__main__":
    main()
