"""Processes beside each other, for the scripts that compute with PyTorch."""

import multiprocessing
import os
import signal
from multiprocessing.pool import Pool

import torch


def workers(most: int | None = None) -> Pool:
    """As many processes as there are cores, or `most` if that is less, of one thread each."""
    cores = os.cpu_count() or 1
    return multiprocessing.get_context("spawn").Pool(min(cores, most or cores), in_worker)


def in_worker() -> None:
    """One thread a process, and Ctrl-C for the parent, which ends the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
