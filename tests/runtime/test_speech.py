"""A script under the name of a voice shows what a voice is told to say."""

import shutil
import sys

import pytest

from fingerspell.errors import SpeechError
from fingerspell.runtime import speech
from fingerspell.runtime.speech import say, speak, voice_command

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="makes shell scripts")

CAT = shutil.which("cat")  # before the path is another one


@pytest.fixture
def voice(tmp_path, monkeypatch):
    """An `espeak-ng` that writes what it is to say into a file."""
    said = tmp_path / "said.txt"
    script = tmp_path / "espeak-ng"
    script.write_text(f'#!/bin/sh\necho "$@" > {said}\n{CAT} >> {said}\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(speech.platform, "system", lambda: "Linux")
    return said


def test_the_text_goes_to_standard_input_in_lower_case(voice):
    assert speak("HELLO WORLD").wait(10) == 0
    assert voice.read_text() == "--stdin\nhello world"


def test_a_voice_that_hangs_up_is_one_sentence(voice, tmp_path):
    (tmp_path / "espeak-ng").write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(SpeechError, match="does not work"):
        speak("HELLO " * 100_000)  # more than a pipe holds, so the write waits for the end of it


def test_a_voice_that_fails_is_one_sentence(voice, tmp_path):
    say("HELLO")
    assert voice.read_text() == "--stdin\nhello"
    (tmp_path / "espeak-ng").write_text(f"#!/bin/sh\n{CAT} > /dev/null\nexit 3\n")
    with pytest.raises(SpeechError, match=r"espeak-ng failed \(exit code 3\)"):
        say("HELLO")


def test_no_voice_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SpeechError, match="this system has no voice: install espeak-ng"):
        voice_command()
