"""Build the static site: `python site/build.py [FOLDER]`; scripts/site does what has to come first.

The folder holds all that pages need, and any file server can serve it. What is large and shrinks is
packed (`.packed` is gzip under a name that no server unpacks); the service worker, sw.js, unpacks it.
"""

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from fingerspell.app.component_parts import styles_of
from fingerspell.app.hand_drawing import BONES
from fingerspell.app.live.component import SCRIPTS
from fingerspell.runtime.onnx_classifier import OnnxClassifier

HERE = Path(__file__).parent
MODULES = HERE.parent / "web" / "node_modules"
PACKAGE = HERE.parent / "src" / "fingerspell"
STATIC = PACKAGE / "app" / "live" / "static"
AS_THEY_ARE = (
    "site.js", "main.js", "files.js", "learn.js", "python-worker.js",
    "site.css", "manifest.webmanifest",
)  # fmt: skip
EXPORTED = "SITE, Reader, drawBones, python, readDigits, readsDigits"
TYPES = {
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
}
# What of the package reads, corrects and teaches without NumPy; tests/site/test_python.py keeps it so.
READING = (
    "__init__.py", "errors.py", "texts.py",
    "core/*.py", "core/decoding/*.py", "core/spelling/*.py",
    "runtime/__init__.py", "runtime/captioner.py", "runtime/events.py", "runtime/language.py",
    "runtime/writers.py",
    "app/__init__.py", "app/live/__init__.py", "app/live/text_session.py", "app/live/trace.py",
    "app/learn/__init__.py", "app/learn/coaching.py", "app/learn/correcting.py", "app/learn/forms.json",
    "app/learn/evaluating.py", "app/learn/letter_forms.py", "app/learn/letters.py",
    "app/learn/measures.py",
    "app/learn/practice.py", "app/learn/practice_schedule.py", "app/learn/rhythm.py",
    "app/upload/__init__.py", "app/upload/stills.py",
    "assets/confusions.json", "assets/spelled_words.txt",
)  # fmt: skip
NUMPY_ONLY = {"preprocess.py", "resample.py", "sight.py"}  # of the core: a graph does it
SEQUENCE = "sequence.onnx"
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # so that the same files make the same archive


def main(target: Path) -> None:
    """Build the site in a folder, which is made anew."""
    if not MODULES.is_dir():
        sys.exit("web/node_modules is missing: run `npm ci` in web/, or scripts/site, which does.")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    write_python(target)
    reader = OnnxClassifier()
    packed = copy_runtimes(target) | copy_reader(target, reader) | start_python(target)
    write_pages(target, reader)
    draw_icons(target)
    write_worker(target, packed)
    sizes = [path.stat().st_size for path in target.rglob("*") if path.is_file()]
    print(f"{target}: {len(sizes)} files, {sum(sizes) / 1e6:.1f} MB")


def pack(source: Path, target: Path) -> None:
    """Write a file packed, the same each time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(source.read_bytes(), mtime=0))


def copy_runtimes(target: Path) -> dict[str, str]:
    """ONNX Runtime, Pyodide and Mediabunny; what is packed, by the path that is asked for."""
    ort, pyodide = MODULES / "onnxruntime-web" / "dist", MODULES / "pyodide"
    for folder in ("ort", "pyodide"):
        (target / folder).mkdir()
    shutil.copy(ort / "ort.wasm.bundle.min.mjs", target / "ort")
    shutil.copy(HERE.parent / "web" / "LICENSE", target / "ort")
    shutil.copy(
        MODULES / "mediabunny" / "dist" / "bundles" / "mediabunny.min.mjs", target / "mediabunny.mjs"
    )
    shutil.copy(pyodide / "pyodide.mjs", target / "pyodide")
    shutil.copy(pyodide / "python_stdlib.zip", target / "pyodide")
    lock = json.loads((pyodide / "pyodide-lock.json").read_text())
    (target / "pyodide" / "pyodide-lock.json").write_text(json.dumps({**lock, "packages": {}}))
    packed = {
        "ort/ort-wasm-simd-threaded.wasm.gz": ort / "ort-wasm-simd-threaded.wasm",
        "pyodide/pyodide.asm.wasm": pyodide / "pyodide.asm.wasm",
        "pyodide/pyodide.asm.mjs": pyodide / "pyodide.asm.mjs",
    }
    for path, source in packed.items():
        pack(source, target / f"{path}.packed")
    return {path: f"{path}.packed" for path in packed}


def copy_reader(target: Path, reader: OnnxClassifier) -> dict[str, str]:
    """The model, its worker, and pictures of the letters."""
    pack(PACKAGE / "assets" / "reader.onnx", target / "reader.onnx.packed")
    for name in ("worker.js", "classes.js"):
        shutil.copy(STATIC / name, target)
    (target / "live.css").write_text(styles_of("fingerspell.app.live", "live.css"))
    shutil.copytree(PACKAGE / "app" / "learn" / "static" / "letters", target / "hands")
    if reader.sequence:
        (target / SEQUENCE).write_bytes(reader.sequence.content)
    return {"reader.onnx": "reader.onnx.packed"}


def write_python(target: Path) -> None:
    """What Python runs, and the words, which come later."""
    files = {f"fingerspell/{path.relative_to(PACKAGE)}": path for path in reading_files()}
    files["page.py"] = HERE / "page.py"
    files |= module_files("fsrs") | module_files("typing_extensions")
    archive(target / "package.zip", files)
    lists = {
        f"symspellpy/{path.name}": path for path in folder_of("symspellpy").glob("frequency_*en_*.txt")
    }
    archive(
        target / "words.zip",
        {"symspellpy/__init__.py": HERE.parent / "src/fingerspell/py.typed", **lists},
    )


def start_python(target: Path) -> dict[str, str]:
    """The memory of a Python that has started."""
    stored = "python.snapshot.packed"
    command = ["node", HERE / "snapshot.mjs", target / "package.zip", target / stored]
    subprocess.run(command, check=True)  # noqa: S603 -- all of it is ours
    return {"python.snapshot": stored}


def reading_files() -> list[Path]:
    """The package's files that the page runs."""
    found = [path for pattern in READING for path in sorted(PACKAGE.glob(pattern))]
    return [path for path in found if path.name not in NUMPY_ONLY]


def folder_of(module: str) -> Path:
    """Where an installed package lies."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        sys.exit(f"{module} is not installed: the site needs pip install '.[app]'.")
    return Path(spec.origin).parent


def module_files(module: str) -> dict[str, Path]:
    """The Python files of an installed module, by their names in an archive."""
    folder = folder_of(module)
    if (folder / f"{module}.py").is_file():
        return {f"{module}.py": folder / f"{module}.py"}
    return {f"{module}/{path.relative_to(folder)}": path for path in sorted(folder.rglob("*.py"))}


def archive(target: Path, files: dict[str, Path]) -> None:
    """Write files into a zip archive."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as written:
        for name, path in sorted(files.items()):
            written.writestr(zipfile.ZipInfo(name, ZIP_TIME), path.read_bytes(), zipfile.ZIP_DEFLATED)


def classes_read(reader: OnnxClassifier, *, digits: bool) -> dict[str, Any]:
    """What the page reads with or without digits: the classes, and their places in the model."""
    alphabet = reader.known.read(digits=digits)
    return {"read": reader.known.places_of(alphabet), "alphabet": alphabet.as_dict()}


def write_pages(target: Path, reader: OnnxClassifier) -> None:
    """The page, with the camera of the app in it, and the scripts of both."""
    sequence = reader.sequence and {"graph": SEQUENCE, **reader.sequence.about}
    site = {
        "model": reader.name,
        "reader": "reader.onnx",
        "sequence": sequence,
        "letters": classes_read(reader, digits=False),
        "digits": classes_read(reader, digits=True),
        "bones": BONES,
    }
    html = (HERE / "index.html").read_text().replace("<!-- site -->", json.dumps(site))
    html = html.replace("<!-- live -->", (STATIC / "live.html").read_text())
    (target / "index.html").write_text(html)
    for name in AS_THEY_ARE:
        shutil.copy(HERE / name, target)
    ours = {"link.js": [HERE / "python.js", HERE / "link.js"]}
    scripts = [path for name in SCRIPTS for path in ours.get(name, [STATIC / name])]
    joined = "\n".join(path.read_text() for path in scripts)
    (target / "live.mjs").write_text(f"{joined}\nexport {{ {EXPORTED} }};\n")
    shutil.copy(HERE.parent / "LICENSE", target / "LICENSE")


def draw_icons(target: Path) -> None:
    """The app's icon, and what phones take instead: its fingers as PNG."""
    source = (PACKAGE / "app" / "icon.svg").read_text()
    (target / "icon.svg").write_text(source)
    numbers = list(map(int, re.findall(r"\d+", re.search(r' d="([^"]*)"', source)[1])))
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    for size in (192, 512):
        icon = Image.new("RGB", (4 * size, 4 * size), "#0b6b50")
        scale = 4 * size / 64
        for i in range(0, len(points), 2):
            line = [(x * scale, y * scale) for x, y in points[i : i + 2]]
            ImageDraw.Draw(icon).line(line, fill="#fff", width=round(5 * scale))
            for x, y in line:
                ImageDraw.Draw(icon).circle((x, y), 2.5 * scale, fill="#fff")
        icon.resize((size, size)).save(target / f"icon-{size}.png", optimize=True)


def write_worker(target: Path, packed: dict[str, str]) -> None:
    """The service worker, which knows every file and its content."""
    names = {stored: path for path, stored in packed.items()}
    files = {}
    for path in sorted(p for p in target.rglob("*") if p.is_file() and p.name != "LICENSE"):
        stored = str(path.relative_to(target))
        asked = names.get(stored, stored)
        entry = {"type": TYPES.get(Path(asked.removesuffix(".gz")).suffix, "application/octet-stream")}
        entry["hash"] = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        files[asked] = entry | ({"file": stored} if asked in packed else {})
    policy = re.search(
        r'Content-Security-Policy" content="([^"]*)"', (HERE / "index.html").read_text()
    )[1]
    source = (HERE / "sw.js").read_text()
    version = hashlib.sha256((json.dumps(files) + source).encode()).hexdigest()[:16]
    written = {"FILES = {}": f"FILES = {json.dumps(files)}", 'VERSION = ""': f'VERSION = "{version}"'}
    written['policy": ""'] = f'policy": "{policy}"'
    for before, after in written.items():
        source = source.replace(before, after)
    (target / "sw.js").write_text(source)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parent / "dist" / "site"))
