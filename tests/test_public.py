import subprocess
import sys

import fingerspell


def test_the_public_surface():
    assert fingerspell.__all__ == [
        "DecoderOptions",
        "FingerspellError",
        "Frame",
        "IncompleteError",
        "Letter",
        "LetterEvent",
        "MediaError",
        "ModelError",
        "Prediction",
        "Reader",
        "Transcript",
        "__version__",
        "load_reader",
        "open_media",
    ]
    assert all(getattr(fingerspell, name) for name in fingerspell.__all__)
    assert dir(fingerspell) == sorted(fingerspell.__all__)
    assert not hasattr(fingerspell, "torch")


def run_python(code: str) -> str:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return result.stdout


def test_reading_needs_no_torch():
    code = (
        "import sys, fingerspell, fingerspell.cli; fingerspell.load_reader();"
        "print([m for m in ('torch', 'torchvision', 'onnx', 'streamlit') if m in sys.modules])"
    )
    assert run_python(code).strip() == "[]"


def test_importing_loads_nothing_heavy():
    code = (
        "import sys, fingerspell;"
        "print([m for m in ('numpy', 'onnxruntime', 'av', 'typer') if m in sys.modules])"
    )
    assert run_python(code).strip() == "[]"
