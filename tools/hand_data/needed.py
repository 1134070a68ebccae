"""What a script needs that another one makes."""

import argparse
from collections.abc import Mapping
from pathlib import Path


def missing(path: Path, script: str) -> str:
    """The sentence for a file that is not there."""
    return f"{path} is missing: tools/hand_data/{script} makes it"


def ask_for(makers: Mapping[str, str], folder: Path, parser: argparse.ArgumentParser) -> None:
    """Stop with that sentence, unless all files of `makers`, each with its script, are in a folder."""
    for name, script in makers.items():
        if not (path := folder / name).exists():
            parser.error(missing(path, script))
