"""Memory and utilisation of one training process's devices, watched while it trains.

A GPU is asked four times a second: PyTorch's own peaks, and what the driver says by NVML, which is what
`nvidia-smi` shows, other programs included. NVML comes with the package `nvidia-ml-py`; without it, the
driver's figures are left out.

On a CPU a "device" is a training process. Its memory is asked once a second, since that can take 10 ms:
the resident set of the process alone (`allocated`), that with the processes that decode for it
(`reserved`), and what the system accounts to all of these, where a page that n share counts 1/n
(`driver`; Linux's PSS, elsewhere USS). Mapped images that it has looked at count. Its utilisation is
exact, from the system's clocks: seconds that it and the processes that decode for it computed, over its
share of the cores' seconds.
"""

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

import psutil
import torch
from lightning_fabric import Fabric

from fingerspell.processes import cores
from fingerspell.training.memory import gpus_of
from fingerspell.training.record import Row
from fingerspell.training.repeating import Repeating
from fingerspell.training.sensors import nvml_handle


@dataclass
class Reading:
    """What was seen of one device: memory at the most, in MB (10^6 bytes), and how busy it was.

    Attributes:
        allocated_mb: in use by tensors; on a CPU see above, as for all of these.
        reserved_mb: held by PyTorch.
        driver_mb: as the driver sees it; None where it cannot be asked.
        utilisation: mean share of the time in which it was busy, 0 to 1; None likewise.
    """

    allocated_mb: float = 0.0
    reserved_mb: float = 0.0
    driver_mb: float | None = None
    utilisation: float | None = None

    def note(self, allocated: int, reserved: int, driver: int | None) -> None:
        """Keep the larger figures; bytes."""
        self.allocated_mb = max(self.allocated_mb, allocated / 1e6)
        self.reserved_mb = max(self.reserved_mb, reserved / 1e6)
        if driver is not None:
            self.driver_mb = max(self.driver_mb or 0.0, driver / 1e6)


class _Probe(Protocol):
    """Something that can be looked at again and again."""

    interval_s: float  # between looks

    def look(self, reading: Reading) -> None:
        """Note what is seen now."""

    def begin(self) -> None:
        """Utilisation counts from now."""

    def end(self, reading: Reading) -> None:
        """Utilisation has counted until now."""


class Gauge(Repeating):
    """Watches this process's devices in a thread, while the context lasts; a watcher of the loop.

    Memory is watched all the time, utilisation from the first step to the end of the last epoch.

    Args:
        fabric: devices, launched.
    """

    def __init__(self, fabric: Fabric) -> None:
        gpus = gpus_of(fabric)
        self._probes: list[_Probe] = [_Gpu(gpu) for gpu in gpus] or [_Process(fabric.world_size)]
        self.readings = [Reading() for _ in self._probes]
        self.rows: list[Row] = []
        self._has_begun = False
        super().__init__(self._probes[0].interval_s, self._look)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, at)
        self._look()

    def batch(self, epoch: int, done: int, total: int) -> None:  # noqa: ARG002
        """The first step ends: utilisation counts from here."""
        if not self._has_begun:
            for probe in self._probes:
                probe.begin()
            self._has_begun = True

    def epoch(self, row: Row, is_best: bool, before: float | None = None) -> None:  # noqa: ARG002
        """An epoch ends: utilisation counts to here."""
        self.rows.append(row)
        for probe, reading in zip(self._probes, self.readings, strict=True):
            probe.end(reading)

    def _look(self) -> None:
        for probe, reading in zip(self._probes, self.readings, strict=True):
            probe.look(reading)


class _Process:
    """This process as a device.

    Args:
        n: processes that share the cores.
    """

    interval_s = 1.0

    def __init__(self, n: int) -> None:
        self._process = psutil.Process()
        self._cores = cores() / n
        self.begin()

    def look(self, reading: Reading) -> None:
        helpers = []
        for child in self._process.children(recursive=True):
            try:
                helpers.append(child.memory_full_info())
            except psutil.Error:  # it has ended meanwhile
                continue
        mine = self._process.memory_full_info()
        together = sum(memory.rss for memory in (mine, *helpers))
        accounted = sum(getattr(memory, "pss", memory.uss) for memory in (mine, *helpers))
        reading.note(mine.rss, together, accounted)

    def begin(self) -> None:
        self._began, self._computed_s = time.perf_counter(), self._computing_s()

    def end(self, reading: Reading) -> None:
        passed_s = time.perf_counter() - self._began
        if passed_s > 0:
            busy_s = self._computing_s() - self._computed_s
            reading.utilisation = min(1.0, busy_s / passed_s / self._cores)

    def _computing_s(self) -> float:
        """Processor seconds so far, of helpers too, once they have ended."""
        times = self._process.cpu_times()
        helpers = [getattr(times, name, 0.0) for name in ("children_user", "children_system")]
        return float(times.user + times.system + sum(helpers))


class _Gpu:
    """One GPU, by PyTorch and by NVML."""

    interval_s = 0.25

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._nvml = nvml_handle(device)
        self._counts = False
        self._busy: list[float] = []

    def look(self, reading: Reading) -> None:
        driver = None
        if self._nvml is not None:
            nvml, handle = self._nvml
            driver = int(nvml.nvmlDeviceGetMemoryInfo(handle).used)
            if self._counts:
                self._busy.append(nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100)
        reading.note(
            torch.cuda.max_memory_allocated(self._device),
            torch.cuda.max_memory_reserved(self._device),
            driver,
        )

    def begin(self) -> None:
        self._counts = True

    def end(self, reading: Reading) -> None:
        if self._busy:
            reading.utilisation = sum(self._busy) / len(self._busy)
