"""Random numbers, one a picture of a batch."""

import math

import torch
from torch import Tensor


class Dice:
    """Draws for a batch of `n` pictures.

    Args:
        n: pictures in the batch.
        generator: where chance comes from; PyTorch's own on the CPU where not given.
        device: where the draws are used. Draws are made on the generator's device and moved, so that
            a generator on the CPU makes the same choices for every device.
    """

    def __init__(self, n: int, generator: torch.Generator | None, device: torch.device) -> None:
        self.n, self.device = n, device
        self.generator = generator or torch.default_generator

    def uniform(self, low: float = 0.0, high: float = 1.0, *each: int) -> Tensor:
        """Uniform between `low` and `high`, [n, *each]."""
        draws = torch.rand(self.n, *each, generator=self.generator, device=self.generator.device)
        return (draws * (high - low) + low).to(self.device)

    def log_uniform(self, low: float, high: float) -> Tensor:
        """Uniform on a logarithmic scale between `low` and `high`, [n]."""
        return self.uniform(math.log(low), math.log(high)).exp()

    def whole(self, stop: int, n: int) -> Tensor:
        """Whole numbers below `stop`, [n]."""
        draws = torch.randint(stop, (n,), generator=self.generator, device=self.generator.device)
        return draws.to(self.device)

    def chosen(self, probability: float) -> Tensor:
        """Which pictures something happens to: their places, ascending, at most [n]."""
        draws = torch.rand(self.n, generator=self.generator, device=self.generator.device)
        return (draws < probability).nonzero()[:, 0].to(self.device)

    def on_device(self) -> torch.Generator:
        """A generator on the device, for draws too large to move."""
        if self.generator.device == self.device:
            return self.generator
        seed = torch.randint(2**62, (1,), generator=self.generator, device=self.generator.device)
        return torch.Generator(self.device).manual_seed(int(seed))
