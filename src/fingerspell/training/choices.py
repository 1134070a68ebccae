"""What options of training may be where they are no number: names, each with its meaning."""

from enum import StrEnum


class Optimizer(StrEnum):
    """Names in `torch.optim`."""

    SGD = "sgd"
    ADAM = "adam"
    ADAMW = "adamw"


class Schedule(StrEnum):
    """How the learning rate changes."""

    CONSTANT = "constant"
    STEP = "step"
    COSINE = "cosine"
    ONE_CYCLE = "one-cycle"
    PLATEAU = "plateau"


class Balance(StrEnum):
    """What is done about classes with more images than others."""

    NONE = "none"
    LOSS = "loss"
    SAMPLING = "sampling"


class AutoAugment(StrEnum):
    """Automatic augmentations of torchvision."""

    NONE = "none"
    RAND = "rand"
    TRIVIAL = "trivial"


class Monitor(StrEnum):
    """What tells whether an epoch was better than those before."""

    LOSS = "loss"
    ACCURACY = "accuracy"
    MACRO_F1 = "macro_f1"


class Normalise(StrEnum):
    """By what mean and standard deviation of colours inputs are normalised."""

    NETWORK = "network"
    MEASURED = "measured"


class Accelerator(StrEnum):
    """Kinds of device."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class Strategy(StrEnum):
    """How several devices share the work."""

    AUTO = "auto"
    SINGLE = "single"
    DP = "dp"
    DDP = "ddp"
    FSDP = "fsdp"


class Precision(StrEnum):
    """Arithmetic of the network; its weights are always float32."""

    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"
    AUTO = "auto"


class Loading(StrEnum):
    """Where the images of every step come from."""

    PACKED = "packed"  # from one mapped array, packed once
    REPORTS = "reports"  # each file decoded, resized and augmented by itself, every epoch
    RESIDENT = "resident"  # the packed array in the device's memory
