"""What the command line imports before it answers: a cold start is mostly imports."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.cli.lazy import LazyGroup, summary

HEAVY = {"numpy", "onnxruntime", "av", "PIL", "rich", "pygments", "torch", "streamlit", "symspellpy"}
PICTURE = Path("examples/a.jpg").resolve()


def imported(*arguments: str) -> tuple[set[str], str]:
    """The packages that a command imported, in a process of its own, and what it printed."""
    script = (
        "import sys\n"
        "from fingerspell.cli import main\n"
        f"sys.argv = ['fingerspell', *{arguments!r}]\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code\n"
        "print('imported', *sorted({name.split('.')[0] for name in sys.modules}))\n"
    )
    command = [sys.executable, "-c", script]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    text, _, names = printed.rpartition("imported ")
    return set(names.split()), text


@pytest.mark.parametrize("arguments", [["--help"], ["data", "--help"]])
def test_a_list_of_commands_needs_nothing_that_the_commands_need(arguments):
    names, text = imported(*arguments)
    assert names & HEAVY == set()
    assert "Commands:" in text


def test_the_version_is_told_at_once():
    names, text = imported("--version")
    assert names & HEAVY == set()
    assert text.startswith("fingerspell ")


def test_one_picture_is_read_without_ffmpeg_words_and_bars():
    names, text = imported("read", str(PICTURE))
    assert text == "A\n"
    assert names & HEAVY == {"numpy", "onnxruntime", "PIL"}


def groups() -> list[type[LazyGroup]]:
    return [app.info.cls, *(each.typer_instance.info.cls for each in app.registered_groups)]


HOMES = {name: home for group in groups() for name, home in group.homes.items()}


@pytest.mark.parametrize("name", HOMES)
def test_the_list_shows_the_first_sentence_of_each_commands_help(name):
    words = [name] if name in app.info.cls.homes else ["data", name]
    shown = CliRunner().invoke(app, [*words, "--help"], terminal_width=200)
    assert shown.exit_code == 0
    first = summary(HOMES[name])
    assert first.endswith(".")
    assert " ".join(first.split()) in " ".join(shown.stdout.split())


def test_without_a_command_the_help_is_shown_as_wrong_usage():
    shown = CliRunner().invoke(app, [])
    assert shown.exit_code == 2
    assert "Commands:" in shown.stderr
    assert shown.stdout == ""


def test_a_command_that_is_misspelled_is_guessed():
    shown = CliRunner().invoke(app, ["reed"])
    assert shown.exit_code == 2
    assert "Did you mean 'read'?" in shown.stderr
