"""What frozen layers say of packed images, computed once and kept for all epochs and runs.

    packs/features-<key>.npy     float32 [N, ...], in the order of the packed images

The key is a hash of the images, of how they are shown, and of the layers with their weights: runs that
differ in nothing else share the file.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from torch import Tensor, fx, nn

from fingerspell.data.augment import Augmentation
from fingerspell.data.decode import Pixels
from fingerspell.data.loader import Batches, LoaderOptions, Rows
from fingerspell.data.pack import Packed, content_key, reserve
from fingerspell.errors import TrainingError
from fingerspell.files import replacing
from fingerspell.progress import Advance, Stage
from fingerspell.training import optimize
from fingerspell.training.frozen_layers import Cut, cut
from fingerspell.training.launch import make_fabric
from fingerspell.training.network_input import Views, parse_augmentation
from fingerspell.training.options import (
    AutoAugment,
    Loading,
    ModelOptions,
    Normalise,
    Strategy,
    TrainOptions,
)
from fingerspell.training.plan import Plan

FORMAT = 1  # raise it when the same layers and images would give other features
BATCH = 32  # images that the layers are asked of at once
N_OF_TRIAL = 2 * BATCH
_WHAT = "computing features of the frozen layers"

Features = NDArray[np.float32]


class FeatureBatches(Batches):
    """Batches whose `pictures` are features float32 [B, ...] of the images.

    Args:
        packed: the images.
        features: [N, ...], mapped.
        rows, options, device: as of all batches.
    """

    def __init__(
        self,
        packed: Packed,
        features: Features,
        rows: Rows,
        options: LoaderOptions,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__(packed, rows, options, device, features)

    @staticmethod
    def as_input(stored: Tensor) -> Tensor:
        """Features as they are stored."""
        return stored


def is_same_every_epoch(options: TrainOptions) -> bool:
    """Whether frozen layers are shown the same of a packed image in every epoch."""
    learning, data = options.learning, options.data
    return (
        bool(options.model.freeze)
        and parse_augmentation(data.augment) == Augmentation()
        and data.auto_augment == AutoAugment.NONE
        and not (learning.mixup or learning.cutmix)
        and data.loading != Loading.REPORTS
        and data.normalise == Normalise.NETWORK  # measured colours are others in every fold
        and options.device.strategy != Strategy.FSDP  # spreads whole networks
    )


def cut_frozen(network: nn.Module, options: ModelOptions) -> Cut | None:
    """Freeze layers of a network as the options say, and cut it where they end, if it can be cut."""
    optimize.freeze(network, options.freeze, options.unfreeze)
    optimize.train_mode(network)
    return cut(network)


def keep_features(
    plan: Plan, network: nn.Module, packed: Packed, stage: Stage
) -> tuple[Path | None, float]:
    """Compute the features of all packed images, if that has not been done.

    Args:
        plan: of the run.
        network: at its start.
        packed: the images.
        stage: announces the work.

    Returns:
        the file, None where the frozen layers give more bytes of an image than it has itself or end
        nowhere; and the seconds that a timed trial, for which some features are enough, has spared.

    Raises:
        TrainingError: they cannot be written.
    """
    parts = cut_frozen(network, plan.options.model)
    if parts is None:
        return None, 0.0
    see = _seen_by(parts.frozen, plan)
    shape = see(packed.images[:1]).shape[1:]
    if 4 * np.prod(shape) > packed.images[0].nbytes:
        return None, 0.0
    n = len(packed.images)
    path = plan.packs / f"features-{_key(plan, packed, parts.frozen)}.npy"
    if _is_whole(path, (n, *shape)):
        return path, 0.0
    wanted = n
    if plan.is_timed:
        path, wanted = plan.folder / path.name, min(n, N_OF_TRIAL)
    began = time.perf_counter()
    parts_seen = (see(part) for part in _parts(packed.images[:wanted]))
    _keep(path, (n, *shape), parts_seen, partial(stage, _WHAT, wanted))
    return path, (time.perf_counter() - began) / wanted * (n - wanted)


def _keep(
    path: Path, shape: tuple[int, ...], parts: Iterable[Features], announce: Callable[[], Advance]
) -> None:
    """Write features [N, ...] of a shape, unless another process has done so before its turn came."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.stem}.lock")):
            if not _is_whole(path, shape):
                _write(path, shape, parts, announce())
    except OSError as error:
        raise TrainingError(
            f"{path.parent} cannot be written to ({error.strerror or error}): free some space or "
            "change its permissions, and start the run again."
        ) from error


def _is_whole(path: Path, shape: tuple[int, ...]) -> bool:
    """Whether a file has features of this shape; one that is damaged is made again."""
    try:
        features = open_features(path)
    except (OSError, ValueError):
        return False
    return features.shape == shape and features.dtype == np.float32


def open_features(path: Path) -> Features:
    """What `keep_features` wrote, float32 [N, ...], mapped; writes to it stay in memory."""
    features: Features = open_memmap(path, "c")
    return features


def _parts(images: Pixels) -> Iterator[Pixels]:
    return (images[start : start + BATCH] for start in range(0, len(images), BATCH))


def _seen_by(layers: nn.Module, plan: Plan) -> Callable[[Pixels], Features]:
    """What layers say of images uint8 [N, S, S, 3], computed as training would, on one device."""
    device = plan.options.device
    fabric = make_fabric(device.alone())
    views = Views(plan.spec, plan.options.data.augment, device.channels_last)
    layers = layers.to(fabric.device).to(memory_format=views.format)

    def see(images: Pixels) -> Features:
        pictures = torch.from_numpy(images).to(fabric.device).permute(0, 3, 1, 2)
        with torch.inference_mode(), fabric.autocast():
            seen: Tensor = layers(views.to_evaluate(pictures))
        return seen.float().cpu().numpy()

    return see


def _write(path: Path, shape: tuple[int, ...], parts: Iterable[Features], advance: Advance) -> None:
    """Features [N, ...] of a shape; where some are enough, the others are 0."""
    with replacing(path) as unfinished:
        features = open_memmap(unfinished, "w+", np.float32, shape)
        reserve(unfinished)
        start = 0
        for part in parts:
            features[start : start + len(part)] = part
            start += len(part)
            advance(len(part))
        features.flush()


def _key(plan: Plan, packed: Packed, layers: fx.GraphModule) -> str:
    """Sixteen hexadecimal digits of all that decides what the features are."""
    images = content_key(packed.index, packed.spec)
    how = [FORMAT, images, asdict(plan.spec), plan.options.device.precision, layers.code]
    digest = hashlib.sha256(json.dumps(how).encode())
    for name, value in layers.state_dict().items():
        digest.update(name.encode())
        digest.update(value.contiguous().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]
