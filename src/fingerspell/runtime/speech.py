"""Text said aloud by the system's own voice: `say` on macOS, SAPI on Windows, eSpeak elsewhere."""

import platform
import shutil
import subprocess

from fingerspell.errors import SpeechError

# Each reads the text from its standard input, so that no text can be taken for an option.
_SAPI = (
    "Add-Type -AssemblyName System.Speech;"
    "(New-Object System.Speech.Synthesis.SpeechSynthesizer).Speak([Console]::In.ReadToEnd())"
)
_VOICES = {
    "Darwin": [["say", "-f", "-"]],
    "Windows": [["powershell", "-NoProfile", "-Command", _SAPI]],
    "Linux": [["espeak-ng", "--stdin"], ["espeak", "--stdin"], ["spd-say", "--pipe-mode"]],
}


def voice_command() -> list[str]:
    """The command that says what it reads from its standard input.

    Raises:
        SpeechError: this system has no voice.
    """
    for command in _VOICES.get(platform.system(), _VOICES["Linux"]):
        if path := shutil.which(command[0]):
            return [path, *command[1:]]
    raise SpeechError("this system has no voice: install espeak-ng, for example.")


def speak(text: str) -> subprocess.Popen[bytes]:
    """Begin to say `text` in the background; the process ends when it has been said.

    Raises:
        SpeechError: this system has no voice, or it does not start.
    """
    command = voice_command()
    try:
        process = subprocess.Popen(  # noqa: S603 - a fixed command; the text is not part of it
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise SpeechError(_broken(command, error)) from error
    try:
        if process.stdin:
            with process.stdin as pipe:
                pipe.write(text.lower().encode())  # voices spell out what is in capitals
    except OSError as error:
        process.wait()  # it has closed its input, so it is ending
        raise SpeechError(_broken(command, error)) from error
    return process


def say(text: str) -> None:
    """Say `text`, and wait until it has been said.

    Raises:
        SpeechError: this system has no voice, or it fails.
    """
    if code := speak(text).wait():
        raise SpeechError(f"{voice_command()[0]} failed (exit code {code}): install it again.")


def _broken(command: list[str], error: OSError) -> str:
    return f"{command[0]} does not work ({error.strerror}): install it again."
