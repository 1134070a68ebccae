"""What MediaPipe's trunk makes of views, computed once: its first layers stay as they are.

    FOLDER/middle.npy           float16 [N, 14, 14, 112], 44 KB a view
           facts.safetensors    what is known of each view, written last and every `SAVE_EVERY` batches

Started again, it goes on from there. Each batch has random numbers of its own, so that what is seen
does not depend on how often it was stopped.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from fingerspell.errors import DataError
from fingerspell.files import write_atomically
from fingerspell.models.mediapipe_networks import MIDDLE_WIDTH, HandTrunk
from fingerspell.progress import Advance
from fingerspell.training.hand_reader.crops import Crops, draw_crops
from fingerspell.training.hand_reader.training_images import Samples

BATCH, SAVE_EVERY = 64, 50
MOST_BATCHES = 1_000_000  # of one seed
MIDDLE = (14, 14, MIDDLE_WIDTH)
FACTS = ("turn", "joints", "found", "hand", "label", "trust")  # of `Crops`; and the source of each
_MIDDLE, _FACTS = "middle.npy", "facts.safetensors"

Seen = tuple[Tensor, dict[str, Tensor]]  # features [B, 14, 14, 112], facts of each
See = Callable[[int], Seen]  # of a batch's number


@dataclass(frozen=True)
class Features:
    """What is stored of N views.

    Attributes:
        middle: float16 [N, 14, 14, 112], mapped.
        facts: `FACTS` of each, tensors [N, ...], and `source`, index in `source_names`.
        source_names: the sources; each person is one.
    """

    middle: NDArray[np.float16]
    facts: dict[str, Tensor]
    source_names: tuple[str, ...]


def open_features(folder: Path) -> Features:
    """What `store` wrote.

    Raises:
        DataError: it is missing or damaged.
    """
    try:
        with safe_open(folder / _FACTS, "pt") as stored:
            names = json.loads(stored.metadata()["sources"])
            facts = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        middle = np.load(folder / _MIDDLE, mmap_mode="r")
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        raise DataError(f"{folder} is damaged: delete it, and it is made again.") from error
    return Features(middle, facts, tuple(names))


def draw(samples: Samples, trunk: HandTrunk, seed: int, device: torch.device) -> See:
    """Looks at batches of random views of samples, which are drawn on a device."""
    samples, trunk = samples.to(device), trunk.to(device).to(memory_format=torch.channels_last)

    def see(batch: int) -> Seen:
        generator = torch.Generator(device)
        generator.manual_seed(seed * MOST_BATCHES + batch)
        with device:
            index = torch.multinomial(samples.weight, BATCH, True, generator=generator)
            crops = draw_crops(samples, index, generator)
            middle = trunk.middle(crops.pictures.to(memory_format=torch.channels_last))
        facts = facts_of(crops) | {"source": samples.source[index]}
        return middle.permute(0, 2, 3, 1).cpu(), {name: fact.cpu() for name, fact in facts.items()}

    return see


def facts_of(crops: Crops) -> dict[str, Tensor]:
    """What is known of views, by name."""
    return {name: getattr(crops, name) for name in FACTS}


def is_stored(folder: Path, n: int) -> bool:
    """Whether a folder holds all of n views."""
    done = _done(folder)
    return bool(done) and len(done["label"]) == n


def store(
    folder: Path,
    n: int,
    source_names: Sequence[str],
    see: See,
    advance: Advance,
) -> None:
    """See n views, `BATCH` at a time, and keep them; what is there already stays.

    Args:
        folder: of these views alone: its name tells them from others.
        n: views in all.
        source_names: what `source` counts in.
        see: looks at a batch.
        advance: called as views are seen, first with those that are there already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = [kept] if (kept := _done(folder)) else []
    done = len(rows[0]["label"]) if rows else 0
    advance(done)
    middles = np.lib.format.open_memmap(
        folder / _MIDDLE, "r+" if done else "w+", np.float16, None if done else (n, *MIDDLE)
    )
    batches = range(done // BATCH, -(-n // BATCH))
    for batch in batches:
        with torch.inference_mode():
            middle, facts = see(batch)
        start = batch * BATCH
        middles[start : start + len(middle)] = middle.half().numpy()
        rows.append(facts)
        if (batch + 1) % SAVE_EVERY == 0 or batch == batches[-1]:
            rows = [{name: torch.cat([row[name] for row in rows]).contiguous() for name in rows[0]}]
            middles.flush()
            metadata = {"sources": json.dumps(list(source_names))}
            write_atomically(folder / _FACTS, save(rows[0], metadata))
        advance(len(middle))


def _done(folder: Path) -> dict[str, Tensor]:
    """The facts that an earlier start wrote."""
    return open_features(folder).facts if (folder / _FACTS).exists() else {}
