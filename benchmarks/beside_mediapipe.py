"""Milliseconds a picture: the reader, from pixels to the sign, beside MediaPipe Hands, to joints only.

MediaPipe forbids NumPy 2, which `fingerspell` needs, so this runs in an environment of its own, on the
model's file:

    uv run --no-project --isolated --python 3.11 --with mediapipe==0.10.21,onnxruntime,pillow \
        benchmarks/beside_mediapipe.py DATA/multisigner100 [--side 384]

Both see the same pictures, one after the other, with the same two cores: the reader with two threads,
MediaPipe as it comes. Pictures are enlarged to --side pixels first, as a camera would give them.
Both look for the hand in every picture, as they do in the first frame of a video; while they follow a
hand from frame to frame, they are faster ("followed": each picture five times, the last counts).
"""

import argparse
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort
from mediapipe.python.solutions.hands import Hands
from PIL import Image

MODEL = Path(__file__).parent.parent / "src" / "fingerspell" / "assets" / "reader.onnx"
N_WARM = 10  # pictures that do not count
N_FOLLOWED = 5  # times that a picture is shown as a still video


def main() -> None:
    """Parse the command line, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("pictures", type=Path, help="folder of class folders")
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--side", type=int, default=384, help="pixels")
    args = parser.parse_args()
    options = ort.SessionOptions()
    options.intra_op_num_threads = 2
    options.add_session_config_entry("session.force_spinning_stop", "1")  # as the reader has it
    reader = ort.InferenceSession(MODEL, options, ["CPUExecutionProvider"])
    single = Hands(static_image_mode=True, max_num_hands=1)
    following = Hands(static_image_mode=False, max_num_hands=1)
    paths = sorted(path for path in args.pictures.rglob("*") if path.suffix in {".jpg", ".png"})
    chosen = paths[:: max(1, len(paths) // (args.n + N_WARM))][: args.n + N_WARM]
    rows: dict[str, list[float]] = {}
    for path in chosen:
        picture = np.asarray(Image.open(path).convert("RGB").resize((args.side, args.side)))
        joints = np.zeros((1, 21, 2), np.float32)  # none known

        def read(picture: np.ndarray = picture) -> None:
            nonlocal joints
            _, joints, _ = reader.run(None, {"pictures": picture[None], "before": joints})

        ways = {
            "the reader, single pictures": (read, 1),
            "the reader, followed": (read, N_FOLLOWED),
            "MediaPipe Hands, single pictures": (lambda picture=picture: single.process(picture), 1),
            "MediaPipe Hands, followed": (
                lambda picture=picture: following.process(picture),
                N_FOLLOWED,
            ),
        }
        for name, (look, times) in ways.items():
            for _ in range(times):
                began = time.perf_counter()
                look()
                seconds = time.perf_counter() - began
            rows.setdefault(name, []).append(seconds)
    print(f"{len(chosen) - N_WARM} pictures of {args.side}x{args.side}\n")
    print("| what | median ms | p95 ms |\n|---|---|---|")
    for name, taken in rows.items():
        median, p95 = np.percentile(np.array(taken[N_WARM:]) * 1e3, [50, 95])
        print(f"| {name} | {median:.1f} | {p95:.1f} |")


if __name__ == "__main__":
    main()
