"""Views to learn from, stored once: what MediaPipe's trunk makes of upright ones, and small ones.

The trunk's first layers do not learn, so that what they make of a view stays as it is. Each row is two
views of one image: an upright one, and one for the network for small hands.

    FOLDER/middle.npy           float16 [N, 14, 14, 112], 44 KB a view
           small.npy            uint8 RGB [N, 112, 112, 3], 38 KB a view
           facts.safetensors    what is known of each view, written last and every `SAVE_EVERY` batches

Started again, it goes on from there. Each batch has random numbers of its own, so that what is seen
does not depend on how often it was stopped.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from fingerspell.training.hand_reader.crops import draw_crops
from fingerspell.training.hand_reader.small_views import VIEW_PX as SMALL_PX
from fingerspell.training.hand_reader.small_views import draw_small
from fingerspell.training.hand_reader.training_images import Samples

BATCH, SAVE_EVERY = 64, 50
MOST_BATCHES = 1_000_000  # of one seed
# Kind and size of what is stored of each row.
ARRAYS: dict[str, tuple[np.dtype[Any], tuple[int, ...]]] = {
    "middle": (np.dtype(np.float16), (14, 14, MIDDLE_WIDTH)),
    "small": (np.dtype(np.uint8), (SMALL_PX, SMALL_PX, 3)),
}
SMALL = "small_"  # before the names of facts of small views
KNOWN = ("joints", "found", "hand", "label", "trust")  # of `Views`
FACTS = ("turn", *KNOWN, *(f"{SMALL}{name}" for name in KNOWN))  # and the source of each
_FACTS = "facts.safetensors"

Arrays = dict[str, NDArray[Any]]
Seen = tuple[Mapping[str, Tensor], dict[str, Tensor]]  # `ARRAYS` of a batch, and facts of each row
See = Callable[[int], Seen]  # of a batch's number


@dataclass(frozen=True)
class Features:
    """What is stored of N views.

    Attributes:
        arrays: `ARRAYS` [N, ...] by name, mapped.
        facts: `FACTS` of each, tensors [N, ...], and `source`, index in `source_names`.
        source_names: the sources; each person is one.
    """

    arrays: Arrays
    facts: dict[str, Tensor]
    source_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.facts["label"])


def open_features(folder: Path) -> Features:
    """What `store` wrote.

    Raises:
        DataError: it is missing or damaged.
    """
    try:
        with safe_open(folder / _FACTS, "pt") as stored:
            names = json.loads(stored.metadata()["sources"])
            facts = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        raise DataError(f"{folder} is damaged: delete it, and it is made again.") from error
    return Features(arrays, facts, tuple(names))


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
            small = draw_small(samples, index, generator)
        arrays = {"middle": middle, "small": small.pictures.mul(255).round()}
        facts = {"turn": crops.turn, "source": samples.source[index]}
        facts |= {name: getattr(crops, name) for name in KNOWN}
        facts |= {f"{SMALL}{name}": getattr(small, name) for name in KNOWN}
        return (
            {name: array.permute(0, 2, 3, 1).cpu() for name, array in arrays.items()},
            {name: fact.cpu() for name, fact in facts.items()},
        )

    return see


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
    arrays = {
        name: np.lib.format.open_memmap(
            folder / f"{name}.npy", "r+" if done else "w+", kind, None if done else (n, *size)
        )
        for name, (kind, size) in ARRAYS.items()
    }
    batches = range(done // BATCH, -(-n // BATCH))
    for batch in batches:
        with torch.inference_mode():
            seen, facts = see(batch)
        start = batch * BATCH
        n_seen = min(len(facts["label"]), n - start)  # of the last batch, what is asked for
        for name, array in arrays.items():
            array[start : start + n_seen] = seen[name][:n_seen].numpy().astype(array.dtype)
        rows.append({name: fact[:n_seen] for name, fact in facts.items()})
        if (batch + 1) % SAVE_EVERY == 0 or batch == batches[-1]:
            rows = [{name: torch.cat([row[name] for row in rows]).contiguous() for name in rows[0]}]
            for array in arrays.values():
                array.flush()
            metadata = {"sources": json.dumps(list(source_names))}
            write_atomically(folder / _FACTS, save(rows[0], metadata))
        advance(n_seen)


def _done(folder: Path) -> dict[str, Tensor]:
    """The facts that an earlier start wrote."""
    return open_features(folder).facts if (folder / _FACTS).exists() else {}
