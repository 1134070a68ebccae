"""What learns and how fast: freezing, parameter groups, optimisers, schedules, average weights."""

import re
from collections.abc import Iterator

from torch import Tensor, nn, optim
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from fingerspell.core.alphabet import class_named
from fingerspell.errors import TrainingError
from fingerspell.training.options import LearningOptions, Optimizer, Schedule

MOST_WEIGHT = 1000.0  # of a class
Scheduler = lr_scheduler.LRScheduler | lr_scheduler.ReduceLROnPlateau


def freeze(module: nn.Module, frozen: str, thawed: str) -> None:
    """Take the parameters whose names begin so out of training.

    Args:
        module: the network.
        frozen: beginnings of names, with commas; a beginning is whole parts: `features.1` is not
            `features.10`.
        thawed: exceptions, likewise.

    Raises:
        TrainingError: a beginning fits no parameter, or nothing is left to train.
    """
    patterns = {prefix: _prefix(prefix) for prefix in _listed(frozen) + _listed(thawed)}
    names = [name for name, _ in module.named_parameters()]
    for prefix, pattern in patterns.items():
        if not any(pattern.match(name) for name in names):
            parts = ", ".join(dict.fromkeys(name.split(".")[0] for name in names))
            raise TrainingError(f"no parameter's name begins with {prefix!r}: the parts are {parts}.")
    for name, parameter in module.named_parameters():
        is_frozen = any(patterns[prefix].match(name) for prefix in _listed(frozen))
        is_thawed = any(patterns[prefix].match(name) for prefix in _listed(thawed))
        parameter.requires_grad_(is_thawed or not is_frozen)
    if not any(parameter.requires_grad for parameter in module.parameters()):
        raise TrainingError("all parameters are frozen: leave something to train.")


def train_mode(module: nn.Module) -> None:
    """Train mode, but for parts that are frozen whole.

    A batch norm whose weights are frozen would go on averaging the new images otherwise, and
    dropout would blur features that cannot learn to do without.
    """
    module.train()
    for part in module.modules():
        parameters = list(part.parameters())
        if parameters and not any(parameter.requires_grad for parameter in parameters):
            part.eval()


def parse_class_weights(text: str) -> dict[str, float]:
    """Weights by class, of any alphabet: the data say later which classes there are.

    >>> parse_class_weights("u=2, space=0.5, 7=3, ILY=1")
    {'U': 2.0, 'space': 0.5, '7': 3.0, 'ILY': 1.0}

    Raises:
        TrainingError: a class has no name, or a weight cannot be.
    """
    weights = {}
    for part in _listed(text):
        name, _, value = part.rpartition("=")
        wrong = TrainingError(f"class_weights has {part!r}: write classes as in U=2,R=1.5.")
        if not name.strip():
            raise wrong
        try:
            weights[class_named(name.strip())] = float(value)
        except ValueError as error:
            raise wrong from error
    if any(not 0 <= weight <= MOST_WEIGHT for weight in weights.values()):
        raise TrainingError(f"class_weights = {text!r}: give weights from 0 to {MOST_WEIGHT:g}.")
    return weights


def make_optimizer(module: nn.Module, options: LearningOptions) -> optim.Optimizer:
    """An optimiser of the parameters that are not frozen."""
    groups = list(_parameter_groups(module, options))
    match options.optimizer:
        case Optimizer.SGD:
            return optim.SGD(groups, options.lr, options.momentum)
        case Optimizer.ADAM:
            return optim.Adam(groups, options.lr)
        case Optimizer.ADAMW:
            return optim.AdamW(groups, options.lr)


def make_scheduler(optimizer: optim.Optimizer, options: LearningOptions, steps: int) -> Scheduler:
    """A schedule; all are stepped once a batch, but `ReduceLROnPlateau` once an epoch.

    Args:
        optimizer: whose learning rates change; with a schedule of its own for each group.
        options: which schedule.
        steps: batches an epoch.
    """
    warmup = round(options.warmup_epochs * steps)
    rest = max(1, options.epochs * steps - warmup)
    main: Scheduler
    match options.schedule:
        case Schedule.PLATEAU:
            return lr_scheduler.ReduceLROnPlateau(
                optimizer, factor=options.lr_factor, patience=options.plateau_patience
            )
        case Schedule.ONE_CYCLE:
            highest = [group["lr"] for group in optimizer.param_groups]
            return lr_scheduler.OneCycleLR(optimizer, highest, total_steps=options.epochs * steps)
        case Schedule.COSINE:
            main = lr_scheduler.CosineAnnealingLR(optimizer, T_max=rest)
        case Schedule.STEP:
            every = max(1, round(options.step_epochs * steps))
            main = lr_scheduler.StepLR(optimizer, every, options.lr_factor)
        case Schedule.CONSTANT:
            main = lr_scheduler.ConstantLR(optimizer, factor=1.0)
    if not warmup:
        return main
    rising = lr_scheduler.LinearLR(optimizer, start_factor=1 / (warmup + 1), total_iters=warmup)
    return lr_scheduler.SequentialLR(optimizer, [rising, main], milestones=[warmup])


def make_average(module: nn.Module, decay: float) -> AveragedModel | None:
    """An exponential moving average of weights and buffers; None where the decay is 0."""
    if not decay:
        return None
    update = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(module, multi_avg_fn=update, use_buffers=True).requires_grad_(False)


def _parameter_groups(module: nn.Module, options: LearningOptions) -> Iterator[dict[str, object]]:
    """Parameters by stage, from input to head, biases and norms apart since they do not decay."""
    slow = [_prefix(prefix) for prefix in _listed(options.slow)]
    stages: dict[tuple[str, bool], list[Tensor]] = {}
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            is_slow = any(pattern.match(name) for pattern in slow)
            stages.setdefault((_stage(name), is_slow), []).append(parameter)
    for place, ((_, is_slow), parameters) in enumerate(reversed(stages.items())):
        lr = options.lr * options.layer_lr_decay**place * (options.slow_lr if is_slow else 1)
        matrices = [p for p in parameters if p.ndim > 1]
        vectors = [p for p in parameters if p.ndim <= 1]
        for group, decay in ((matrices, options.weight_decay), (vectors, 0.0)):
            if group:
                yield {"params": group, "lr": lr, "weight_decay": decay}


def _stage(name: str) -> str:
    """The stage of a parameter: `features.3` of `features.3.conv.0.weight`, `head` of `head.weight`."""
    first, *rest = name.split(".")
    return f"{first}.{rest[0]}" if len(rest) > 1 else first


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _prefix(prefix: str) -> re.Pattern[str]:
    return re.compile(re.escape(prefix) + r"(\.|$)")
