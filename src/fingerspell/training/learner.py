"""A network that learns: one step on a batch, an evaluation on many, and all of its state.

The only place where images, network, optimiser and devices meet. It knows neither epochs nor files.
What is random in a step is seeded by the run's seed, the step and the process, so that nothing of
chance has to be saved: a run that goes on does what it would have done.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from fingerspell.core.alphabet import CLASSES
from fingerspell.data.loader import Batch
from fingerspell.errors import TrainingError
from fingerspell.training import optimize
from fingerspell.training.options import Strategy, TrainOptions
from fingerspell.training.sharded import full_state, load_full_state
from fingerspell.training.tally import Scores, Tally
from fingerspell.training.tasks.base import LABEL, Examples, Objective


class Learner:
    """Network, optimiser and schedule on this process's devices.

    Args:
        fabric: devices, launched.
        module: the network.
        objective: what it is shown of batches, and what it gets wrong.
        options: of the run.
        steps: batches an epoch.
        n_classes: what the network tells apart.
    """

    def __init__(
        self,
        fabric: Fabric,
        module: nn.Module,
        objective: Objective,
        options: TrainOptions,
        steps: int,
        n_classes: int = len(CLASSES),
    ) -> None:
        self.fabric, self.options, self.objective = fabric, options, objective
        self.n_classes = n_classes
        self.is_sharded = options.device.strategy == Strategy.FSDP
        optimize.freeze(module, options.model.freeze, options.model.unfreeze)
        if options.device.sync_batchnorm:
            module = _with_shared_norms(fabric, module)
        if options.device.channels_last and not self.is_sharded:  # FSDP2 has it not yet
            module = module.to(memory_format=torch.channels_last)
        self.module = module
        compiled: Any = torch.compile(module) if options.device.compile else module
        self.model = fabric.setup_module(compiled)
        self.optimizer = optimize.make_optimizer(module, options.learning)
        self.stepper: Any = fabric.setup_optimizers(self.optimizer)
        self.scheduler = optimize.make_scheduler(self.optimizer, options.learning, steps)
        if self.is_sharded and options.learning.ema:
            raise TrainingError("fsdp spreads the weights, of which ema averages the whole: use ddp.")
        self.average = optimize.make_average(module, options.learning.ema)
        optimize.train_mode(self.model)

    @property
    def lr(self) -> float:
        """Highest learning rate of any group, now."""
        return float(max(group["lr"] for group in self.optimizer.param_groups))

    def learn(self, batch: Batch, n: int, step: int, tally: Tally) -> None:
        """One step of the optimiser.

        Args:
            batch: this process's share of the images; may be empty.
            n: images of the batch over all processes.
            step: its number since the start of the run.
            tally: counts the images.
        """
        torch.manual_seed(_seed(self.options.learning.seed, step, self.fabric.global_rank))
        examples = self.objective.to_learn(batch)
        parts = _parts(len(examples), self.options.learning.accumulate, self._is_shared)
        for place, part in enumerate(parts):
            is_last = place == len(parts) - 1
            with self.fabric.no_backward_sync(self.model, enabled=self._is_shared and not is_last):
                shown = examples.part(part)
                outputs, losses = self._forward(shown)
                # Gradients are averaged over processes: weighted so, each image counts alike.
                self.fabric.backward(losses.sum() * (self.fabric.world_size / n))
            tally.add(losses.detach(), outputs.detach(), shown.targets[LABEL])
        if self.options.learning.clip_norm:
            self.fabric.clip_gradients(
                self.model, self.stepper, max_norm=self.options.learning.clip_norm
            )
        self.stepper.step()
        self.stepper.zero_grad()
        if not isinstance(self.scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
            self.scheduler.step()
        if self.average is not None:
            self.average.update_parameters(self.module)

    def _forward(self, shown: Examples) -> tuple[Tensor, Tensor]:
        """Outputs [B, 29] and losses [B]; of no examples too, so that processes stay in step."""
        if len(shown):
            return self.objective.learning_losses(self.model(*shown.inputs), shown.targets)
        nothing = sum(each.sum() for each in tree_leaves(self.model(*shown.blank()))) * 0
        return nothing.new_zeros(0, self.n_classes), nothing[None]

    @property
    def _is_shared(self) -> bool:
        return self.fabric.world_size > 1

    def end_epoch(self, validation_loss: float | None) -> None:
        """Tell a schedule that waits for a plateau."""
        if isinstance(self.scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
            if validation_loss is None:
                raise TrainingError("schedule plateau needs a validation part: use another split.")
            self.scheduler.step(validation_loss)

    def evaluate(self, batches: Iterable[Batch], said: "list[Said] | None" = None) -> Scores:
        """Scores of the network, or of its average, over all processes.

        Args:
            batches: this process's share.
            said: gets what the network says of each batch.
        """
        self._share_buffers()
        network = self.evaluated.eval()
        tally = Tally(self.n_classes).to(self.fabric.device)
        with torch.no_grad(), self.fabric.autocast():
            for batch in batches:
                shown = self.objective.to_evaluate(batch)
                if not len(shown):
                    network(*shown.blank())  # as the other processes do
                    continue
                outputs, losses = self.objective.evaluation_losses(
                    network(*shown.inputs), shown.targets
                )
                tally.add(losses, outputs, shown.targets[LABEL])
                if said is not None:
                    said.append(Said(batch.rows.cpu().numpy(), outputs.softmax(1).cpu().numpy()))
        optimize.train_mode(self.model)
        return tally.scores()

    @property
    def evaluated(self) -> nn.Module:
        """The network that is evaluated and kept: the average of its weights where there is one."""
        return self.module if self.average is None else self.average.module

    def _share_buffers(self) -> None:
        """Give all processes the first one's running statistics: each takes its own images'."""
        if not self._is_shared:
            return
        for network in (self.module, self.average):
            for buffer in network.buffers() if network is not None else ():
                torch.distributed.broadcast(buffer, 0)

    def weights(self) -> dict[str, Tensor]:
        """What is kept of the network, on the CPU."""
        state = full_state(self.module)[0] if self.is_sharded else self.evaluated.state_dict()
        return {name: value.detach().cpu() for name, value in state.items()}

    def load_weights(self, weights: dict[str, Tensor]) -> None:
        """Evaluate these weights, which `weights` gave, from now on."""
        if self.is_sharded:
            load_full_state(self.module, weights)
        else:
            self.evaluated.load_state_dict(weights)

    def state_dict(self) -> dict[str, Any]:
        """Everything that a run needs to go on bit for bit; every process must ask."""
        if self.is_sharded:
            module, optimizer = full_state(self.module, self.optimizer)
        else:
            module, optimizer = self.module.state_dict(), self.optimizer.state_dict()
        return {
            "module": module,
            "optimizer": optimizer,
            "scheduler": self.scheduler.state_dict(),
            "precision": self.fabric.strategy.precision.state_dict(),
            "average": {} if self.average is None else self.average.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict`, on as many processes as there are now."""
        if self.is_sharded:
            load_full_state(self.module, state["module"], self.optimizer, state["optimizer"])
        else:
            self.module.load_state_dict(state["module"])
            self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.fabric.strategy.precision.load_state_dict(state["precision"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])


class Said(NamedTuple):
    """What the network says of images: their rows [B], and probabilities float32 [B, 29]."""

    rows: NDArray[np.int64]
    probabilities: NDArray[np.float32]


def _with_shared_norms(fabric: Fabric, module: nn.Module) -> nn.Module:
    """The network with batch norms that take their statistics from all processes' images.

    Raises:
        TrainingError: the devices are no GPUs, of which alone PyTorch has such norms.
    """
    if fabric.device.type != "cuda":
        raise TrainingError(
            f"sync_batchnorm is for GPUs, and this run is on {fabric.device.type}: leave it out."
        )
    convert: Any = nn.SyncBatchNorm.convert_sync_batchnorm
    shared: nn.Module = convert(module)
    return shared


def _parts(n: int, count: int, with_empty: bool) -> list[slice]:
    """Slices of n images, as even as can be.

    Args:
        n: images.
        count: slices.
        with_empty: exactly as many, for processes that have to keep step; else none is empty.
    """
    edges = [n * place // count for place in range(count + 1)]
    slices = [slice(start, stop) for start, stop in pairwise(edges)]
    return slices if with_empty else [part for part in slices if part.stop > part.start]


def _seed(run: int, step: int, process: int) -> int:
    """A seed for each step of each process; a large odd factor spreads what is close together."""
    return (run * 1_000_003 + step * 8_191 + process) * 0x9E3779B97F4A7C15 % 2**63
