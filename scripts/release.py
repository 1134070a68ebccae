"""Build a release, check it in clean environments, and tag it.

    python scripts/release.py                          # build into dist/release and check
    python scripts/release.py --python 3.11 3.13       # check with these Pythons
    python scripts/release.py --tag                    # tag the commit, too; nothing is published

Needs npm, uv, and hatchling and twine of the extra `dev`. To tag, everything has to be committed, and
the newest release of CHANGELOG.md has to be the version of pyproject.toml.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "dist" / "release"
# Without these nothing is read, corrected, shown or taught.
HELD = (
    "fingerspell/assets/reader.onnx",
    "fingerspell/assets/hands/Z.webp",
    "fingerspell/assets/spelled_words.txt",
    "fingerspell/app/learn/static/hand.glb",
    "fingerspell/app/learn/static/letters/Z.webp",
    "fingerspell/app/learn/static/three/three.mjs",
    "fingerspell/app/learn/static/words.js",
    "fingerspell/app/learn/word_lists.toml",
    "fingerspell/app/live/static/live.js",
    "fingerspell/app/live/static/worker.js",
    "fingerspell/app/live/static/classes.js",
    "fingerspell/app/live/static/ort/ort.wasm.bundle.min.mjs",
    "fingerspell/app/live/static/ort/ort-wasm-simd-threaded.wasm.gz",
    "fingerspell/py.typed",
    "fingerspell/recipes/reader.yaml",
)
NEVER = re.compile(r"(^|/)(tests|node_modules|__pycache__|\.git|runs)/|\.pyc$")
LARGEST_MB = 20.0
READS = {"a.jpg": "A", "hello.mp4": "HELLO WORLD"}  # of examples/, and what is read


def main() -> None:
    """Do what the command line says; the first failure ends it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--python", nargs="+", default=["3.11"], help="Pythons to check with")
    parser.add_argument("--tag", action="store_true", help="tag the commit, if all is well")
    options = parser.parse_args()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    if options.tag:
        check_commit(version)
    wheel = build()
    check_wheel(wheel)
    for python in options.python:
        check_installed(wheel, python)
    if options.tag:
        run("git", "tag", "-a", f"v{version}", "-m", notes(version))
        print(f"tagged v{version}; `git push origin v{version}` hands it on")


def run(*command: str | Path, folder: Path = ROOT) -> str:
    """What a command prints; its failure ends the release."""
    print("+", *command, file=sys.stderr)
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"{command[0]} failed:\n{done.stdout}")
    return done.stdout


def notes(version: str) -> str:
    """What CHANGELOG.md says of a version."""
    found = re.search(
        rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |\Z)",
        (ROOT / "CHANGELOG.md").read_text(),
        re.MULTILINE | re.DOTALL,
    )
    if found is None or not found[1].strip():
        sys.exit(f"CHANGELOG.md says nothing of {version}: write what is new under [{version}].")
    return f"fingerspell {version}\n\n{found[1].strip()}\n"


def check_commit(version: str) -> None:
    """Refuse what is not committed, not told of, or tagged before."""
    if run("git", "status", "--porcelain"):
        sys.exit("There are changes that are not committed: commit them, or put them away.")
    if run("git", "tag", "--list", f"v{version}"):
        sys.exit(f"v{version} is tagged already: raise `version` in pyproject.toml.")
    text = (ROOT / "CHANGELOG.md").read_text()
    waiting = re.search(r"^## \[Unreleased\]\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    if waiting and waiting[1].strip():
        sys.exit(f"CHANGELOG.md has changes under [Unreleased]: move them under [{version}].")
    notes(version)


def build() -> Path:
    """The wheel, with the web files in it, beside the source archive."""
    shutil.rmtree(TARGET, ignore_errors=True)
    run("npm", "ci", folder=ROOT / "web")
    run("npm", "run", "build", folder=ROOT / "web")
    run(sys.executable, "-m", "hatchling", "build", "-d", TARGET)
    run(sys.executable, "-m", "twine", "check", "--strict", *sorted(TARGET.iterdir()))
    [wheel] = TARGET.glob("*.whl")
    return wheel


def check_wheel(wheel: Path) -> None:
    """Refuse a wheel that lacks what it needs, holds what it should not, or is too large."""
    names = zipfile.ZipFile(wheel).namelist()
    if missing := [name for name in HELD if name not in names]:
        sys.exit(f"{wheel.name} lacks {', '.join(missing)}.")
    if strange := [name for name in names if NEVER.search(name)]:
        sys.exit(f"{wheel.name} holds {', '.join(strange[:5])}.")
    size_mb = wheel.stat().st_size / 1e6
    if size_mb > LARGEST_MB:
        sys.exit(f"{wheel.name} has {size_mb:.1f} MB, more than {LARGEST_MB}.")
    print(f"{wheel.name}: {len(names)} files, {size_mb:.1f} MB", file=sys.stderr)


def check_installed(wheel: Path, python: str) -> None:
    """Install the wheel alone in a new environment, and read with it, away from the checkout."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        run("uv", "venv", "-q", "--no-project", "--python", python, place / "venv")
        run("uv", "pip", "install", "-q", "--python", place / "venv", wheel)
        programs = place / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
        for name, text in READS.items():
            shutil.copy(ROOT / "examples" / name, place)
            read = run(programs / "fingerspell", "read", name, folder=place).strip()
            if read != text:
                sys.exit(f"Python {python} reads {read!r} in {name}, and not {text!r}.")
    print(f"Python {python}: reads {', '.join(READS)}", file=sys.stderr)


if __name__ == "__main__":
    main()
