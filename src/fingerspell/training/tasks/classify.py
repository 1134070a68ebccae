"""To classify images: one class of each."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torchvision.transforms.v2 import CutMix, MixUp, RandomChoice

from fingerspell.core.alphabet import CLASSES
from fingerspell.data.image_files import FileBatches
from fingerspell.data.leakage import Part
from fingerspell.data.loader import Batch, Batches, LoaderOptions, Rows, class_weights
from fingerspell.data.pack import Packed, open_packed
from fingerspell.errors import TrainingError
from fingerspell.models.registry import create
from fingerspell.progress import Stage
from fingerspell.training.frozen_features import (
    FeatureBatches,
    cut_frozen,
    is_same_every_epoch,
    keep_features,
    open_features,
)
from fingerspell.training.network_input import Views
from fingerspell.training.optimize import parse_class_weights
from fingerspell.training.options import Balance, LearningOptions, Loading, Normalise
from fingerspell.training.plan import Plan
from fingerspell.training.run_images import Packs, prepare
from fingerspell.training.settings import nearest
from fingerspell.training.tasks.base import LABEL, Examples

TARGET = "target"  # classes int64 [B], or, of blended images, probabilities [B, C]


class Classify:
    """Images of folders that are named by their classes."""

    def check(self, plan: Plan) -> None:
        """See that the network can be made so, and download its weights where they are needed."""
        model = plan.options.model
        network = create(model.model, model.weights)
        if model.size_px:
            _check_size(network, model.model, model.size_px)
        _views(plan)
        parse_class_weights(plan.options.learning.class_weights)

    def noise(self, plan: Plan, n: int) -> Batch:
        """Images of noise, of all classes in turn."""
        side = round(plan.spec.size_px / plan.spec.crop_share)
        pictures = torch.randint(256, (n, 3, side, side), dtype=torch.uint8)
        rows = torch.arange(n)
        return Batch(
            pictures.contiguous(memory_format=torch.channels_last), rows % len(plan.classes), rows
        )

    def prepare(self, plan: Plan, stage: Stage) -> Packs:
        """Index, split and pack the images; ask frozen layers of them, where once is enough."""
        size_px = round(plan.spec.size_px / plan.spec.crop_share)
        seed = plan.options.learning.seed
        packs = prepare(plan.data, plan.folder, plan.packs, plan.options.data, seed, size_px, stage)
        if not is_same_every_epoch(plan.options):
            return packs
        torch.manual_seed(seed)  # as where the run's own network is made
        network = self.network(replace(plan, classes=packs.classes), None)
        features, spared_s = keep_features(plan, network, open_packed(packs.pack), stage)
        return replace(packs, features=features, spared_s=spared_s)

    def settled(self, plan: Plan, material: Packs, fold: str) -> Plan:
        """The plan with the images' classes, and the colours of a fold's training images if wished."""
        plan = replace(plan, classes=material.classes)
        if plan.options.data.normalise != Normalise.MEASURED:
            return plan
        return replace(plan, colours=material.colours(fold))

    def batches(self, fabric: Fabric, plan: Plan, material: Packs, fold: str) -> dict[Part, Batches]:
        """Batches of packed images, or of files as the reports read them."""
        packed, rows = material.open(fold)
        data, learning = plan.options.data, plan.options.learning
        evaluated = learning.eval_batch_size or learning.batch_size
        options = {
            part: LoaderOptions(
                batch_size=learning.batch_size if part == Part.TRAIN else evaluated,
                shuffle=part == Part.TRAIN,
                balanced=part == Part.TRAIN and learning.balance == Balance.SAMPLING,
                seed=learning.seed,
                shard=(fabric.global_rank, fabric.world_size),
                resident=data.loading == Loading.RESIDENT,
            )
            for part in (Part.TRAIN, Part.VALIDATION, Part.TEST)
        }
        if material.features is not None:
            features = open_features(material.features)
            return {
                part: FeatureBatches(packed, features, rows[part], options[part], fabric.device)
                for part in options
            }
        if data.loading != Loading.REPORTS:
            return {part: Batches(packed, rows[part], options[part], fabric.device) for part in options}
        views = _views(plan)
        return {
            part: FileBatches(
                packed,
                rows[part],
                options[part],
                fabric.device,
                replace(packed.spec, scaled_decoding=False),
                views.to_learn if part == Part.TRAIN else views.to_evaluate,
                data.workers,
            )
            for part in options
        }

    def network(self, plan: Plan, training: Batches | None) -> nn.Module:
        """The network of the plan's name, float [N, 3, S, S] to logits or log-probabilities [N, C].

        With batches of features, what comes after the frozen layers.
        """
        model = plan.options.model
        network = create(model.model, model.weights, len(plan.classes))
        if not isinstance(training, FeatureBatches):
            return network
        parts = cut_frozen(network, model)
        if parts is None:
            raise RuntimeError("features are kept only of networks that can be cut")
        return parts.rest

    def objective(self, fabric: Fabric, plan: Plan, training: Batches | None) -> "Classes":
        """Cross-entropy; without `training`, all classes count alike."""
        labels = None if training is None else training.labels
        weights = _weights(plan.options.learning, labels, plan.classes)
        if weights is not None:
            weights = weights.to(fabric.device)
        return Classes(_views(plan), plan.options.learning, weights, len(plan.classes))

    def known(self, material: Packs, fold: str) -> tuple[Rows, Packed]:
        """Classes of all packed images, and these."""
        packed, _ = material.open(fold)
        return packed.labels, packed


class Classes:
    """Cross-entropy of the classes of views.

    Args:
        views: what is shown.
        options: blending and label smoothing.
        class_weights: float32 [C], how much an image of each class counts; None: all alike.
        n_classes: how many there are.
    """

    def __init__(
        self,
        views: Views,
        options: LearningOptions,
        class_weights: Tensor | None,
        n_classes: int = len(CLASSES),
    ) -> None:
        self.views, self.class_weights = views, class_weights
        self.label_smoothing = options.label_smoothing
        self.mix = _mix(options, n_classes)

    def to_learn(self, batch: Batch) -> Examples:
        """Augmented views, blended with each other where that is wished."""
        views, targets = self.views.to_learn(batch.pictures), batch.labels
        if self.mix is not None and len(batch.labels) > 1:
            views, targets = self.mix(views, batch.labels)
        return Examples((views,), {LABEL: batch.labels, TARGET: targets})

    def to_evaluate(self, batch: Batch) -> Examples:
        """Views as the exported model makes them."""
        views = self.views.to_evaluate(batch.pictures)
        return Examples((views,), {LABEL: batch.labels, TARGET: batch.labels})

    def learning_losses(self, outputs: Tensor, targets: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Outputs [B, C] and losses [B].

        Cross-entropy of log-probabilities is their negative log-likelihood: one loss serves networks
        that end in logits and in a log-softmax.
        """
        outputs, target, weights = outputs.float(), targets[TARGET], self.class_weights
        return outputs, functional.cross_entropy(
            outputs, target, weights, reduction="none", label_smoothing=self.label_smoothing
        )

    def evaluation_losses(
        self, outputs: Tensor, targets: Mapping[str, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """The same without weights and smoothing."""
        outputs = outputs.float()
        return outputs, functional.cross_entropy(outputs, targets[TARGET], reduction="none")


def _check_size(network: nn.Module, name: str, size_px: int) -> None:
    """See that the network takes images of this side: some have layers for one side alone."""
    try:
        with torch.inference_mode():
            network.eval()(torch.zeros(1, 3, size_px, size_px))
    except (RuntimeError, AssertionError) as error:
        raise TrainingError(
            f"{name} takes no images of {size_px} pixels: leave out --size-px, or use another network."
        ) from error


def _views(plan: Plan) -> Views:
    data = plan.options.data
    channels_last = plan.options.device.channels_last
    return Views(plan.spec, data.augment, channels_last, data.backgrounds, data.auto_augment)


def _weights(
    learning: LearningOptions, labels: Rows | None, classes: tuple[str, ...] = CLASSES
) -> Tensor | None:
    """How much an image of each class counts, float32 [C]; None: all alike."""
    given = parse_class_weights(learning.class_weights)
    is_balanced = labels is not None and learning.balance == Balance.LOSS
    if not given and not is_balanced:
        return None
    weights: NDArray[np.floating] = np.ones(len(classes))
    if labels is not None and is_balanced:
        weights = class_weights(labels, len(classes))
    for name, weight in given.items():
        if name not in classes:
            raise TrainingError(
                f"class_weights has {name!r}, of which the data has no image: {nearest(name, classes)}"
            )
        weights[classes.index(name)] *= weight
    return torch.from_numpy(weights.astype(np.float32))


def _mix(options: LearningOptions, n_classes: int) -> nn.Module | None:
    """What blends images of a batch with each other."""
    kinds = [(MixUp, options.mixup), (CutMix, options.cutmix)]
    chosen = [kind(alpha=alpha, num_classes=n_classes) for kind, alpha in kinds if alpha]
    return RandomChoice(chosen) if chosen else None
