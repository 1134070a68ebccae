"""Train the reader's own layers on what its trunk makes of random views.

    python scripts/reader/train.py DATA VIEWS [VIEWS ...] --out runs/reader [--leave-out SET,...]
    python scripts/reader/train.py DATA --device cuda --out runs/reader [--leave-out SET,...]

The VIEWS are those that `look.py` stored. Without any, each step draws its own, which a GPU does in
no time, and for which two CPU cores need longer than for learning from them. The last layers of
MediaPipe's trunk go on learning, slowly; those that read joints and letters are new. The result,
`OUT/letters.safetensors`, holds averaged weights; `export.py` makes the bundled model of them. Started
again, it goes on where it was stopped.
"""

import argparse
import dataclasses
import io
import json
import time
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from fingerspell.files import write_atomically
from fingerspell.models.hand_letters import HandLetters, Reading
from fingerspell.models.mediapipe_networks import HandTrunk, SameConv
from look import KEPT, MOST_BATCHES, source_numbers
from pretrained import pretrained_reader, save_weights
from samples import UNKNOWN, Samples, left_out_of, load_samples
from views import draw_views

LOG_EVERY = 50  # steps
PARTS = ("letters", "average", "optimiser", "schedule")  # of a run, whose states are kept
# Learning rate of what MediaPipe's weights begin with, as a share of the others': of a training from
# these, and of one that goes on from an earlier one, whose others know as much.
SLOWER, FURTHER = 0.15, 0.3


class Material(Protocol):
    """Views to learn from."""

    def batch(self, size: int, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Features [N, 112, 14, 14], channels last, of `size` random views, and facts of each."""


class StoredViews:
    """What `look.py` wrote in some folders, as one."""

    def __init__(self, folders: list[Path], leave_out: set[str]) -> None:
        parts = [load_file(folder / "views.safetensors") for folder in folders]
        self._middles = [np.load(folder / "middle.npy", mmap_mode="r") for folder in folders]
        self.facts = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
        counts = torch.tensor([len(part["label"]) for part in parts])
        self._folder = torch.arange(len(parts)).repeat_interleave(counts)
        self._row = torch.cat([torch.arange(int(count)) for count in counts])
        numbers = [source_numbers(folder / "views.safetensors", leave_out) for folder in folders]
        left_out = [
            torch.isin(part["source"], torch.tensor(which, dtype=torch.long))
            for part, which in zip(parts, numbers, strict=True)
        ]
        self.usable = (~torch.cat(left_out)).nonzero()[:, 0]

    def middle(self, index: Tensor) -> Tensor:
        """Features [N, 112, 14, 14] of the views `index` [N], channels last."""
        features = torch.empty(len(index), *self._middles[0].shape[1:])
        for folder, stored in enumerate(self._middles):
            where = (self._folder[index] == folder).nonzero()[:, 0]
            if len(where):
                rows = stored[self._row[index[where]].numpy()]
                features[where] = torch.from_numpy(rows).float()
        return features.permute(0, 3, 1, 2)

    def batch(self, size: int, step: int) -> tuple[Tensor, dict[str, Tensor]]:  # noqa: ARG002
        """Any of the views that are not left out."""
        index = self.usable[torch.randint(len(self.usable), (size,))]
        return self.middle(index), {name: value[index] for name, value in self.facts.items()}


class FreshViews:
    """Views drawn as they are learned from, on the trunk's device, and looked at in bf16 if it can."""

    def __init__(self, samples: Samples, trunk: HandTrunk, seed: int) -> None:
        device = next(trunk.parameters()).device
        parts = {field.name: getattr(samples, field.name) for field in dataclasses.fields(samples)}
        there = {name: part.to(device) for name, part in parts.items() if isinstance(part, Tensor)}
        self._samples = dataclasses.replace(samples, **there)
        self._trunk = trunk.eval().to(memory_format=torch.channels_last)
        self._generator, self._seed = torch.Generator(device), seed

    def batch(self, size: int, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Those of this step: each has random numbers of its own, as `look.py`'s batches have."""
        self._generator.manual_seed(self._seed * MOST_BATCHES + step)
        weight = self._samples.weight
        index = torch.multinomial(weight, size, replacement=True, generator=self._generator)
        views = draw_views(self._samples, index, self._generator)
        pictures = views.pictures.to(memory_format=torch.channels_last)
        kind = pictures.device
        with torch.no_grad(), torch.autocast(kind.type, torch.bfloat16, enabled=has_16_bits(kind)):
            middle = self._trunk.middle(pictures)
        return middle, {name: getattr(views, name) for name in KEPT}


def loss_of(
    reading: Reading, logits: Tensor, facts: dict[str, Tensor]
) -> tuple[Tensor, dict[str, float]]:
    """What the layers get wrong: places of joints, letter, presence of a hand; and its parts."""
    joints, label = facts["joints"], facts["label"]
    extent = (joints.amax(1) - joints.amin(1)).amax(1).clamp(0.05)
    error = ((reading.joints - joints).norm(dim=-1).mean(1) / extent).clamp(max=2)
    joint_error = _mean(error, facts["found"].float())  # in sizes of the hand
    labelled = (label != UNKNOWN).float()
    wrong = functional.cross_entropy(logits, label.clamp(0), reduction="none", label_smoothing=0.05)
    letter = _mean(wrong, labelled * facts["trust"])
    told = facts["hand"] != UNKNOWN
    unsure = functional.binary_cross_entropy_with_logits(
        reading.hand, facts["hand"].clamp(0), reduction="none"
    )
    hand = _mean(unsure, told.float())
    right = _mean((logits.argmax(1) == label).float(), labelled)
    loss = letter + 2 * joint_error + 0.3 * hand
    parts = {
        "loss": loss,
        "letter": letter,
        "joint_error": joint_error,
        "hand": hand,
        "accuracy": right,
    }
    return loss, {name: value.item() for name, value in parts.items()}


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum().clamp(1e-6)


def has_16_bits(device: torch.device) -> bool:
    """Whether a device computes in bf16: a CPU that imitates it takes six times as long."""
    of_cpu = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return device.type != "cpu" or of_cpu


def compute_in_32_bits(layer: SameConv) -> None:
    """Take a depthwise convolution out of autocast: in 16 bits, it takes far longer on a CPU."""

    def before(_layer: SameConv, inputs: tuple[Tensor]) -> tuple[Tensor]:
        torch.set_autocast_enabled("cpu", False)
        return (inputs[0].float(),)

    def after(_layer: SameConv, _inputs: tuple[Tensor], _output: Tensor) -> None:
        torch.set_autocast_enabled("cpu", True)

    layer.register_forward_pre_hook(before)
    layer.register_forward_hook(after)


class Run:
    """The layers, their average and their optimiser, for a number of steps.

    Args:
        letters: the layers to train.
        learning_rate: of the new layers at its highest.
        steps: to take in all.
        in_16_bits: whether to compute in bf16; None does where the device has it.
        slower: learning rate of what MediaPipe's weights begin with, as a share of the others'.
    """

    def __init__(
        self,
        letters: HandLetters,
        learning_rate: float,
        steps: int,
        in_16_bits: bool | None = None,
        slower: float = SLOWER,
    ) -> None:
        self.steps, self.steps_done = steps, 0
        self.letters = letters.to(memory_format=torch.channels_last).train()
        self.device = next(letters.parameters()).device
        self.in_16_bits = has_16_bits(self.device) if in_16_bits is None else in_16_bits
        for layer in self.letters.modules():
            if isinstance(layer, SameConv) and self.device.type == "cpu" and self.in_16_bits:
                compute_in_32_bits(layer)
        begun = [*letters.last.parameters(), *letters.joints.parameters(), *letters.hand.parameters()]
        known = {id(parameter) for parameter in begun}
        new = [parameter for parameter in letters.parameters() if id(parameter) not in known]
        rates = [slower * learning_rate, learning_rate]
        groups = [{"params": part, "lr": rate} for part, rate in zip((begun, new), rates, strict=True)]
        self.optimiser = torch.optim.AdamW(groups, weight_decay=0.02)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, rates, steps, pct_start=0.15
        )
        self.average = AveragedModel(letters, multi_avg_fn=get_ema_multi_avg_fn(0.995))

    def step(self, middle: Tensor, facts: dict[str, Tensor]) -> dict[str, float]:
        """One step of AdamW; the parts of the loss."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.in_16_bits):
            reading = self.letters(middle, facts["turn"])
        loss, parts = loss_of(reading, self.letters.logits(reading.features), facts)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.letters.parameters(), 5.0)
        self.optimiser.step()
        self.schedule.step()
        self.average.update_parameters(self.letters)
        self.steps_done += 1
        return parts

    def save(self, path: Path, recipe: str) -> None:
        """Write all that another process needs to go on as this one would."""
        parts = {name: getattr(self, name).state_dict() for name in PARTS}
        now = {"recipe": recipe, "steps_done": self.steps_done, "random": torch.get_rng_state()}
        content = io.BytesIO()
        torch.save(parts | now, content)
        write_atomically(path, content.getvalue())

    def resume(self, path: Path, recipe: str) -> None:
        """Go on where `save` was called.

        Raises:
            ValueError: that was another recipe.
        """
        state = torch.load(path, weights_only=True, map_location=self.device)
        if state["recipe"] != recipe:
            raise ValueError(f"{path} is of another recipe ({state['recipe']}): delete it.")
        for name in PARTS:
            getattr(self, name).load_state_dict(state[name])
        self.steps_done = state["steps_done"]
        torch.set_rng_state(state["random"].cpu())


def train(run: Run, views: Material, batch_size: int, unfinished: Path, recipe: str) -> None:
    """Take all steps that are left; `unfinished` keeps where the run is, for the next start."""
    if unfinished.exists():
        run.resume(unfinished, recipe)
        print(f"going on after step {run.steps_done}", flush=True)
    began, sums = time.perf_counter(), dict[str, float]()
    while run.steps_done < run.steps:
        for name, value in run.step(*views.batch(batch_size, run.steps_done)).items():
            sums[name] = sums.get(name, 0.0) + value / LOG_EVERY
        if run.steps_done % LOG_EVERY == 0:
            row = {"step": run.steps_done, "seconds": round(time.perf_counter() - began, 1)}
            print(json.dumps(row | {name: round(value, 4) for name, value in sums.items()}), flush=True)
            sums = {}
            run.save(unfinished, recipe)


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("views", type=Path, nargs="*", help="folders of look.py; drawn if not given")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--batch-size", type=int, default=192)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument(
        "--leave-out",
        default="",
        help="comma-separated sets, people/NAME or people:K/N, not to train on",
    )
    parser.add_argument(
        "--licensed-only", action="store_true", help="learn only from what is openly licensed"
    )
    parser.add_argument(
        "--begin", type=Path, help="letters.safetensors of an earlier run to go on from"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu", help="for views that are drawn: cpu or cuda")
    args = parser.parse_args()
    if args.views and args.device != "cpu":
        parser.error("stored views are learned from on the CPU: give none, or no --device.")
    args.out.mkdir(parents=True, exist_ok=True)
    unfinished = args.out / "unfinished.pt"
    torch.manual_seed(args.seed)
    left_out = left_out_of(args.leave_out, args.data, licensed_only=args.licensed_only)
    torch.set_default_device(args.device)
    reader = pretrained_reader(args.data)
    if args.begin:
        reader.letters.load_state_dict(load_file(args.begin))
    views: Material
    if args.views:
        views = StoredViews(args.views, left_out)
    else:
        views = FreshViews(load_samples(args.data, left_out), reader.trunk, args.seed)
    slower = FURTHER if args.begin else SLOWER
    run = Run(reader.letters, args.learning_rate, args.steps, slower=slower)
    train(run, views, args.batch_size, unfinished, repr(sorted(vars(args).items())))
    save_weights(args.out / "letters.safetensors", run.average.module.state_dict())
    unfinished.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
