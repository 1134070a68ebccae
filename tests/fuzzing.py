"""Files that were changed at random, opened by the code that opens them: sentences, and nothing else.

    python -m tests.fuzzing TARGET N SEED FOLDER

opens N mutated files of a kind in a process of its own with limited memory, and prints a JSON line of
figures; the file that is being opened lies in FOLDER, so that one that ends the process is known.
"""

import json
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil

from fingerspell.errors import FingerspellError
from fingerspell.machine import peak_memory_bytes

MEMORY_BYTES = 2_000_000_000  # that opening any of them may add to the process
TOKENS: dict[str, tuple[bytes, ...]] = {
    "yaml": (
        *(b"*a", b"&a ", b"[", b"{", b"? ", b": ", b"- ", b"!!python/object:os.system ", b"\t"),
        *(b"1e999", b".nan", b"0x", b"9" * 5000, b"[" * 3000, b"'", b'"', b"|\n", b"2001-99-99"),
        *(b"null", b"<<: *a"),
    ),
    "table": (
        *(b",", b";", b"\t", b'"', b"\r\n", b"\xef\xbb\xbf", b"sep=;\n", b"\x00", b"fold 2"),
        b"A" * 140_000,
    ),
    "words": (b"#", b",", b";", b"\xff", b"\xef\xbb\xbf", b"\x00", b"\xe2\x80\xa8", b"A" * 5000),
    "binary": (
        *(b"\x00" * 8, b"\xff" * 8, b"\x7f\xff\xff\xff\xff\xff\xff\xff", b"{", b"}", b'"'),
        b"9" * 30,
    ),
}  # fmt: skip


def mutated(dice: np.random.Generator, content: bytes, tokens: tuple[bytes, ...]) -> bytes:
    """The same with one to eight changes: bits, bytes, pieces cut, doubled, moved, or tokens put in."""
    changed = bytearray(content)
    kinds = 2 if dice.random() < 0.5 else 7  # half of the files keep their length, and so their frame
    for _ in range(int(dice.integers(1, 9))):
        at = int(dice.integers(0, len(changed) + 1))
        end = min(len(changed), at + int(dice.integers(1, 1 + max(1, len(changed) // 4))))
        match int(dice.integers(0, kinds)):
            case 0 if at < len(changed):
                changed[at] ^= 1 << int(dice.integers(0, 8))
            case 1 if at < len(changed):
                changed[at] = int(dice.integers(0, 256))
            case 2:
                del changed[at:end]
            case 3:
                changed[at:at] = changed[at:end]
            case 4:
                changed[at:at] = dice.bytes(int(dice.integers(1, 9)))
            case 5:
                changed[at:at] = tokens[int(dice.integers(0, len(tokens)))]
            case _:
                del changed[at:]
        changed = changed[:2_000_000]
    return bytes(changed)


def opened(  # noqa: PLR0911 - a kind each
    target: str, folder: Path
) -> tuple[str, bytes, str, Callable[[Path], object]]:
    """How a file of a kind is called, a whole one, its tokens, and what opens it."""
    from tests import fuzzing_seeds as seeds

    match target:
        case "recipe":
            from fingerspell.training.recipes import load_recipe

            return "r.yaml", seeds.recipe(), "yaml", lambda path: load_recipe(str(path))
        case "study":
            from fingerspell.study.grid import make_study
            from fingerspell.training.settings import read_yaml

            return (
                *("s.yaml", seeds.study(), "yaml"),
                lambda path: make_study(read_yaml(path), str(path)).cells(),
            )
        case "index":
            from fingerspell.data.index import Index

            return "i.csv", seeds.index(folder), "table", lambda path: Index.load(path, folder)
        case "split":
            from fingerspell.data.split_file import read_split

            return "split.csv", seeds.split(folder), "table", read_split
        case "words":
            from fingerspell.runtime.language import read_words

            return "names.txt", seeds.words(), "words", read_words
        case "checkpoint":
            from fingerspell.models.checkpoint import load_checkpoint

            return "best.safetensors", seeds.checkpoint(folder), "binary", load_checkpoint
        case _:
            from fingerspell.runtime.onnx_classifier import OnnxClassifier

            return (
                *("model.onnx", seeds.onnx_model(), "binary"),
                lambda path: OnnxClassifier(path, threads=1),
            )


def run(target: str, n: int, seed: int, folder: Path) -> dict[str, float | str]:
    """Open `n` mutated files and count what became of them.

    Raises:
        AssertionError: one led to anything but success or one of the project's own sentences.
    """
    name, whole, tokens, open_it = opened(target, folder)
    path = folder / name
    path.write_bytes(whole)
    open_it(path)  # as it is, it is read
    limit = psutil.Process().memory_info().vms + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    open_it(path)  # with so much memory too
    dice = np.random.default_rng(seed)
    refused, slowest_s = 0, 0.0
    for number in range(n):
        path.write_bytes(mutated(dice, whole, TOKENS[tokens]))
        began = time.process_time()
        try:
            open_it(path)
        except FingerspellError as error:
            refused += 1
            sentence = str(error)
            assert str(path) in sentence or target in ("recipe", "study"), (number, sentence)
            assert len(sentence) < 2000, (number, len(sentence))
        except BaseException as error:
            raise AssertionError(f"file {number} of seed {seed}: {error!r}"[:3000]) from error
        slowest_s = max(slowest_s, time.process_time() - began)
    peak_mb = peak_memory_bytes() / 1e6
    return {"target": target, "n": n, "refused": refused, "slowest_s": slowest_s, "peak_mb": peak_mb}


if __name__ == "__main__":
    warnings.simplefilter("error")
    os.environ["OMP_NUM_THREADS"] = "1"
    print(json.dumps(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))))
