r"""How fast the reader is on this machine, beside others, in one run.

    python benchmarks/reader_speed.py [--threads 1,2] [--n 100] [--json FILE] [--model default]
        [--hands hand_landmarker.task] [--networks efficientnet_b0,dexnet]

Stills are read from the JPEG's bytes to the letter; frames of a video from RGB pixels to the letter. A
hand fills half of a frame's height; "followed" remembers where the hand was, as in a video. Of a video,
`examples/hello.mp4`, all is counted, and how long decoding and shrinking it alone takes.

"No hand for a while" is the commonest frame of a day of video: two seconds without a hand come first,
then 30 frames, 1/30 s apart, are timed at once in a tenth of the turns, since the reader looks at only
some of them. Their mean counts as one time. All have noise; something moves in some, nothing in others.

All ways of a line are tried in turn, again and again; a ratio is the median of those of all turns. A
tenth as many turns come first, to warm up. With `--hands`, MediaPipe's current release finds the joints
and a network of two layers reads them (needs the extra `hands`). With `--networks`, untrained
networks of those kinds look at the whole still (needs the extra `train`). A name that ends with `.onnx`
is a file that takes floats [1, 3, S, S], 0 to 1, such as Ultralytics' smallest classifier, untrained:

    uvx --with onnx --from ultralytics \
        yolo export model=yolo11n-cls.yaml format=onnx imgsz=224 simplify=False

ONNX Runtime chooses its instructions by the processor, and cannot be told to do without AVX-512: its
releases decide so when they are built. Run it on a processor without for those figures.
"""

import argparse
import io
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from measured import EXAMPLES, Rows, Ways, environment, in_turn, markdown, named, write_json
from PIL import Image

from fingerspell import Reader
from fingerspell.core.alphabet import CLASSES
from fingerspell.core.types import Frame
from fingerspell.evaluation.classifiers import find_model
from fingerspell.runtime.hand_tracking import HandTracker
from fingerspell.runtime.media.video import video_frames
from fingerspell.runtime.onnx_classifier import OnnxClassifier, open_session

SIZES = ((384, 512), (512, 512))  # height and width of frames
READER = "the reader"
FPS, BEFORE_S = 30, 2
DT_S = 1 / FPS
REAL_TIME = {"times_real_time": ("times real time", ".1f")}

Look = Callable[[np.ndarray], object]  # at RGB uint8 [H, W, 3]
Frames = list[np.ndarray]


def scenes(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """A frame with a hand, and the same without."""
    still = Image.open(EXAMPLES / "w.jpg").convert("RGB")
    empty = np.full((height, width, 3), (90, 110, 120), np.uint8)
    frame = empty.copy()
    hand = np.asarray(still.resize((height // 2, height // 2)))
    frame[height // 4 :, width // 4 :][: height // 2, : height // 2] = hand
    return frame, empty


class Watch:
    """The reader on frames of a video, after so many seconds of them; they come over and over."""

    def __init__(self, classifier: OnnxClassifier, frames: Frames) -> None:
        self._tracker, self._times_s = HandTracker(classifier), count(0.0, DT_S)
        self._frames = frames
        for _ in range(BEFORE_S):
            self()

    def __call__(self) -> None:
        """See all frames once, which is a second."""
        for frame in self._frames:
            self._tracker.look(Frame(next(self._times_s), frame))


def rooms(empty: np.ndarray, *, moves: bool) -> Frames:
    """A second of frames of a room without a hand: noise, and a square that crosses it if `moves`."""
    dice = np.random.default_rng(0)
    frames = []
    for place in np.linspace(0, 1, FPS):
        frame = empty + dice.normal(0, 3, empty.shape)
        if moves:
            side = empty.shape[0] // 5
            left = round(place * (empty.shape[1] - side))
            frame[side : 2 * side, left : left + side] -= 60
        frames.append(frame.clip(0, 255).astype(np.uint8))
    return frames


def cases(args: argparse.Namespace, threads: int) -> Iterator[tuple[str, Ways, int]]:
    """What is timed: what it is called, the ways, and how many frames each sees at a time."""
    classifier = OnnxClassifier(find_model(args.model), threads=threads)
    seers = {"MediaPipe and a small network": with_mediapipe(args.hands)} if args.hands else {}
    names = filter(None, args.networks.split(","))
    networks = {f"untrained {Path(name).stem}": network(name, threads) for name in names}
    for height, width in SIZES:
        frame, empty = scenes(height, width)
        size = f"{width}x{height}"
        for what, pixels in (("still", frame), ("still without a hand", empty)):
            jpeg = encoded(pixels)
            ways: Ways = {READER: partial(_read_jpeg, classifier, jpeg)}
            for name, look in (seers | networks).items():
                ways[name] = partial(_look_at_jpeg, look, jpeg)
            yield f"{what}, {size}", ways, 1
        if not classifier.can_track:
            continue
        _, tracked = classifier.classify_next(frame, None, 0.0)
        for what, pixels, state in (
            ("frame, followed", frame, tracked),
            ("frame, not followed", frame, None),
            ("frame without a hand", empty, None),
        ):
            ways = {READER: partial(classifier.classify_next, pixels, state, 1 / 30)}
            ways |= {name: partial(look, pixels) for name, look in seers.items()}
            yield f"{what}, {size}", ways, 1
        for what, moves in (("something moves", True), ("nothing moves", False)):
            frames = rooms(empty, moves=moves)
            ways = {READER: Watch(classifier, frames)}
            ways |= {name: partial(_look_at_all, look, frames) for name, look in seers.items()}
            yield f"frame, no hand for a while, {what}, {size}", ways, FPS


def _read_jpeg(classifier: OnnxClassifier, jpeg: bytes) -> str:
    [prediction] = classifier.classify(decode(jpeg)[None])
    return CLASSES[int(prediction.probabilities.argmax())]


def _look_at_jpeg(look: Look, jpeg: bytes) -> object:
    return look(decode(jpeg))


def _look_at_all(look: Look, frames: Frames) -> None:
    for frame in frames:
        look(frame)


def video_rows(args: argparse.Namespace, threads: int) -> Rows:
    """Reading a video beside decoding and shrinking it alone; how many times real time each is."""
    reader = Reader(OnnxClassifier(find_model(args.model), threads=threads))
    clip = args.video
    transcript = reader.read(clip)
    ways: Ways = {
        READER: lambda: reader.read(clip),
        "decoding and shrinking alone": lambda: [None for _ in video_frames(clip)],
    }
    rows = in_turn(ways, max(3, args.n // 20))
    for row in rows:
        row["times_real_time"] = transcript.duration_s / (row["median_ms"] / 1e3)
        row["frames_per_s"] = transcript.frames / (row["median_ms"] / 1e3)
    return rows


def encoded(pixels: np.ndarray) -> bytes:
    """A picture as JPEG."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90)
    return file.getvalue()


def decode(jpeg: bytes) -> np.ndarray:
    """RGB uint8 [H, W, 3]."""
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))


def with_mediapipe(task: str) -> Look:
    """MediaPipe's joints, then a network of two layers with weights of chance."""
    from fingerspell.runtime.mediapipe_hands import HandLandmarker  # noqa: PLC0415

    landmarker, dice = HandLandmarker(task), np.random.default_rng(0)
    first, last = dice.normal(size=(42, 128)), dice.normal(size=(128, 29))

    def look(pixels: np.ndarray) -> object:
        joints = landmarker.find(pixels)
        return None if joints is None else np.maximum(joints.ravel() @ first, 0) @ last

    return look


def network(name: str, threads: int) -> Look:
    """A network in ONNX Runtime: a file's, or an untrained one of the registry."""
    if name.endswith(".onnx"):
        return network_of_file(Path(name), threads)
    import torch  # noqa: PLC0415

    from fingerspell.export.torch_graph import any_size, to_onnx  # noqa: PLC0415
    from fingerspell.models.registry import architecture, create  # noqa: PLC0415

    spec = architecture(name).spec
    example = torch.zeros(2, 3, spec.size_px, spec.size_px)
    model = to_onnx(create(name).eval(), [example], [any_size(0)], ["input"], ["logits"])
    session: ort.InferenceSession = open_session(model.SerializeToString(), threads)

    def look(pixels: np.ndarray) -> object:  # with the reports' preprocessing
        view = spec(pixels[None], np).astype(np.float32)
        return session.run(None, {"input": np.ascontiguousarray(view)})[0].argmax()

    return look


def network_of_file(path: Path, threads: int) -> Look:
    """A network that takes float32 [1, 3, S, S], 0 to 1: the whole image, squashed."""
    session = open_session(path.read_bytes(), threads)
    [given] = session.get_inputs()
    side = given.shape[-1]

    def look(pixels: np.ndarray) -> object:
        small = np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BILINEAR))
        view = np.ascontiguousarray(small.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
        return session.run(None, {given.name: view})[0].argmax()

    return look


def main() -> None:
    """Parse the command line, measure, print tables, and write them as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", default="2", help="one or several numbers, with commas")
    parser.add_argument("--n", type=int, default=100, help="turns")
    parser.add_argument("--model", default="default", help="a model file, or the bundled one")
    parser.add_argument("--hands", default="", help="`mediapipe`, or a hand_landmarker.task")
    parser.add_argument("--networks", default="", help="names of networks, with commas")
    parser.add_argument("--video", type=Path, default=EXAMPLES / "hello.mp4")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    args = parser.parse_args()
    documents = []
    for threads in map(int, args.threads.split(",")):
        document: dict[str, Any] = {"environment": environment(threads), "rows": []}
        for what, ways, frames in cases(args, threads):
            turns = args.n if frames == 1 else max(3, args.n // 10)
            document["rows"] += named(what, in_turn(ways, turns, calls=frames))
        document["rows"] += named(f"video {args.video.name}", video_rows(args, threads))
        print(markdown(document, REAL_TIME))
        documents.append(document)
    write_json(args.json, documents)


if __name__ == "__main__":
    main()
