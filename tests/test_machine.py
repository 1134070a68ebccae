"""What is said of the computer, and of a process's memory."""

import numpy as np

from fingerspell.machine import hardware, peak_memory_bytes, processor


def test_the_hardware_is_the_processor_and_its_cores():
    assert processor()
    assert hardware().startswith(f"{processor()}, ")
    assert hardware().endswith(" cores")


def test_the_peak_stays_once_memory_is_given_back():
    held = np.ones(200_000_000, np.uint8)
    size = held.nbytes
    assert peak_memory_bytes() > size
    del held
    assert peak_memory_bytes() > size
