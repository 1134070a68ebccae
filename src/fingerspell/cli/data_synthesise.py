"""`fingerspell data synthesise`: a fingerspelled video of any text, and when each sign is in it."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal, overload

import numpy as np
import typer
from PIL import Image
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from fingerspell.cli.common import Debug, exit_in_a_sentence, progress_bar, say
from fingerspell.cli.data import Seed, writing
from fingerspell.core.text import plain
from fingerspell.core.types import Frame, Letter
from fingerspell.data.passed_over import told
from fingerspell.data.scan import look
from fingerspell.data.synthesis import Camera, Signing, frame_count, ground_truth, render, spell
from fingerspell.files import write_atomically
from fingerspell.pictures.still import read_picture
from fingerspell.runtime.media.video import write_video

Text = Annotated[str, typer.Argument(metavar="TEXT", help="Letters and spaces.", show_default=False)]
Stills = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        help="Stills in class folders: DIR/A/1.jpg, ..., DIR/nothing/1.jpg; `nothing` is the hand "
        "that does not sign.",
        show_default=False,
    ),
]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE.mp4", help="The video.")]
Pace = Annotated[float, typer.Option(min=0.1, max=20, metavar="N", help="Letters a second.")]
Uneven = Annotated[
    float, typer.Option(min=0, max=1, help="Standard deviation of the logarithm of a letter's time.")
]
Gap = Annotated[
    Literal["pause", "sign"],
    typer.Option(help="Between words: a pause, or the sign `space` of the Kaggle alphabet."),
]
Fps = Annotated[float, typer.Option(min=1, max=240, metavar="N", help="Frames a second.")]
Side = Annotated[
    int, typer.Option(min=16, max=2048, metavar="PIXELS", help="Side of the square frames; even.")
]
Travel = Annotated[
    float,
    typer.Option(min=0, max=1, help="How far the hand moves between signs, as share of the side."),
]
Jitter = Annotated[
    float, typer.Option(min=0, max=1, help="Shake from frame to frame, as a share of the side.")
]
Noise = Annotated[
    float, typer.Option(min=0, max=255, help="Noise of each pixel, in grey levels of 0 to 255.")
]


def synthesise(
    text: Text,
    folder: Stills,
    output: Output,
    pace: Pace = Signing.letters_per_s,
    uneven: Uneven = Signing.unevenness,
    gap: Gap = Signing.word_gap,
    fps: Fps = 30.0,
    side: Side = Camera.side_px,
    travel: Travel = Camera.travel,
    jitter: Jitter = Camera.jitter,
    noise: Noise = Camera.noise,
    seed: Seed = 0,
    debug: Debug = False,
) -> None:
    """Make a video of hands that spell TEXT, from stills, to test readers with.

    FILE.json beside it says when each sign is shown, for `fingerspell evaluate --videos`. The still of
    each sign is chosen at random, and stills fade into each other; the same seed gives the same video.
    A real hand turns from one shape into the next, which no crossfade shows.

    For example:

    * `fingerspell data synthesise "HELLO WORLD" stills -o hello.mp4`
    * `fingerspell data synthesise "A LONG ROAD" stills -o road.mp4 --pace 4 --fps 15 --noise 8`
    """
    if side % 2:
        raise typer.BadParameter(f"--side must be even, not {side}")
    if output.suffix.lower() != ".mp4":
        raise typer.BadParameter("-o must end in .mp4")
    with exit_in_a_sentence(debug):
        signing = Signing(letters_per_s=pace, unevenness=uneven, word_gap=gap)
        camera = Camera(side_px=side, travel=travel, jitter=jitter, noise=noise)
        _write(text, folder, output, fps, signing, camera, seed)


def _write(
    text: str, folder: Path, output: Path, fps: float, signing: Signing, camera: Camera, seed: int
) -> None:
    """The video, and what it shows when."""
    rng = np.random.default_rng(seed)
    slots = spell(text, _stills(folder), rng, signing)
    frames = _shown(render(slots, fps, camera, rng), frame_count(slots, fps))
    truth_path = output.with_suffix(".json")
    with writing(output, truth_path):
        write_video(output, frames, fps)
        truth = _truth(output.name, text, ground_truth(slots))
        write_atomically(truth_path, truth.encode())


class _Pictures(Sequence[Image.Image]):
    """Images that are read when they are asked for: a set may hold 87,000."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, index: int) -> Image.Image: ...
    @overload
    def __getitem__(self, index: slice) -> list[Image.Image]: ...
    def __getitem__(self, index: int | slice) -> Image.Image | list[Image.Image]:
        if isinstance(index, slice):
            return [Image.fromarray(read_picture(path)) for path in self._paths[index]]
        return Image.fromarray(read_picture(self._paths[index]))


def _stills(folder: Path) -> dict[str, _Pictures]:
    """The images of each class in `folder`; what is passed over is said."""
    found = look(folder)
    found.refuse_without_pictures()
    say(told(folder, found.passed_over))
    paths: dict[str, list[Path]] = defaultdict(list)
    for picture in found.index.usable.pictures:
        paths[picture.label].append(folder / picture.path)
    return {label: _Pictures(of_class) for label, of_class in paths.items()}


def _shown(frames: Iterator[Frame], count: int) -> Iterator[Frame]:
    """The frames, with a progress bar."""
    columns = (TextColumn("rendering"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with progress_bar(*columns) as progress:
        yield from progress.track(frames, total=count)


def _truth(source: str, text: str, signs: Sequence[Letter]) -> str:
    """What is signed, in the shape that `evaluation.sequences` reads."""
    letters = [
        {"char": sign.char, "start_s": round(sign.start_s, 3), "end_s": round(sign.end_s, 3)}
        for sign in signs
    ]
    document = {"source": source, "text": plain(text), "letters": letters}
    return json.dumps(document, indent=2) + "\n"
