"""Every option of a training run, typed and documented once: here.

The documentation of a field is the `--help` of its option on the command line, the comment on its key
in a recipe, and the parameter's name in MLflow. Field names are unique over all groups, so that a
recipe is one flat list. This module needs no PyTorch.
"""

from dataclasses import dataclass, field, replace
from math import inf
from typing import Annotated, NamedTuple, Self, get_args, get_type_hints

from fingerspell.data.split_options import Method, SplitOptions
from fingerspell.errors import TrainingError
from fingerspell.training.choices import (
    Accelerator,
    AutoAugment,
    Balance,
    Loading,
    Monitor,
    Normalise,
    Optimizer,
    Precision,
    Schedule,
    Strategy,
)

__all__ = [
    "AUTO_NUMBERS",
    "PATHS",
    "Accelerator",
    "AutoAugment",
    "Balance",
    "DataOptions",
    "DeviceOptions",
    "Doc",
    "LearningOptions",
    "Loading",
    "ModelOptions",
    "Monitor",
    "Normalise",
    "Optimizer",
    "Precision",
    "Schedule",
    "Strategy",
    "TrainOptions",
]

PATHS = ("weights", "backgrounds")  # options that may name a file or folder
AUTO_NUMBERS = ("batch_size",)  # numbers that may be `auto`, which is 0


class Doc(NamedTuple):
    """The documentation of a field, and what a number may be."""

    text: str
    low: float = -inf
    high: float = inf


def _check(options: object) -> None:
    """See that every number of a group is within its bounds."""
    for name, hint in get_type_hints(type(options), include_extras=True).items():
        _, doc = get_args(hint)
        value = getattr(options, name)
        if isinstance(value, int | float) and not doc.low <= value <= doc.high:
            raise TrainingError(
                f"{name} = {value} cannot be: give {doc.low:g} to {doc.high:g}. {doc.text}"
            )


@dataclass(frozen=True)
class ModelOptions:
    """Network."""

    model: Annotated[str, Doc("Network to train: see `fingerspell models`.")] = "compact-net"
    weights: Annotated[
        str,
        Doc("What it starts from: random, imagenet (downloaded once), or a file of weights."),
    ] = "random"
    size_px: Annotated[
        int, Doc("Side of its input in pixels; 0: what it was designed for.", 0, 1024)
    ] = 0
    freeze: Annotated[
        str,
        Doc("Comma-separated prefixes of parameter names to freeze."),
    ] = ""
    unfreeze: Annotated[str, Doc("Exceptions to --freeze, written likewise.")] = ""

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class DataOptions:
    """Pictures."""

    split: Annotated[
        Method,
        Doc("How images are divided into training, validation and test; auto: given, as the "
            "folders train, valid and test say, if there are any, else random."),
    ] = Method.AUTO  # fmt: skip
    folds: Annotated[int, Doc("Folds of cross-validation, one run each; 0: a single split.")] = 0
    gap: Annotated[int, Doc("Frames left out between the blocks of a block split.")] = 30
    group_pattern: Annotated[
        str, Doc("Regular expression that names an image's signer or source in its path.")
    ] = ""
    share: Annotated[float, Doc("Share of each class's images to use, 0 to 1.", 0.0001, 1)] = 1.0
    pack_px: Annotated[
        int,
        Doc("Side of the packed images; 0: as large as the network's resize needs. Smaller ones "
            "save disk and memory, and lose nothing where the originals are no larger.", 0, 2048),
    ] = 0  # fmt: skip
    squash: Annotated[
        bool, Doc("Fill the square input, as the reports do; otherwise add black borders.")
    ] = False
    normalise: Annotated[
        Normalise,
        Doc("Mean and standard deviation of the colours by which inputs are normalised: the network's "
            "own, as pretrained weights need, or measured on the training part."),
    ] = Normalise.NETWORK  # fmt: skip
    augment: Annotated[
        str,
        Doc("Augmentation: a preset (none, r0, r1, r2, r3, r4, strong), then changes to it, such as "
            "`strong, mirror=0, scale=0.8..1.2`."),
    ] = "none"  # fmt: skip
    auto_augment: Annotated[
        AutoAugment,
        Doc("Automatic augmentation of each image, before augment: rand (RandAugment, Cubuk et al., "
            "2020: two changes of middling strength), or trivial (TrivialAugment, Mueller & Hutter, "
            "2021: one change of any strength, such as a turn by up to 135 degrees)."),
    ] = AutoAugment.NONE  # fmt: skip
    backgrounds: Annotated[
        str,
        Doc("Folder of images without hands, which augment shows around images that it moves or "
            "shrinks, as often as its background says (strong: 0.7)."),
    ] = ""  # fmt: skip
    loading: Annotated[
        Loading,
        Doc("Where images come from: packed, a mapped array; resident, that array in the device's "
            "memory; reports, each file decoded again in every epoch, as the reports did."),
    ] = Loading.PACKED  # fmt: skip
    workers: Annotated[
        int,
        Doc("Loading reports: processes that decode beside each that trains; 0: none.", 0, 256),
    ] = 0

    def __post_init__(self) -> None:
        _check(self)

    def split_options(self, seed: int) -> SplitOptions:
        """The same for `data.splits.split`."""
        return SplitOptions(
            by=self.split,
            folds=self.folds,
            gap=self.gap,
            group_pattern=self.group_pattern,
            seed=seed,
        )


@dataclass(frozen=True)
class LearningOptions:
    """Learning."""

    epochs: Annotated[int, Doc("Times every training image is seen.", 1, 100000)] = 10
    batch_size: Annotated[
        int,
        Doc("Images per step, over all devices together; auto (0): the smallest that is about as fast "
            "as any that fits into the memory, found by some steps before the run.", 0, 1000000),
    ] = 64  # fmt: skip
    eval_batch_size: Annotated[
        int, Doc("Images per step when the network is only evaluated; 0: as in training.", 0, 1000000)
    ] = 0
    accumulate: Annotated[
        int,
        Doc(
            "Gradient accumulation: parts of a batch, one after the other, to save memory.", 1, 1000000
        ),
    ] = 1
    optimizer: Annotated[Optimizer, Doc("Optimiser.")] = Optimizer.ADAMW
    lr: Annotated[float, Doc("Highest learning rate.", 1e-09, 100)] = 0.001
    momentum: Annotated[
        float, Doc("Momentum of sgd; the one-cycle schedule changes it itself.", 0, 0.9999)
    ] = 0.0
    weight_decay: Annotated[float, Doc("Weight decay; biases and norms have none.", 0, 10)] = 0.0
    layer_lr_decay: Annotated[
        float,
        Doc("Discriminative learning rates (Howard & Ruder, 2018): each stage learns at the rate of "
            "the stage after it, times this.", 0.01, 1),
    ] = 1.0  # fmt: skip
    slow: Annotated[
        str, Doc("Comma-separated prefixes of parameter names that learn at --slow-lr of the rate.")
    ] = ""
    slow_lr: Annotated[float, Doc("Share of the rate at which --slow learns.", 0.0001, 1)] = 0.1
    schedule: Annotated[Schedule, Doc("How the learning rate changes.")] = Schedule.CONSTANT
    warmup_epochs: Annotated[float, Doc("Epochs in which the rate rises from 0.", 0, 100000)] = 0.0
    step_epochs: Annotated[
        float, Doc("Schedule step: epochs between drops of the rate.", 0.01, 100000)
    ] = 10.0
    lr_factor: Annotated[
        float, Doc("Schedules step and plateau: each drop multiplies the rate by this.", 0.0001, 1)
    ] = 0.1
    plateau_patience: Annotated[
        int,
        Doc(
            "Schedule plateau: epochs without a better validation loss before the rate drops.",
            0,
            100000,
        ),
    ] = 2
    balance: Annotated[
        Balance,
        Doc("Classes of unequal size: loss weights images so that each class counts the same; sampling "
            "draws the same number of images of each class in an epoch, some of them several times."),
    ] = Balance.NONE  # fmt: skip
    class_weights: Annotated[
        str,
        Doc("How much images of single classes count in the loss, such as `U=2,R=1.5`; all others 1. "
            "With balance loss, times that."),
    ] = ""  # fmt: skip
    label_smoothing: Annotated[
        float, Doc("Share of each label that is spread evenly over all classes.", 0, 0.9)
    ] = 0.0
    mixup: Annotated[
        float, Doc("Alpha of mixup (Zhang et al., 2018): images are blended in pairs; 0: none.", 0, 10)
    ] = 0.0
    cutmix: Annotated[
        float,
        Doc("Alpha of CutMix (Yun et al., 2019): a rectangle of another image is put in; 0: none. "
            "With mixup, too, each batch gets one of the two.", 0, 10),
    ] = 0.0  # fmt: skip
    ema: Annotated[
        float,
        Doc(
            "EMA decay per step; the averaged weights are evaluated and saved; 0: none.",
            0,
            0.99999,
        ),
    ] = 0.0
    clip_norm: Annotated[float, Doc("Maximum gradient norm; 0 disables clipping.", 0, 1000000.0)] = 0.0
    monitor: Annotated[Monitor, Doc("Validation figure that chooses the best epoch.")] = Monitor.LOSS
    patience: Annotated[
        int, Doc("Stop after this many epochs without a better one; 0: never.", 0, 100000)
    ] = 0
    test_every: Annotated[
        int, Doc("Epochs between looks at the test part; 0: at the end only.", 0, 100000)
    ] = 0
    seed: Annotated[
        int, Doc("Seed of everything random: same seed, same hardware, same result.", 0, 2**32 - 1)
    ] = 0

    def __post_init__(self) -> None:
        _check(self)
        if 0 < self.batch_size < self.accumulate:
            raise TrainingError(
                f"a batch of {self.batch_size} images has no {self.accumulate} parts: give fewer."
            )


@dataclass(frozen=True)
class ReaderOptions:
    """The reader (model hand-reader)."""

    views: Annotated[
        int,
        Doc("Random views of hands that are drawn once, before training; 44 KB each.", 64, 100_000_000),
    ] = 134_400  # fmt: skip
    looks_weight: Annotated[
        int,
        Doc("How many times as often as a random view each of the reader's own looks is learned from.",
            0, 100),
    ] = 2  # fmt: skip
    steps_per_epoch: Annotated[int, Doc("Steps an epoch.", 1, 1_000_000)] = 100
    leave_out: Annotated[
        str,
        Doc("Comma-separated sets, people/NAME, people:K/N (fold K of N) or people:all-but-N that are "
            "not learned from, and are tested on."),
    ] = ""  # fmt: skip
    licensed_only: Annotated[bool, Doc("Learn only from what is openly licensed.")] = False

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class DeviceOptions:
    """Devices."""

    accelerator: Annotated[Accelerator, Doc("Kind of device.")] = Accelerator.AUTO
    devices: Annotated[
        int, Doc("Devices per node; 0: all GPUs, or one process on the CPU.", 0, 1024)
    ] = 0
    nodes: Annotated[
        int, Doc("Machines; see `docs/training.md` for how to start the run on each.", 1, 100000)
    ] = 1
    strategy: Annotated[
        Strategy, Doc("How devices share the work; auto: single, or ddp if there are several.")
    ] = Strategy.AUTO
    precision: Annotated[
        Precision,
        Doc(
            "Arithmetic; bf16 and fp16 are mixed with float32. auto: whichever is fastest in a few "
            "steps before the run."
        ),
    ] = Precision.FP32
    channels_last: Annotated[bool, Doc("Memory layout in which most convolutions are faster.")] = True
    sync_batchnorm: Annotated[
        bool,
        Doc("Several GPUs: batch norm takes its statistics from the whole batch (SyncBatchNorm), not "
            "from each GPU's share."),
    ] = False  # fmt: skip
    compile: Annotated[bool, Doc("Compile the network first (torch.compile).")] = False
    deterministic: Annotated[bool, Doc("Only algorithms whose results repeat; slower on GPUs.")] = True

    def __post_init__(self) -> None:
        _check(self)
        if self.strategy == Strategy.SINGLE and (self.devices > 1 or self.nodes > 1):
            raise TrainingError("strategy single is for one device: leave it out, or use ddp.")
        if self.sync_batchnorm and self.strategy not in (Strategy.AUTO, Strategy.DDP):
            raise TrainingError(f"sync_batchnorm is of strategy ddp, not of {self.strategy}.")

    def alone(self, precision: Precision | None = None) -> Self:
        """One device, without the minutes that compiling takes; the same precision if none is given."""
        chosen = precision or self.precision
        return replace(
            self, devices=1, nodes=1, strategy=Strategy.SINGLE, precision=chosen, compile=False
        )


@dataclass(frozen=True)
class TrainOptions:
    """All of the above."""

    model: ModelOptions = field(default_factory=ModelOptions)
    data: DataOptions = field(default_factory=DataOptions)
    learning: LearningOptions = field(default_factory=LearningOptions)
    reader: ReaderOptions = field(default_factory=ReaderOptions)
    device: DeviceOptions = field(default_factory=DeviceOptions)
