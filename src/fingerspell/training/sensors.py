"""What a run takes of its machine in each epoch: memory, clocks, temperature, power, energy.

Sensors are read once a second in a thread, and what a machine does not tell is left out. Energy is
power added up over time (trapezoid rule). GPUs are asked by NVML, which is what `nvidia-smi` shows; it
comes with the package `nvidia-ml-py` (extra `study`). A processor's energy is Linux's count (RAPL),
which many systems let only the administrator read. All figures but `ram_mb` count other programs, too.
"""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psutil
import torch
from lightning_fabric import Fabric

from fingerspell.training.memory import gpus_of
from fingerspell.training.repeating import Repeating

INTERVAL_S = 1.0
RAPL = Path("/sys/class/powercap")
_PACKAGES = "intel-rapl:?"  # whole processors; AMD's have the same name
_MICRO = 1e-6
Figures = dict[str, float]
Counts = dict[str, tuple[float, float]]  # joules so far, and where the count begins anew


class Trace:
    """Readings of one sensor: how high, how much on average, and what they add up to over time."""

    def __init__(self) -> None:
        self._last: tuple[float, float] | None = None
        self.start()

    def start(self) -> None:
        """Begin anew, where the last reading was."""
        self.integral = self.span_s = 0.0
        self.highest = self._last[1] if self._last else float("-inf")

    def add(self, time_s: float, value: float) -> None:
        """A reading."""
        if self._last is not None:
            step_s = time_s - self._last[0]
            self.integral += step_s * (value + self._last[1]) / 2
            self.span_s += step_s
        self.highest = max(self.highest, value)
        self._last = (time_s, value)

    @property
    def mean(self) -> float:
        """Over time."""
        return self.integral / self.span_s if self.span_s else self.highest


class Sensors(Repeating):
    """The sensors of this process's devices, and in the first process of a node those of the node.

    Args:
        fabric: devices, launched.
    """

    def __init__(self, fabric: Fabric) -> None:
        self._fabric = fabric
        self._process = psutil.Process()
        self._gpus = [nvml_handle(gpu) for gpu in gpus_of(fabric)]
        self._is_first = fabric.local_rank == 0
        self._traces: dict[str, Trace] = {}
        self._joules: Counts = _rapl_joules() if self._is_first else {}
        self._lock = threading.Lock()
        super().__init__(INTERVAL_S, self._read)

    def __enter__(self) -> Self:
        self._read()
        return super().__enter__()

    def take(self) -> Figures:
        """The figures of all processes since they were last taken; every process must ask."""
        self._read()
        with self._lock:
            mine = _figures(self._traces)
            for trace in self._traces.values():
                trace.start()
        if self._is_first:
            now = _rapl_joules()
            if now:
                mine["cpu_energy_j"] = _energy_j(self._joules, now)
            self._joules = now
        everybody = [mine] * self._fabric.world_size
        if self._fabric.world_size > 1:
            torch.distributed.all_gather_object(everybody, mine)
        return together(everybody)

    def _read(self) -> None:
        now = time.perf_counter()
        values = {"ram_mb": self._ram_mb()}
        if self._is_first:
            values |= _of_processor()
        for place, handle in enumerate(self._gpus):
            found = gpu_values(*handle) if handle else {}
            values |= {f"{name}_device_{place}": value for name, value in found.items()}
        with self._lock:
            for name, value in values.items():
                self._traces.setdefault(name, Trace()).add(now, value)

    def _ram_mb(self) -> float:
        """Resident memory of this process and those that decode for it, in MB."""
        n_bytes = self._process.memory_info().rss
        for child in self._process.children(recursive=True):
            with suppress(psutil.Error):  # it has ended meanwhile
                n_bytes += child.memory_info().rss
        return n_bytes / 1e6


def gpu_values(nvml: Any, handle: Any) -> Figures:
    """What NVML says of a GPU now; what this one does not measure is left out."""
    asked: dict[str, Callable[[], float]] = {
        "gpu_memory_mb": lambda: nvml.nvmlDeviceGetMemoryInfo(handle).used / 1e6,
        "gpu_utilisation": lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100,
        "gpu_clock_mhz": lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM),
        "gpu_temperature_c": lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU),
        "gpu_power_w": lambda: nvml.nvmlDeviceGetPowerUsage(handle) / 1000,
    }
    values: Figures = {}
    for name, ask in asked.items():
        with suppress(nvml.NVMLError):
            values[name] = float(ask())
    return values


def nvml_handle(device: torch.device) -> tuple[Any, Any] | None:
    """NVML and its handle of a GPU, found by its UUID, since NVML counts those that are hidden too."""
    try:
        import pynvml  # noqa: PLC0415  (optional)

        pynvml.nvmlInit()
        uuid = torch.cuda.get_device_properties(device).uuid
        return pynvml, pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")
    except ModuleNotFoundError:
        return None
    except pynvml.NVMLError:
        return None


def _of_processor() -> Figures:
    """Clock and temperature, where the system tells them."""
    values: Figures = {}
    clock = psutil.cpu_freq() if hasattr(psutil, "cpu_freq") else None
    if clock and clock.current:
        values["cpu_clock_mhz"] = float(clock.current)
    known = psutil.sensors_temperatures() if hasattr(psutil, "sensors_temperatures") else {}
    celsius = [each.current for name in ("coretemp", "k10temp") for each in known.get(name, ())]
    if celsius:
        values["cpu_temperature_c"] = float(max(celsius))
    return values


def _rapl_joules() -> Counts:
    """Of each processor whose count may be read."""
    counts = {}
    for folder in sorted(RAPL.glob(_PACKAGES)):
        with suppress(OSError, ValueError):
            used, most = (
                int((folder / name).read_text()) for name in ("energy_uj", "max_energy_range_uj")
            )
            counts[folder.name] = (used * _MICRO, most * _MICRO)
    return counts


def _energy_j(before: Counts, now: Counts) -> float:
    """Joules between two readings; a count may have begun anew once."""
    total = 0.0
    for name in before.keys() & now.keys():
        used, most = now[name]
        joules = used - before[name][0]
        total += joules if joules >= 0 else joules + most
    return total


def _figures(traces: Mapping[str, Trace]) -> Figures:
    """Memory and temperature at the most, all else on average; energy from power."""
    figures: Figures = {}
    for name, trace in traces.items():
        is_peak = "memory" in name or "temperature" in name or name == "ram_mb"
        figures[name] = trace.highest if is_peak else trace.mean
        if "power_w" in name:
            figures[name.replace("power_w", "energy_j")] = trace.integral
    return figures


def together(everybody: list[Figures]) -> Figures:
    """The figures of all processes as columns of one row, with a number for each GPU of all of them.

    Memory and a processor's energy are added up over processes or nodes, temperatures are the highest,
    and clocks the mean.
    """
    row: Figures = {}
    processes = [each["ram_mb"] for each in everybody if "ram_mb" in each]
    if processes:
        row["ram_mb"] = sum(processes)
    for name, combine in (("cpu_clock_mhz", _mean), ("cpu_temperature_c", max), ("cpu_energy_j", sum)):
        values = [each[name] for each in everybody if name in each]
        if values:
            row[name] = combine(values)
    n = 0
    for each in everybody:
        own = sorted({name.rpartition("_device_")[2] for name in each if "_device_" in name}, key=int)
        for number in own:
            end = f"_device_{number}"
            found = {name: value for name, value in each.items() if name.endswith(end)}
            row |= {f"{name.removesuffix(end)}_device_{n}": value for name, value in found.items()}
            n += 1
    return {name: round(value, 3) for name, value in row.items()}


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def energy_j(rows: list[dict[str, float | int]]) -> float | None:
    """Joules of all epochs, GPUs and processors; None where nothing measured them."""
    found = [value for row in rows for name, value in row.items() if "energy_j" in name]
    return sum(found) if found else None
