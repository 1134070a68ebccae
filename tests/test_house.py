"""What needs what: loaded in a fresh interpreter, compared with what is installed without extras."""

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from importlib.metadata import packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement

SOURCE = Path(__file__).parent.parent / "src" / "fingerspell"
LOADED = """
import importlib, json, sys
before = {name.partition(".")[0] for name in sys.modules}
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules} - before)))
"""


def modules_of(*parts: str) -> list[str]:
    """Names of all modules in some parts of the package."""
    files = [file for part in parts for file in (SOURCE / part).rglob("*.py")]
    names = [
        ".".join(("fingerspell", *file.relative_to(SOURCE).with_suffix("").parts)) for file in files
    ]
    return [name.removesuffix(".__init__") for name in sorted(names)]


def loaded_by(modules: list[str]) -> set[str]:
    """Names of the distributions of which a fresh interpreter loads modules, beside our own."""
    command = [sys.executable, "-c", LOADED, *modules]
    run = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    distributions = packages_distributions()
    others = set(json.loads(run.stdout)) - sys.stdlib_module_names
    ours = {"fingerspell", "__mp_main__"}  # the latter is what multiprocessing calls the main module
    brought = {module for module in others - ours if "cython" not in module}  # Cython's own
    return {normalised(name) for module in brought for name in distributions[module]}


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def installed_with(name: str) -> set[str]:
    """The distributions that come with one, itself included, without its extras."""
    found, coming = set(), [normalised(name)]
    while coming:
        each = coming.pop()
        if each in found:
            continue
        found.add(each)
        for line in requires(each) or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                coming.append(normalised(requirement.name))
    return found


def test_the_core_is_numpy_only():
    assert loaded_by(modules_of("core")) == {"numpy"}


def test_reading_and_the_command_line_need_no_extra():
    modules = ["fingerspell", *modules_of("core", "runtime", "cli")]
    assert "fingerspell.runtime.reader" in modules
    assert "fingerspell.cli.train" in modules
    assert loaded_by(modules) <= installed_with("fingerspell")


def test_no_part_takes_files_out_of_another_by_their_path():
    """What several parts read lies in `assets`; what one part reads, in that part."""
    parts = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    paths = re.compile(r'files\("fingerspell(?:\.|"\) / ")(\w+)')
    taken = {
        (part, path.relative_to(SOURCE).parts[0])
        for path in SOURCE.rglob("*.py")
        for part in paths.findall(path.read_text())
    }
    assert ("assets", "runtime") in taken
    assert [(part, by) for part, by in taken if part in parts and part != by] == []


def test_networks_have_names_of_their_own():
    names = Counter(
        node.name
        for path in (SOURCE / "models").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Attribute) and base.attr == "Module" for base in node.bases)
    )
    assert len(names) > 5
    assert [name for name, n in names.items() if n > 1] == []
