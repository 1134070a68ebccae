"""Sensors: figures worked by hand, a GPU that does not tell everything, and several processes."""

from types import SimpleNamespace

import pytest
from lightning_fabric import Fabric

from fingerspell.training import sensors
from fingerspell.training.sensors import Sensors, Trace, energy_j, gpu_values, together


def test_energy_is_power_added_up_over_time():
    """100 W rising to 200 W in 2 s, then 200 W for 1 s: 300 J + 200 J."""
    trace = Trace()
    for time_s, watts in ((10.0, 100.0), (12.0, 200.0), (13.0, 200.0)):
        trace.add(time_s, watts)
    assert (trace.integral, trace.highest) == (500.0, 200.0)
    assert trace.mean == pytest.approx(500 / 3)
    trace.start()  # the next epoch goes on where this one ended
    trace.add(14.0, 100.0)
    assert (trace.integral, trace.mean, trace.highest) == (150.0, 150.0, 200.0)


def test_a_single_reading_is_its_own_mean():
    trace = Trace()
    trace.add(0.0, 7.0)
    assert (trace.mean, trace.integral) == (7.0, 0.0)


class NotSupportedError(Exception):
    pass


def refuse(_handle):
    raise NotSupportedError


NVML = SimpleNamespace(
    NVMLError=NotSupportedError,
    NVML_CLOCK_SM=1,
    NVML_TEMPERATURE_GPU=0,
    nvmlDeviceGetMemoryInfo=lambda _handle: SimpleNamespace(used=2_500_000_000),
    nvmlDeviceGetUtilizationRates=lambda _handle: SimpleNamespace(gpu=40),
    nvmlDeviceGetClockInfo=lambda _handle, kind: 1000 + kind,
    nvmlDeviceGetTemperature=lambda _handle, _kind: 61,
    nvmlDeviceGetPowerUsage=lambda _handle: 250_000,
)


def test_a_gpu_in_units_of_the_columns():
    assert gpu_values(NVML, None) == {
        "gpu_memory_mb": 2500.0,
        "gpu_utilisation": 0.4,
        "gpu_clock_mhz": 1001.0,
        "gpu_temperature_c": 61.0,
        "gpu_power_w": 250.0,
    }


def test_what_a_gpu_does_not_measure_is_left_out():
    silent = SimpleNamespace(**vars(NVML) | {"nvmlDeviceGetPowerUsage": refuse})
    assert set(gpu_values(silent, None)) == {
        *("gpu_memory_mb", "gpu_utilisation", "gpu_clock_mhz", "gpu_temperature_c")
    }


def test_gpus_of_all_processes_are_numbered_through():
    first = {"ram_mb": 10.0, "cpu_clock_mhz": 2000.0, "gpu_power_w_device_0": 1.0, "cpu_energy_j": 5.0}
    second = {"ram_mb": 20.0, "gpu_power_w_device_0": 2.0, "gpu_power_w_device_1": 3.0}
    third = {"ram_mb": 30.0, "cpu_clock_mhz": 3000.0, "cpu_energy_j": 7.0}  # another node's first
    assert together([first, second, third]) == {
        "ram_mb": 60.0,
        "cpu_clock_mhz": 2500.0,
        "cpu_energy_j": 12.0,
        "gpu_power_w_device_0": 1.0,
        "gpu_power_w_device_1": 2.0,
        "gpu_power_w_device_2": 3.0,
    }


COUNTERS = ("intel-rapl:0", "intel-rapl:1", "intel-rapl:0:0")


@pytest.fixture
def rapl(tmp_path, monkeypatch):
    """Sets the counts of two processors, in J; of a part of one, which does not count again, too."""
    monkeypatch.setattr(sensors, "RAPL", tmp_path)

    def count(*joules):
        for name, value in zip(COUNTERS, joules, strict=True):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / "energy_uj").write_text(f"{value * 1_000_000}\n")
            (tmp_path / name / "max_energy_range_uj").write_text("1000000000\n")

    return count


def test_a_processors_energy_is_read_and_may_begin_anew(rapl):
    rapl(100, 990, 5)
    with Sensors(Fabric(accelerator="cpu", devices=1)) as watched:
        rapl(107, 3, 900)  # the second count begins anew at 1,000 J
        row = watched.take()
        assert row["cpu_energy_j"] == pytest.approx(7 + 13)
        assert row["ram_mb"] > 50
        assert watched.take()["cpu_energy_j"] == 0
    assert energy_j([row, {"gpu_energy_j_device_0": 5.5, "epoch": 2}]) == pytest.approx(25.5)
    assert energy_j([{"epoch": 1}]) is None


def test_a_gpus_power_and_energy_in_a_run(monkeypatch):
    monkeypatch.setattr(sensors, "gpus_of", lambda _fabric: ["a GPU"])
    monkeypatch.setattr(sensors, "nvml_handle", lambda _gpu: (NVML, None))
    times = iter((0.0, 2.0, 5.0))
    monkeypatch.setattr(sensors.time, "perf_counter", lambda: next(times))
    monkeypatch.setattr(sensors, "INTERVAL_S", 1000)
    with Sensors(Fabric(accelerator="cpu", devices=1)) as watched:
        assert watched.take()["gpu_energy_j_device_0"] == 500.0
        assert watched.take()["gpu_energy_j_device_0"] == 750.0
