"""`fingerspell live`: camera to text in the terminal."""

import base64
import errno
import json
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from fingerspell.cli.common import Debug, reported
from fingerspell.cli.keyboard import Keyboard
from fingerspell.cli.reader_options import (
    NAME_PROBABILITY,
    PAUSE_S,
    Digits,
    Hands,
    Model,
    NameProbability,
    NoSpell,
    Pause,
    Words,
    open_reader,
)
from fingerspell.core.alphabet import DELETE, NOTHING, SPACE
from fingerspell.core.types import LetterEvent
from fingerspell.errors import SpeechError
from fingerspell.files import write_atomically
from fingerspell.runtime.captioner import Captioner
from fingerspell.runtime.events import Document, letter_document, text_document
from fingerspell.runtime.media import Media, open_media
from fingerspell.runtime.outlets import Typist, VirtualCamera, open_typist
from fingerspell.runtime.reader import BUNDLED, BY_ITSELF, Observation, Reader
from fingerspell.runtime.speech import speak

KEYS = "[b]c[/b] clear  [b]u[/b] undo  [b]s[/b] speak  [b]y[/b] copy  [b]w[/b] save  [b]q[/b] quit"
RATE_WINDOW = 30  # frames over which the frame rate is averaged
HAND_THERE = 0.5  # probability from which a hand counts as seen
BAR_CELLS = 20
SHOWN_LINES = 3  # of the text, the newest
MARGINS = 20  # columns that the frame, `signed:` and what wraps take of each line


def live(
    source: Annotated[
        str,
        typer.Option(
            metavar="CAMERA",
            help="Number of a camera (0 is the first), a network address (rtsp://...), or a video file "
            "to be played as if it were a camera.",
        ),
    ] = "0",
    model: Model = BUNDLED,
    hands: Hands = BY_ITSELF,
    no_spell: NoSpell = False,
    words: Words = None,
    name_probability: NameProbability = NAME_PROBABILITY,
    pause: Pause = PAUSE_S,
    digits: Digits = False,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where the key `w` saves the text.  [default: a new file here]"
        ),
    ] = None,
    events: Annotated[
        bool,
        typer.Option(
            "--events",
            help="Print each letter and each change of the text as it comes, a JSON document a line, "
            "instead of the text at the end (docs/app.md).",
        ),
    ] = False,
    typing: Annotated[
        bool,
        typer.Option(
            "--type",
            help="Type the text into the window that has the focus; only Ctrl-C ends the program then. "
            "Needs the extra out.",
        ),
    ] = False,
    virtual_camera: Annotated[
        bool,
        typer.Option(
            "--virtual-camera",
            help="Show the camera with captions as a camera that video calls can choose. Needs the "
            "extra out, and OBS or v4l2loopback.",
        ),
    ] = False,
    debug: Debug = False,
) -> None:
    """Read fingerspelling from a camera as it is signed.

    The live view (stderr) shows the end of the text; the full text goes to stdout on exit, so that
    `fingerspell live > notes.txt` keeps it. Keys: c clears, u takes the last sign
    back, s says the text aloud with the system's voice, y copies it (in terminals that allow it, by
    OSC 52), w saves it, q or Ctrl-C ends. What is spoken, copied, saved and printed has its last word
    corrected too.
    """
    failed: list[str] = []
    with reported(debug, failed), ended_by_hangup():
        media = open_media(int(source) if source.isdecimal() else source, as_camera=True)
        reader = open_reader(*(model, hands, no_spell, words, name_probability, pause), digits=digits)
        typist = open_typist() if typing else None
        camera = VirtualCamera() if virtual_camera else None
        session = Session(reader, media, save, events=events, typist=typist, camera=camera)
        try:
            session.run()
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            raise KeyboardInterrupt from error  # the terminal's window was closed
        finally:
            session.finish()
    if failed:
        raise typer.Exit(1)


@contextmanager
def ended_by_hangup() -> Iterator[None]:
    """Closing the terminal's window, or SIGTERM, ends it as Ctrl-C does: nothing read is lost."""
    signals = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # Who began the program with `nohup` wants SIGHUP ignored.
    heeded = [number for number in signals if signal.getsignal(number) is signal.SIG_DFL]
    for number in heeded:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in heeded:
            signal.signal(number, signal.SIG_DFL)


@dataclass
class Session:
    """One live view: what it reads, what has been read, and what it last said to the user."""

    reader: Reader
    media: Media
    save: Path | None = None
    note: str = ""
    events: bool = False
    typist: Typist | None = None
    camera: VirtualCamera | None = None
    voice: subprocess.Popen[bytes] | None = None
    shown_s: deque[float] = field(default_factory=lambda: deque(maxlen=RATE_WINDOW))

    def __post_init__(self) -> None:
        self.captioner = Captioner(self.reader.speller, self.reader.in_context)
        self.watch = self.reader.watch()
        self.console = Console(stderr=True)

    def run(self) -> None:
        """Show the view until the source ends or the user does."""
        self._tell(text_document("begin", "", ""))
        with (
            closing(self.media.frames()) as frames,  # type: ignore[type-var]
            Keyboard() as keyboard,
            Live(console=self.console, auto_refresh=False, transient=True) as view,
        ):
            for frame in frames:
                observation = self.watch.see(frame)
                self._take(observation.events)
                if self.camera:
                    self.camera.show(frame.pixels, self.captioner.text)
                self.shown_s.append(time.monotonic())
                # What is typed may arrive in this terminal, and is no key then.
                if not self.press("" if self.typist else keyboard.pressed()):
                    break
                if self.console.is_terminal:
                    view.update(self.picture(observation), refresh=True)
            self._take(self.watch.end())

    def finish(self) -> None:
        """Print the text, its last word corrected, too."""
        if self.camera:
            self.camera.close()
        text = self.captioner.finished()
        if self.typist:
            self.typist.show(text)
        if self.events:
            self._tell(text_document("end", text, self.captioner.raw_text))
        elif text:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    def _take(self, events: list[LetterEvent]) -> None:
        changed = self.captioner.take(events)
        self._tell(*map(letter_document, events))
        if changed:
            self._tell_text()

    def _tell_text(self) -> None:
        if self.typist:
            self.typist.show(self.captioner.text)
        self._tell(text_document("text", self.captioner.text, self.captioner.raw_text))

    def _tell(self, *documents: Document) -> None:
        if self.events:
            sys.stdout.writelines(f"{json.dumps(each, ensure_ascii=False)}\n" for each in documents)
            sys.stdout.flush()

    def press(self, key: str) -> bool:
        """Do what a key says; False ends the session."""
        match key.lower():
            case "q":
                return False
            case "c":
                self.captioner.clear()
                self._tell_text()
                self.note = "cleared"
            case "u":
                self.captioner.undo()
                self._tell_text()
                self.note = "took back the last sign"
            case "s":
                self.note = self._speak()
            case "y":
                self._copy()
                self.note = "copied"
            case "w":
                self.note = self._save()
        return True

    @property
    def fps(self) -> float:
        """Frames read a second, over the last ones."""
        if len(self.shown_s) < 2 or self.shown_s[-1] == self.shown_s[0]:  # noqa: PLR2004
            return 0.0
        return (len(self.shown_s) - 1) / (self.shown_s[-1] - self.shown_s[0])

    def picture(self, observation: Observation) -> Panel:
        """The whole view of one frame."""
        delay_s = self.media.clock_s() - observation.frame.time_s
        figures = Text(
            f"{self.fps:.1f} frames/s   delay {delay_s * 1000:.0f} ms   "
            f"{self.media.dropped()} frames dropped",
            style="dim",
        )
        lines: list[RenderableType] = [
            self._state(observation),
            Text(self._newest(self.captioner.text) or " ", style="bold"),
            Text(f"signed: {self._newest(self.captioner.raw_text)}", style="dim"),
            Text(f"perhaps: {'  '.join(self.captioner.suggestions)}", style="dim"),
            figures,
            Text.from_markup(f"{KEYS}   {self.note}"),
        ]
        return Panel(Group(*lines), title=f"fingerspell - {self.media.source}", title_align="left")

    def _newest(self, text: str) -> str:
        """The end of a text, so that the view has room for it."""
        room = SHOWN_LINES * max(self.console.width - MARGINS, 1)
        end = text[-room:]
        return text if len(text) <= room else f"... {end.partition(' ')[2] or end}"

    def _state(self, observation: Observation) -> Table:
        probabilities = observation.prediction.probabilities
        best = int(probabilities.argmax())
        sign, probability = self.reader.alphabet.classes[best], float(probabilities[best])
        hand = observation.prediction.hand_probability
        seen = "no hand" if hand is not None and hand < HAND_THERE else "hand"
        if sign == NOTHING:
            seen, sign = f"{seen}, no sign", "-"
        filled = round(probability * BAR_CELLS)
        row = Table.grid(padding=(0, 2))
        name = {SPACE: "space", DELETE: "del"}.get(sign, sign)
        bar = Text("█" * filled + "░" * (BAR_CELLS - filled), style="green")
        row.add_row(Text(name, style="bold green"), bar, f"{probability:.0%}", Text(seen, style="dim"))
        return row

    def _speak(self) -> str:
        try:
            if self.voice:
                self.voice.terminate()  # rather than two voices at once
                self.voice.wait()
            self.voice = speak(self.captioner.finished())
        except SpeechError as error:
            return str(error)
        return "speaking"

    def _copy(self) -> None:
        """Ask the terminal to put the text on the clipboard (OSC 52), which also works over SSH."""
        encoded = base64.b64encode(self.captioner.finished().encode()).decode()
        self.console.file.write(f"\x1b]52;c;{encoded}\x07")
        self.console.file.flush()

    def _save(self) -> str:
        path = self.save or Path(f"fingerspell-{datetime.now():%Y%m%d-%H%M%S}.txt")
        try:
            write_atomically(path, f"{self.captioner.finished()}\n".encode())
        except OSError as error:
            return f"{path} cannot be written ({error.strerror}): give another file with --save"
        return f"saved {path}"
