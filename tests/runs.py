"""Folders of runs, written on the spot."""

from pathlib import Path
from typing import Any

import torch

from fingerspell.core.alphabet import CLASSES
from fingerspell.models.checkpoint import CheckpointInfo, save_checkpoint
from fingerspell.models.registry import architecture, create


def write_run(
    run: Path,
    data: dict[str, Any] | None = None,
    seed: int = 0,
    metrics: dict[str, float] | None = None,
) -> Path:
    """Write the folder of a run: the `tiny` network with random weights."""
    torch.manual_seed(seed)
    (run / "checkpoints").mkdir(parents=True)
    info = CheckpointInfo(
        model="tiny",
        spec=architecture("tiny").spec,
        classes=CLASSES,
        config={},
        metrics=metrics or {},
        data=data or {},
        created="2026-11-21T08:00:00+00:00",
        version="0.1.0",
    )
    save_checkpoint(run / "checkpoints" / "best.safetensors", create("tiny").state_dict(), info)
    return run
