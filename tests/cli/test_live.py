"""The live view in a real pseudo-terminal, with a file played as if it were a camera."""

import io
import json
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.cli.live import Session
from fingerspell.core.decoding.options import DecoderOptions
from fingerspell.core.types import Frame
from fingerspell.runtime.media import open_media
from fingerspell.runtime.media.video import write_video
from fingerspell.runtime.reader import Reader, load_reader

pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals")
fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")


def _begin_session() -> None:
    """Make the terminal the child's own, so that it is told when the window is closed."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    # A test runner in the background ignores these signals, and its children would inherit that.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Terminal:
    """`fingerspell live` in a terminal of its own; stdout is a pipe, as in `live > notes.txt`."""

    def __init__(self, *args: object) -> None:
        self.master, slave = pty.openpty()
        environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fingerspell", "live", *map(str, args)],
            stdin=slave, stderr=slave, stdout=subprocess.PIPE, env=environment,
            preexec_fn=_begin_session,  # noqa: PLW1509
        )  # fmt: skip
        os.close(slave)
        self.seen = ""

    def wait_for(self, pattern: str) -> None:
        """Read what is shown until it matches; the end of the program ends the wait."""
        while not re.search(pattern, self.seen):
            try:
                chunk = os.read(self.master, 65536)
            except OSError:  # the other side has closed
                chunk = b""
            assert chunk, f"{pattern} was never shown in: {self.seen[-2000:]}"
            self.seen += chunk.decode(errors="replace")

    def press(self, key: str) -> None:
        os.write(self.master, key.encode())

    def close(self) -> None:
        """Close the terminal's window."""
        os.close(self.master)
        self.master = -1

    def ended(self) -> tuple[int, str]:
        """Exit code and what went to stdout."""
        stdout, _ = self.process.communicate(timeout=60)
        return self.process.returncode, stdout.decode()


@pytest.fixture
def terminal():
    opened = []

    def start(*args: object) -> Terminal:
        opened.append(Terminal(*args))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.process.kill()
        terminal.process.wait()
        terminal.process.stdout.close()
        if terminal.master >= 0:
            terminal.close()


def test_a_file_as_a_camera_and_the_keys(terminal, examples, tmp_path):
    saved = tmp_path / "notes.txt"
    session = terminal("--source", examples / "hello.mp4", "--save", saved)
    session.wait_for(r"\d frames/s +delay \d+ ms")
    session.wait_for(r"signed: HEL ?LO")  # a busy machine drops frames
    session.press("w")
    session.wait_for("saved")
    assert saved.read_text().startswith("HELLO")
    session.press("c")
    session.wait_for("cleared")
    session.wait_for(r"signed: (?!HE)\w")
    session.press("u")
    session.wait_for("took back the last sign")
    session.press("y")
    session.wait_for(r"\x1b\]52;c;")
    session.press("q")
    code, stdout = session.ended()
    assert code == 0
    assert re.fullmatch(r"[A-Z ]*\n?", stdout)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])  # Ctrl-C, and who shuts down
def test_a_signal_ends_it_and_prints_the_text(terminal, examples, number):
    session = terminal("--source", examples / "hello.mp4")
    session.wait_for(r"signed: HEL ?LO")  # a busy machine drops frames
    session.process.send_signal(number)
    with pytest.raises(AssertionError):
        session.wait_for("this is never shown")
    assert session.ended() == (130, "HELLO\n")


def test_a_closed_window_ends_it_and_prints_the_text(terminal, examples):
    session = terminal("--source", examples / "hello.mp4")
    session.wait_for(r"signed: HEL ?LO")  # a busy machine drops frames
    session.close()
    assert session.ended() == (130, "HELLO\n")


def test_arrows_and_function_keys_do_nothing(terminal, examples):
    """They end in letters that are keys: C clears, Q quits, S speaks."""
    session = terminal("--source", examples / "hello.mp4")
    session.wait_for(r"signed: HE")
    for sequence in ("\x1b[C", "\x1bOQ", "\x1bOS"):
        session.press(sequence)
    session.wait_for(r"signed: HEL ?LO")  # a busy machine drops frames
    assert not re.search("cleared|speaking|no voice", session.seen)
    session.press("\x1b[Cc")  # a key right behind an arrow
    session.wait_for("cleared")
    session.press("q")
    assert session.ended()[0] == 0


def test_of_a_long_text_the_newest_is_shown(examples):
    session = Session(load_reader(spell=False), open_media(examples / "hello.mp4"))
    for number in range(200):
        session.captioner.add("ABCD "[number % 5].replace(" ", "space"), float(number))
    session.captioner.add("Z", 201.0)
    console = Console(width=60, height=24, record=True, file=io.StringIO())
    session.console = console
    frame = Frame(0.0, np.zeros((64, 64, 3), np.uint8))
    console.print(session.picture(session.watch.see(frame)))
    shown = console.export_text()
    assert len(shown.splitlines()) < 24
    assert "quit" in shown
    assert shown.count("ABCD Z") == 2  # the text, and what was signed
    assert session._newest("X" * 300).endswith("X" * 20)
    console.width = 10
    assert session._newest("HELLO") == "... LLO"


@pytest.fixture
def slowed(clip, tmp_path):
    """The clip at half its speed: a busy machine drops frames of it, but no letter."""
    media = open_media(clip)
    frames = (Frame(2 * frame.time_s, frame.pixels) for frame in media.frames())
    write_video(tmp_path / "slowed.mp4", frames, media.fps / 2)
    return tmp_path / "slowed.mp4"


def test_the_end_of_the_file_ends_it_and_prints_the_text(terminal, slowed):
    session = terminal("--source", slowed, "--pause", 2 * DecoderOptions().pause_s)
    session.wait_for("perhaps: ")
    # The terminal must be read, or the program waits for it.
    with pytest.raises(AssertionError):
        session.wait_for("this is never shown")
    assert session.ended() == (0, "HE\n")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("97", "camera 97 cannot be opened: check that it is plugged in"),
        ("rtsp://127.0.0.1:9/live", "check the address, and that the camera or server is on"),
        ("none.mp4", "none.mp4 does not exist"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(source, message):
    result = CliRunner().invoke(app, ["live", "--source", source])
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.strip().endswith(".")


def test_a_picture_is_no_camera(examples):
    result = CliRunner().invoke(app, ["live", "--source", str(examples / "a.jpg")])
    assert (result.exit_code, "is not a video" in result.stderr) == (1, True)


def test_events_are_printed_as_they_come(grey_classifier, tmp_path, capsys):
    """Reference: the events that the reader itself gives of the same frames."""
    pictures = [grey_classifier.picture_of(name) for name in ["B"] * 10 + ["nothing"] * 5 + ["C"] * 10]
    path = tmp_path / "bc.mp4"
    write_video(path, [Frame(i / 10, picture) for i, picture in enumerate(pictures)], 10)
    reader = Reader(grey_classifier)
    session = Session(reader, open_media(path), events=True)
    session.run()
    session.finish()
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert documents[0] == {"type": "begin", "version": 1, "text": "", "raw_text": ""}
    assert [d["text"] for d in documents if d["type"] == "text"] == ["B", "BC"]
    assert documents[-1] == {"type": "end", "text": "BC", "raw_text": "BC"}
    expected = [
        (event.kind, event.letter.char, round(event.letter.start_s, 3), round(event.letter.end_s, 3))
        for event in reader.stream(open_media(path).frames())
    ]
    told = [
        (d["state"], d["char"], d["start_s"], d["end_s"]) for d in documents if d["type"] == "letter"
    ]
    assert told == expected
    assert len(told) == 4
