"""To read hands, as the bundled reader does: the letter, the landmarks, and whether there is a hand.

Views of the hands in all sets are seen once by the trunk's first layers, which do not learn; from what
these made of them, the layers behind learn in as many steps as are wished.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor, nn

from fingerspell.data.leakage import Part
from fingerspell.data.loader import Batch
from fingerspell.data.passed_over import PassedOver
from fingerspell.errors import TrainingError
from fingerspell.models.mediapipe_networks import SameConv
from fingerspell.models.registry import RANDOM
from fingerspell.progress import Advance, Stage
from fingerspell.training.hand_reader.batches import ViewBatches, ViewPool
from fingerspell.training.hand_reader.features import (
    BATCH,
    See,
    draw,
    is_stored,
    open_features,
    store,
)
from fingerspell.training.hand_reader.looks import N_LOOKS, Hands, look
from fingerspell.training.hand_reader.network import (
    SHAKEN,
    HandLearning,
    Outputs,
    compute_in_32_bits,
    in_image,
    losses,
    shaken,
)
from fingerspell.training.hand_reader.sources import (
    PEOPLE,
    SOURCES,
    archive_path,
    data_set,
    folds_of,
    left_out_of,
)
from fingerspell.training.hand_reader.start import measure_norms, pretrained_reader, reader_at_start
from fingerspell.training.hand_reader.training_images import load_samples
from fingerspell.training.options import Accelerator, Loading, Precision, ReaderOptions, Strategy
from fingerspell.training.plan import Plan
from fingerspell.training.run_images import DATA, check_same
from fingerspell.training.tasks.base import LABEL, Examples

DRAWN, LOOKS = 0, 1  # stores of views: random ones, and the reader's own looks
N_MEASURED = 512  # views by which batch norms are measured
N_OF_TRIAL = 4 * BATCH  # views of each kind that a trial prepares


@dataclass(frozen=True)
class StoredViews:
    """What a run learns from.

    Attributes:
        stores: folders of the random views, and of the reader's own looks.
        left_out: what each fold does not learn from.
        fingerprint, passed_over, spared_s: as `Material` has them.
    """

    stores: tuple[Path, Path]
    left_out: Mapping[str, frozenset[str]]
    fingerprint: dict[str, Any]
    passed_over: tuple[PassedOver, ...] = ()
    spared_s: float = 0.0

    @property
    def folds(self) -> tuple[str, ...]:
        """Names of the folds."""
        return tuple(self.left_out)

    def open(self, fold: str) -> ViewPool:
        """The views, and which of them a fold leaves out."""
        return ViewPool([open_features(folder) for folder in self.stores], self.left_out[fold])


class ReadHands:
    """The reader's sets: images, landmarks and masks."""

    def check(self, plan: Plan) -> None:
        """Refuse what the reader does not have, and see that its weights and people are there."""
        options = plan.options
        if options.device.strategy in (Strategy.FSDP, Strategy.DP):
            raise TrainingError("the reader is small enough for every device: use --strategy ddp.")
        if options.data.loading == Loading.REPORTS:
            raise TrainingError("the reader learns from stored views: leave --loading out.")
        reader_at_start(plan.data, options.model.weights)
        _left_out(plan.data, options.reader, options.data.folds)

    def noise(self, plan: Plan, n: int) -> None:
        """None: what is known of views comes with the data."""

    def prepare(self, plan: Plan, stage: Stage) -> StoredViews:
        """Draw views, let the trunk see them, and settle who is left out."""
        reader, options = plan.options.reader, plan.options
        left_out = _left_out(plan.data, reader, options.data.folds)
        sha256 = _hash_of(plan.data)
        check_same(plan.folder / DATA, sha256)
        views = f"views-{_name(sha256, reader.views, options.learning.seed)}"
        looks = f"looks-{_name(sha256, *_looked_at(left_out))}"
        drawn, drawing_s = self._draw(plan, views, stage)
        looked, looking_s = self._look(plan, looks, _looked_at(left_out), stage)
        material = StoredViews((drawn, looked), left_out, {}, spared_s=drawing_s + looking_s)
        material.fingerprint.update(
            name=plan.data.resolve().name,
            root=str(plan.data.resolve()),
            n=sum(len(open_features(folder)) for folder in (drawn, looked)),
            sha256=sha256,
            split="people",
            seed=options.learning.seed,
            sets=sorted({*map(data_set, SOURCES)} - set.union(set(), *left_out.values())),
            left_out={fold: sorted(names) for fold, names in left_out.items()},
            folds={fold: _sizes(material.open(fold)) for fold in left_out},
        )
        return material

    def _draw(self, plan: Plan, name: str, stage: Stage) -> tuple[Path, float]:
        """The folder of random views, and the seconds that a trial has spared."""
        n = plan.options.reader.views
        if is_stored(plan.packs / name, n):
            return plan.packs / name, 0.0
        samples = load_samples(plan.data, (), stage)
        trunk = pretrained_reader(plan.data).eval().trunk
        see = draw(samples, trunk, plan.options.learning.seed, _device(plan))
        return _stored(plan, name, n, samples.source_names, see, partial(stage, "drawing views"))

    def _look(self, plan: Plan, name: str, sets: tuple[str, ...], stage: Stage) -> tuple[Path, float]:
        """The folder of looks at hands, and the seconds that a trial has spared."""
        hands = Hands.load(plan.data, sets)
        n = N_LOOKS * len(hands.paths)
        if is_stored(plan.packs / name, n):
            return plan.packs / name, 0.0
        see = look(hands, pretrained_reader(plan.data).eval())
        return _stored(plan, name, n, hands.source_names, see, partial(stage, "looking at hands"))

    def settled(self, plan: Plan, material: StoredViews, fold: str) -> Plan:  # noqa: ARG002
        """The plan as it is."""
        return plan

    def batches(
        self, fabric: Fabric, plan: Plan, material: StoredViews, fold: str
    ) -> dict[Part, ViewBatches]:
        """Random views and looks to learn from; the looks at who is left out are the test.

        There is no validation: the last weights are kept, so that nothing is chosen on these people.
        """
        views, options, learning = material.open(fold), plan.options.reader, plan.options.learning
        shard = (fabric.global_rank, fabric.world_size)
        pool = [views.rows(DRAWN, left_out=False)]
        pool += [views.rows(LOOKS, left_out=False)] * options.looks_weight
        size = learning.eval_batch_size or learning.batch_size
        tested = views.rows(LOOKS, left_out=True)
        return {
            Part.TRAIN: ViewBatches(
                views,
                np.concatenate(pool),
                learning.batch_size,
                options.steps_per_epoch,
                learning.seed,
                shard,
                fabric.device,
            ),
            Part.VALIDATION: ViewBatches(views, tested[:0], size, shard=shard, device=fabric.device),
            Part.TEST: ViewBatches(views, tested, size, shard=shard, device=fabric.device),
        }

    def known(self, material: StoredViews, fold: str) -> tuple[NDArray[np.int64], None]:
        """Classes of all views; their images are not kept."""
        return material.open(fold).facts["label"].numpy(), None

    def network(self, plan: Plan, training: ViewBatches | None) -> nn.Module:
        """The reader's parts, with MediaPipe's weights and those that the plan begins with."""
        reader = reader_at_start(plan.data, plan.options.model.weights)
        if plan.options.model.weights != RANDOM and training is not None:
            rows = training.pool[:: max(1, len(training.pool) // N_MEASURED)]
            views = training.views.array("small", rows).float()
            measure_norms(reader.small, reader.small_spec.normalise(views, torch))
        if plan.options.device.precision == Precision.BF16 and _device(plan).type == "cpu":
            for layer in reader.letters.modules():
                if isinstance(layer, SameConv):
                    compute_in_32_bits(layer)
        return HandLearning(reader)

    def objective(self, fabric: Fabric, plan: Plan, training: ViewBatches | None) -> "ReadViews":  # noqa: ARG002
        """What is known of the views, which `training` has."""
        if training is None:
            raise RuntimeError("the reader's objective is made of its batches")
        return ReadViews(training.views, fabric.device)


class ReadViews:
    """Letter, landmarks and presence of the hands in views.

    Args:
        views: of all parts.
        device: where facts of them go.
    """

    def __init__(self, views: ViewPool, device: torch.device) -> None:
        self.views = views
        self.facts = {name: fact.to(device) for name, fact in views.facts.items()}

    def to_learn(self, batch: Batch) -> Examples:
        """The views, and their landmarks several times, each time changed otherwise."""
        return self._examples(batch, SHAKEN)

    def to_evaluate(self, batch: Batch) -> Examples:
        """The views, and their landmarks as they are."""
        return self._examples(batch, 0)

    def _examples(self, batch: Batch, times: int) -> Examples:
        facts = {name: fact[batch.rows] for name, fact in self.facts.items()}
        joints, turn = facts["joints"], facts["turn"]
        hands = shaken(joints, turn, times) if times else in_image(joints, turn)[:, None]
        small = self.views.array("small", batch.rows.cpu().numpy()).to(batch.rows.device)
        return Examples((batch.pictures, turn, hands, small), {**facts, LABEL: batch.labels})

    def learning_losses(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Logits [B, 29] and losses [B]."""
        return losses(outputs, targets)

    evaluation_losses = learning_losses


def _stored(
    plan: Plan,
    name: str,
    n: int,
    source_names: Sequence[str],
    see: See,
    announce: Callable[[int], Advance],
) -> tuple[Path, float]:
    """The folder in which n views are kept; a trial sees some, and says how long the others take."""
    wanted = min(n, N_OF_TRIAL) if plan.is_trial else n
    folder = (plan.folder if plan.is_trial else plan.packs) / name
    began = time.perf_counter()
    store(folder, wanted, source_names, see, announce(wanted))
    return folder, (time.perf_counter() - began) / max(1, wanted) * (n - wanted)


def _left_out(data: Path, options: ReaderOptions, folds: int) -> dict[str, frozenset[str]]:
    """What each fold does not learn from: the sets and people named, and the people of the fold."""
    always = left_out_of(options.leave_out, data, licensed_only=options.licensed_only)
    if not folds:
        return {"all": always}
    fold_of = folds_of(data, folds)
    return {
        str(fold): always | {person for person, of in fold_of.items() if of == fold}
        for fold in range(folds)
    }


def _looked_at(left_out: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """The sets at whose hands the reader looks: people, and sets of letters that are left out."""
    names = {data_set(name) for names in left_out.values() for name in names}
    return (PEOPLE, *(name for name in SOURCES if name in names - {PEOPLE} and _has_letters(name)))


def _has_letters(name: str) -> bool:
    source = SOURCES[name]
    return not source.empty and source.classes != {}


def _hash_of(data: Path) -> str:
    """SHA-256 of what is known of the images of all sets."""
    digest = hashlib.sha256()
    for name, source in SOURCES.items():
        for made in ("searched",) if source.empty else ("joints", "hands"):
            path = archive_path(data, made, name)
            digest.update(f"{made}/{name}".encode())
            digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


def _name(*parts: object) -> str:
    """A short name of a store, by what decides what it holds."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def _sizes(views: ViewPool) -> dict[str, int]:
    """Views in each part of a fold."""
    learned = sum(len(views.rows(store, left_out=False)) for store in (DRAWN, LOOKS))
    return {"train": learned, "validation": 0, "test": len(views.rows(LOOKS, left_out=True))}


def _device(plan: Plan) -> torch.device:
    """Where views are drawn."""
    wished = plan.options.device.accelerator
    is_gpu = wished in (Accelerator.AUTO, Accelerator.CUDA) and torch.cuda.is_available()
    return torch.device("cuda" if is_gpu else "cpu")
