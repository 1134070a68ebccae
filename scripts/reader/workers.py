"""Processes beside each other, for the scripts that compute with PyTorch."""

import multiprocessing
import os
import signal
from multiprocessing.pool import Pool

import torch


def workers() -> Pool:
    """As many processes as there are cores, of one thread each."""
    return multiprocessing.get_context("spawn").Pool(os.cpu_count(), in_worker)


def in_worker() -> None:
    """One thread a process, and Ctrl-C for the parent, which ends the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
