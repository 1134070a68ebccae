"""Train the bundled reader from the sets marked for training.

    python scripts/reader/train.py DATA --out runs/reader [--steps 11000] [--leave-out SET]

DATA holds the sets as folders, what `label_joints.py` made of them (`DATA/joints`), and what
`cut_out_hands.py` made of that (`DATA/hands`, `DATA/people`). Every 1000 steps the state is saved (a
run that is stopped goes on from there) and the averaged network is measured on the `--validate` sets,
none of which is trained on. The result, `reader.safetensors`, is what `export.py` turns into the
bundled model. On two CPU cores glibc spends a third of the time giving memory back;
MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 keeps it.
"""

import argparse
import json
import time
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.core.types import Prediction
from fingerspell.evaluation.metrics import metrics_of
from fingerspell.evaluation.pictures import Pictures, Protocol, open_pictures
from fingerspell.evaluation.predict import Predictor
from fingerspell.models.reader import STRIDE, HandNet, HandOutput, TwoLooks
from samples import UNKNOWN, load_samples
from views import VIEW_PX, Views, draw_views

SPEC = PreprocessSpec(VIEW_PX)
LOG_EVERY, SAVE_EVERY = 50, 1000  # steps


def loss_of(output: HandOutput, views: Views) -> tuple[Tensor, dict[str, float]]:
    """What the network gets wrong: places of joints, letter, presence of a hand; and its parts."""
    visible = views.found[:, None] & ((views.joints > 0) & (views.joints < 1)).all(-1)
    target = _cell_weights(views.joints.clamp(0, 1), VIEW_PX // STRIDE)
    heat = _mean(-(target * output.heat.float().log_softmax(-1)).sum(-1), visible)
    extent = (views.joints.amax(1) - views.joints.amin(1)).amax(1).clamp(0.05)
    error = (output.joints - views.joints).norm(dim=-1) / extent[:, None]
    joint_error = _mean(error, visible)  # in sizes of the hand
    labelled = views.label != UNKNOWN
    letter = _mean(
        functional.cross_entropy(
            output.logits.float(), views.label.clamp(0), reduction="none", label_smoothing=0.05
        ),
        labelled * views.weight,
    )
    hand = _mean(
        functional.binary_cross_entropy_with_logits(
            output.hand.float(), views.hand.clamp(0), reduction="none"
        ),
        views.hand != UNKNOWN,
    )
    right = _mean((output.logits.argmax(1) == views.label).float(), labelled)
    loss = 0.3 * heat + 2.0 * joint_error + letter + 0.3 * hand
    parts = {
        "loss": loss,
        "heat": heat,
        "joint_error": joint_error,
        "letter": letter,
        "hand": hand,
        "accuracy": right,
    }
    return loss, {name: value.item() for name, value in parts.items()}


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum().clamp(1)


def _cell_weights(joints: Tensor, cells: int) -> Tensor:
    """Joints [N, 21, 2] as weights [N, 21, cells * cells] of the four nearest cells' centres."""
    places = (joints[..., None] * cells).clamp(0.5, cells - 0.5)
    weight = (1 - (places - (torch.arange(cells) + 0.5)).abs()).clamp(0)
    return (weight[:, :, 1, :, None] * weight[:, :, 0, None, :]).flatten(2)


class Averaged:
    """The averaged network as a classifier."""

    name = "averaged"

    def __init__(self, reader: TwoLooks) -> None:
        self._reader = reader

    @torch.inference_mode()
    def classify(self, pictures: NDArray[np.uint8]) -> list[Prediction]:
        """Classify RGB pictures uint8 [N, H, W, 3]."""
        probabilities = self._reader(torch.from_numpy(pictures))[0].numpy()
        return [Prediction(row) for row in probabilities]


class Run:
    """A training run that can be stopped at any time: network, average, optimiser, and its folder."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.net = HandNet().to(memory_format=torch.channels_last)
        if args.start_from:
            self.net.load_state_dict(load_file(args.start_from))
        self.average = AveragedModel(
            self.net, multi_avg_fn=get_ema_multi_avg_fn(0.998), use_buffers=True
        )
        self.optimiser = torch.optim.AdamW(self.net.parameters(), args.learning_rate, weight_decay=0.02)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, args.learning_rate, args.steps, pct_start=0.15
        )
        self.generator = torch.Generator().manual_seed(args.seed)
        self.step = 0
        self._state_file = args.out / "state.pt"
        if self._state_file.exists():
            self._load()

    def train_step(self, views: Views) -> dict[str, float]:
        """One step of AdamW in bf16."""
        self.net.train()
        pictures = SPEC.normalise(views.pictures * 255, torch)
        with torch.autocast("cpu", torch.bfloat16):
            output = self.net(pictures.to(memory_format=torch.channels_last))
        loss, parts = loss_of(output, views)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.schedule.step()
        self.average.update_parameters(self.net)
        self.step += 1
        return parts

    def measure(self) -> dict[str, float]:
        """Accuracy of the averaged network on a sample of the sets for validation."""
        figures: dict[str, float] = {}
        reader = Averaged(TwoLooks(self.average.module, SPEC).eval())
        with Predictor(reader) as predictor:
            for name, pictures in self.validation.items():
                metrics = metrics_of(predictor.predict(pictures).counts)
                figures[f"{name}_accuracy"] = metrics.accuracy.value
                figures[f"{name}_letters"] = metrics.letters.value
        return figures

    @cached_property
    def validation(self) -> dict[str, Pictures]:
        """A sample of each set for validation."""
        names = filter(None, self.args.validate.split(","))
        sets = {name: open_pictures(self.args.data / name, Protocol.GIVEN) for name in names}
        return {name: each.sample(self.args.validate_limit) for name, each in sets.items()}

    def save(self) -> None:
        """Write the state, then the averaged weights, each whole or not at all."""
        parts = self._parts()
        state = {name: part.state_dict() for name, part in parts.items()}
        state |= {"step": self.step, "generator": self.generator.get_state()}
        unfinished = self._state_file.with_suffix(".part")
        torch.save(state, unfinished)
        unfinished.replace(self._state_file)
        weights = self.average.module.state_dict()
        unfinished = self.args.out / "reader.part"
        save_file({name: weight.contiguous() for name, weight in weights.items()}, unfinished)
        unfinished.replace(self.args.out / "reader.safetensors")

    def _load(self) -> None:
        state = torch.load(self._state_file, weights_only=True)
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.generator.set_state(state["generator"])
        self.step = state["step"]

    def _parts(self) -> dict[str, Any]:
        return {
            "net": self.net,
            "average": self.average,
            "optimiser": self.optimiser,
            "schedule": self.schedule,
        }


def train(run: Run) -> None:
    """Train to the last step, logging means of every 50 steps."""
    samples = load_samples(run.args.data, set(filter(None, run.args.leave_out.split(","))))
    print(f"{len(samples.label)} samples", flush=True)
    began, sums = time.perf_counter(), dict[str, float]()
    while run.step < run.args.steps:
        index = torch.multinomial(samples.weight, run.args.batch_size, generator=run.generator)
        parts = run.train_step(draw_views(samples, index, run.generator))
        sums = {name: sums.get(name, 0.0) + value for name, value in parts.items()}
        if run.step % LOG_EVERY == 0:
            row = {"step": run.step, "seconds": round(time.perf_counter() - began, 1)}
            row |= {name: round(value / LOG_EVERY, 4) for name, value in sums.items()}
            sums = {}
            if run.step % SAVE_EVERY == 0 or run.step == run.args.steps:
                row |= run.measure()
                run.save()
            print(json.dumps(row), flush=True)
            with (run.args.out / "metrics.jsonl").open("a") as log:
                log.write(json.dumps(row) + "\n")


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--start-from", type=Path, help="weights of an earlier run (.safetensors)")
    parser.add_argument("--steps", type=int, default=11_000, help="a multiple of 50")
    parser.add_argument("--batch-size", type=int, default=96)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--leave-out", default="", help="comma-separated sets not to train on")
    parser.add_argument("--validate", default="aslalphabets_test,multisigner100,kaggle64_test")
    parser.add_argument("--validate-limit", type=int, default=400, help="pictures a set")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    train(Run(args))


if __name__ == "__main__":
    main()
