"""What differs on Windows and macOS, on whatever system the tests run."""

import importlib.util
import platform
import sys
from types import ModuleType, SimpleNamespace

import av
import pytest

from fingerspell.cli import keyboard
from fingerspell.runtime import speech
from fingerspell.runtime.media.live import CAMERA_SIZE, LiveSource


@pytest.fixture
def windows_keyboard(monkeypatch):
    """`cli.keyboard` as Windows loads it, and the keys that its console is going to give."""
    keys: list[str] = []
    console = ModuleType("msvcrt")
    console.kbhit = lambda: bool(keys)
    console.getwch = lambda: keys.pop(0)
    monkeypatch.setitem(sys.modules, "msvcrt", console)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    spec = importlib.util.spec_from_file_location("windows_keyboard", keyboard.__file__)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded, keys


def test_keys_of_a_windows_console(windows_keyboard):
    """An arrow comes as \\xe0 and a letter, a function key as \\0 and one: neither is a key."""
    loaded, keys = windows_keyboard
    with loaded.Keyboard() as pressed:
        keys += ["\xe0", "S", "\x00", ";", "q"]
        assert [pressed.pressed() for _ in range(4)] == ["", "", "q", ""]


@pytest.mark.parametrize(
    ("system", "device", "driver"),
    [
        ("Linux", "/dev/video1", "v4l2"),
        ("Darwin", "1", "avfoundation"),
        ("Windows", "video=Second camera", "dshow"),
    ],
)
def test_cameras_are_opened_as_each_system_names_them(monkeypatch, system, device, driver):
    asked = []
    devices = [
        SimpleNamespace(name="Microphone", media_types=["audio"]),
        SimpleNamespace(name="First camera", media_types=["video"]),
        SimpleNamespace(name="Second camera", media_types=["video", "audio"]),
    ]
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(av, "enumerate_input_devices", lambda _: devices)
    monkeypatch.setattr(av, "open", lambda name, **options: asked.append((name, options)))
    LiveSource._open_camera(1)
    [(name, options)] = asked
    assert (name, options["format"]) == (device, driver)
    assert options["options"]["video_size"] == CAMERA_SIZE


@pytest.mark.parametrize(
    ("system", "program"), [("Linux", "espeak-ng"), ("Darwin", "say"), ("Windows", "powershell")]
)
def test_each_system_has_its_voice(monkeypatch, system, program):
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(speech.shutil, "which", lambda name: f"C:\\bin\\{name}")
    assert speech.voice_command()[0] == f"C:\\bin\\{program}"
