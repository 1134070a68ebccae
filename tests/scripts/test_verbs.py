"""The scripts of people and of CI, with programs that only say how they were called."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent
PROGRAMS = ("pip", "fingerspell", "pytest", "ruff", "mypy", "lint-imports", "coverage", "sphinx-build")
PYTHON = """#!/bin/sh
mkdir -p .venv/bin
for name in {programs}; do
    printf '#!/bin/sh\\necho "%s $*" >> "{log}"; pwd >> "{log}.folders"\\n' $name > .venv/bin/$name
    chmod +x .venv/bin/$name
done
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the scripts are for a POSIX shell")


@pytest.fixture
def checkout(tmp_path):
    """A copy of what the scripts read, with a developer's .venv in it."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    scripts = [f"scripts/{name}" for name in ("setup", "check", "docs", "test")]
    for name in ("README.md", ".ci/run", *scripts):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / name, folder / name)
    (folder / ".venv").mkdir()
    (folder / ".venv" / "mine").write_text("kept")
    return folder


def run(checkout, script, *arguments):
    """The lines of what was called, and the folders it was called in."""
    programs = checkout.parent / "programs"
    programs.mkdir()
    log, python = programs / "log", programs / "python3"
    python.write_text(PYTHON.format(programs=" ".join(PROGRAMS), log=log))
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    env = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "TMPDIR": str(programs)}
    env["GIT_CEILING_DIRECTORIES"] = str(checkout.parent)
    subprocess.run([checkout / script, *arguments], check=True, env=env, timeout=120)
    return log.read_text().splitlines(), set(Path(f"{log}.folders").read_text().splitlines())


SITE = "sphinx-build -q -E -n -W --keep-going docs build/docs"
CHECKS = ["ruff format --check", "ruff check", "mypy ", "lint-imports ", SITE]
INSTALL = "pip install -q -c constraints.txt"


def test_ci_runs_the_readmes_commands_and_the_checks_in_a_copy(checkout):
    called, folders = run(checkout, ".ci/run")
    readme = re.findall(r"^python3 -m venv .*", (REPOSITORY / "README.md").read_text(), re.MULTILINE)
    assert len(readme) == 2
    assert called == [
        f"{INSTALL} .",
        "fingerspell read examples/hello.mp4",
        f"{INSTALL} -e .[all]",
        "pytest -n 2",
        *CHECKS,
    ]
    assert str(checkout) not in folders
    assert [path.name for path in (checkout / ".venv").iterdir()] == ["mine"]
    assert not any(Path(folder).exists() for folder in folders)


def test_setup_installs_and_runs_no_test(checkout):
    called, folders = run(checkout, "scripts/setup")
    assert called == [f"{INSTALL} -e .[all]"]
    assert folders == {str(checkout)}
