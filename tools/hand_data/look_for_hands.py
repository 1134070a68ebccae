"""Find where the reader looks for a hand in images without one, for its training to learn from.

    python tools/hand_data/look_for_hands.py DATA

That a sleeve or a face is no hand is learned from views of what the reader takes for one, not from
views of anywhere. DATA holds what `cut_out_hands.py` and `mediapipe_weights.py` made.
Of each set without hands `DATA/searched/<set>.npz` is written: `paths` (relative to the set), `places`
(float32, [N, 3, 2, 2], x and y as fractions of the picture's width and height: the lower and the upper
end of what `HandNet`, and MediaPipe's palm detector without and with a margin, take for an upright
hand) and `presence` (float32, [N, 3], MediaPipe's logit that a hand is there, since one may be: only
those that MediaPipe found at first were painted over). A set that is done is left as it is. Four
minutes on two cores.
"""

import argparse
import functools
from multiprocessing.pool import Pool
from pathlib import Path

import numpy as np
import torch
from rich.progress import track
from torch import Tensor

from archives import write_archive
from fingerspell.evaluation.classifiers import model_bytes
from fingerspell.models.reader import HandReader
from fingerspell.models.reader_file import load_learned
from fingerspell.models.reader_rules import ReaderRules
from fingerspell.models.squares import Squares, size_of
from fingerspell.pictures.formats import is_named_as_picture
from fingerspell.pictures.still import read_picture
from fingerspell.runtime.reader import BUNDLED
from fingerspell.training.hand_reader.sources import SOURCES, archive_path
from fingerspell.training.hand_reader.start import pretrained_reader
from needed import ask_for
from workers import workers

MAKERS = {
    "mediapipe/hand.safetensors": "mediapipe_weights.py",
    "handless": "cut_out_hands.py",
}


@functools.cache
def untaught_reader(data: Path) -> HandReader:
    """Loaded once a process: MediaPipe's own layers, and the bundled reader's first look."""
    reader, known = pretrained_reader(data), HandReader()
    load_learned(known, model_bytes(BUNDLED), BUNDLED)
    reader.small.load_state_dict(known.small.state_dict())
    return reader.eval()


def search(job: tuple[Path, Path]) -> tuple[np.ndarray, np.ndarray]:
    """Places [3, 2, 2] and presence [3] of one picture of DATA."""
    data, path = job
    reader, picture = untaught_reader(data), torch.tensor(read_picture(path))[None]
    with torch.inference_mode():
        margins = torch.tensor([[False], [True]])
        palms = [reader.find_palm(picture, with_margin)[0] for with_margin in margins]
        squares = [reader.find_hand(picture), *palms]
        presence = torch.cat([reader.look(picture, each).hand for each in squares])
        ends = torch.cat([ends_of(each) for each in squares])
    return (ends / size_of(picture)).numpy(), presence.numpy()


def ends_of(squares: Squares) -> Tensor:
    """The lower and the upper end [N, 2, 2] of hands around which the reader's squares are."""
    angle = squares.angle
    up = torch.stack((angle.sin(), -angle.cos()), 1) * (ReaderRules.fill * squares.side / 2)
    return torch.stack((squares.middle - up, squares.middle + up), 1)


def look_at(data: Path, name: str, target: Path, pool: Pool) -> None:
    """Look for hands in the pictures of a set, and write what `target` is to hold."""
    paths = sorted(path for path in (data / name).rglob("*") if is_named_as_picture(path))
    jobs = pool.imap(search, [(data, path) for path in paths], chunksize=8)
    places, presence = zip(*track(jobs, name, len(paths)), strict=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_archive(
        target,
        paths=[path.relative_to(data / name).as_posix() for path in paths],
        places=np.stack(places),
        presence=np.stack(presence),
    )


def main() -> None:
    """Parse the command line and look, set after set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    ask_for(MAKERS, data, parser)
    empty = [name for name, source in SOURCES.items() if source.empty]
    targets = {name: archive_path(data, "searched", name) for name in empty}
    left = {name: target for name, target in targets.items() if not target.exists()}
    if not left:
        return
    try:
        with workers() as pool:
            for name, target in left.items():
                look_at(data, name, target, pool)
    except KeyboardInterrupt:
        parser.exit(130, "stopped; the next start goes on with the set that was not done\n")


if __name__ == "__main__":
    main()
