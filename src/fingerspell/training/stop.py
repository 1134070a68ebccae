"""Ctrl-C and SIGTERM as a wish that is granted at the end of a step, by all processes together."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from types import FrameType

import torch
from lightning_fabric import Fabric

STEPS_BETWEEN = 10  # steps after which several processes ask each other; one asks after every step


class Stop:
    """Whether somebody wishes the run to stop."""

    def __init__(self, fabric: Fabric) -> None:
        self.fabric = fabric
        self.is_wished = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the first signal as a wish, and the second as it always was."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.getsignal(number) for number in numbers}
        # A spawned process that ends by an exception of its own is taken for one that has finished.
        interrupt = signal.SIG_DFL if parent_process() else signal.default_int_handler
        default = {signal.SIGINT: interrupt, signal.SIGTERM: signal.SIG_DFL}

        def wish(number: int, _frame: FrameType | None) -> None:
            self.is_wished = True
            signal.signal(number, default[signal.Signals(number)])

        for number in numbers:
            signal.signal(number, wish)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def is_due(self, step: int) -> bool:
        """Whether all processes stop after this step; all must ask after every step."""
        is_asked = self.fabric.world_size == 1 or step % STEPS_BETWEEN == 0
        return is_asked and self.is_granted()

    def is_granted(self) -> bool:
        """Whether any process was asked to stop; all must ask together."""
        if self.fabric.world_size == 1:
            return self.is_wished
        wishes = torch.tensor(float(self.is_wished), device=self.fabric.device)
        torch.distributed.all_reduce(wishes)
        return bool(wishes.item())
