"""Print how many megabytes the package and each of its extras install, from what is installed here.

python scripts/sizes.py
"""

import tomllib
from importlib.metadata import PackageNotFoundError, distribution, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parent.parent / "pyproject.toml"


def installed_with(lines: list[str]) -> set[str]:
    """The distributions that come with some requirements, those requirements included."""
    found: set[tuple[str, frozenset[str]]] = set()
    coming = [Requirement(line) for line in lines]
    while coming:
        each = coming.pop()
        key = (canonicalize_name(each.name), frozenset(each.extras))
        if key in found:
            continue
        found.add(key)
        for requirement in map(Requirement, requires(key[0]) or ()):
            extras = {"", *each.extras}
            if not requirement.marker or any(requirement.marker.evaluate({"extra": x}) for x in extras):
                coming.append(requirement)
    return {name for name, _ in found}


def megabytes(names: set[str]) -> float:
    """What the files of distributions take; what was compiled from them later is not counted."""
    paths = (Path(str(file.locate())) for name in names for file in distribution(name).files or ())
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def main() -> None:
    """Print a line for the package, one for each extra beside it, and one for all."""
    extras = tomllib.loads(PROJECT.read_text())["project"]["optional-dependencies"]
    alone = installed_with(["fingerspell"])
    print(f"fingerspell {megabytes(alone):,.0f}")
    for name in extras:
        try:
            with_extra = installed_with([f"fingerspell[{name}]"])
        except PackageNotFoundError as error:
            print(f"fingerspell[{name}] needs {error.name}, which is not installed")
            continue
        print(f"fingerspell[{name}] + {megabytes(with_extra - alone):,.0f}")
    lab = installed_with(["fingerspell[train]"])
    gpu = {each for each in lab if each.startswith(("nvidia-", "cuda-")) or each == "triton"}
    print(f"of fingerspell[train] for NVIDIA's GPUs: {megabytes(gpu):,.0f}")
    print(f"tracking beside train + {megabytes(installed_with(['fingerspell[tracking]']) - lab):,.0f}")


if __name__ == "__main__":
    main()
