"""The app under load: many signers at once, many frames, many uploads; who is served, and what is left.

    python benchmarks/app_load.py live [--signers 20] [--seconds 60] [--frames 20000] [--in-flight 2]
    python benchmarks/app_load.py uploads [--count 200] [--apart]

`live` starts the camera's socket in a process of its own and connects signers who send 30 frames a
second of `examples/hello.mp4`, as pages do: at most two at a time unless --in-flight says more. It ends
after --seconds, or once --frames have been read. --constant has a constant in place of the model, which
shows what the socket, JPEG, the decoder of letters and the text keep. `uploads` reads a picture and a
short video in turns; --apart decodes each in a process of its own, as hosted apps do.
"""

import argparse
import asyncio
import io
import itertools
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
from PIL import Image
from websockets.asyncio.client import ClientConnection, connect

from fingerspell import load_reader, open_media
from fingerspell.app import settings
from fingerspell.app.guard import Guard
from fingerspell.app.live.session import LiveSession, open_session
from fingerspell.app.live.socket import PATH, serve_live
from fingerspell.app.settings import AppSettings
from fingerspell.app.upload.opening import Apart, Here
from fingerspell.app.upload.reading import read_upload
from fingerspell.core.alphabet import CLASSES
from fingerspell.core.types import Prediction
from fingerspell.runtime.media.video import write_video
from fingerspell.runtime.reader import Reader

EXAMPLES = Path(__file__).parent.parent / "examples"
CAMERA_FPS = 30
EVERY_S = 5.0  # between two looks at the server's memory
SHORT_S = 1.0  # of the video that is uploaded


class Constant:
    """A classifier that always sees A: what remains is everything else."""

    name = "constant"

    def classify(self, pictures: np.ndarray) -> list[Prediction]:
        """The same for all."""
        probabilities = np.full(len(CLASSES), 0.1 / (len(CLASSES) - 1), np.float32)
        probabilities[0] = 0.9
        return [Prediction(probabilities) for _ in pictures]


@dataclass
class Signer:
    """What one signer saw of it.

    Attributes:
        sent: frames.
        read: of these.
        delays_s: of those that were read.
    """

    sent: int = 0
    read: int = 0
    answered: int = 0
    delays_s: list[float] = field(default_factory=list)


def serve(port: int, signers: int, *, constant: bool) -> None:
    """Serve the socket alone, and print the signers' tokens."""
    import uvicorn  # noqa: PLC0415  (the server's process only)
    from starlette.applications import Starlette  # noqa: PLC0415
    from starlette.middleware import Middleware  # noqa: PLC0415
    from starlette.routing import WebSocketRoute  # noqa: PLC0415

    settings.choose(AppSettings(signers=signers, port=port))
    reader = Reader(Constant()) if constant else load_reader()
    sessions: list[LiveSession] = [open_session(reader) for _ in range(signers)]
    print(*(session.token for session in sessions), flush=True)
    app = Starlette(routes=[WebSocketRoute(PATH, serve_live)], middleware=[Middleware(Guard)])
    uvicorn.run(app, host="localhost", port=port, log_level="warning")


def camera() -> list[bytes]:
    """The example as JPEG frames of 640x480."""
    frames = []
    for frame in itertools.islice(open_media(EXAMPLES / "hello.mp4").frames(), 0, None, 2):
        picture = np.zeros((480, 640, 3), np.uint8)
        picture[80:400, 160:480] = frame.pixels
        content = io.BytesIO()
        Image.fromarray(picture).save(content, "JPEG", quality=80)
        frames.append(content.getvalue())
    return frames


async def sign(
    signer: Signer, address: str, frames: list[bytes], most: int, end: asyncio.Event
) -> None:
    """Send frames at the camera's rate, as long as no more than `most` are on their way."""
    async with connect(address, max_size=None) as socket:
        await socket.recv()
        listening = asyncio.create_task(listen(signer, socket))
        begin_s = time.monotonic()
        for number in itertools.count():
            await asyncio.sleep(begin_s + number / CAMERA_FPS - time.monotonic())
            if end.is_set():
                break
            if signer.sent - signer.answered < most:
                now_ms = 1000 * time.monotonic()
                signer.sent += 1
                await socket.send(struct.pack("<d", now_ms) + frames[number % len(frames)])
        listening.cancel()


async def listen(signer: Signer, socket: ClientConnection) -> None:
    """Count the answers."""
    import json  # noqa: PLC0415

    async for message in socket:
        answer = json.loads(message)
        if "t" in answer:
            signer.answered += 1
        if "sign" in answer:
            signer.read += 1
            signer.delays_s.append(time.monotonic() - answer["t"] / 1000)


def held(process: psutil.Process) -> str:
    """What a process holds."""
    memory_mb = process.memory_info().rss / 1e6
    return f"{memory_mb:.0f} MB, {process.num_threads()} threads, {process.num_fds()} handles"


async def watch(
    signers: list[Signer], process: psutil.Process, args: argparse.Namespace, end: asyncio.Event
) -> None:
    """Until the time is over or enough was read; print what the server holds on the way."""
    begin_s = time.monotonic()
    while not end.is_set():
        await asyncio.sleep(EVERY_S)
        read, spent_s = sum(signer.read for signer in signers), time.monotonic() - begin_s
        print(f"{spent_s:5.0f} s, {read:6d} frames read: {held(process)}", flush=True)
        if spent_s > args.seconds or (args.frames and read >= args.frames):
            end.set()


async def load(args: argparse.Namespace, tokens: list[str], process: psutil.Process) -> list[Signer]:
    """Let all sign at once."""
    frames, end = camera(), asyncio.Event()
    signers = [Signer() for _ in tokens]
    addresses = [f"ws://localhost:{args.port}{PATH}?token={token}" for token in tokens]
    async with asyncio.TaskGroup() as tasks:
        for signer, address in zip(signers, addresses, strict=True):
            tasks.create_task(sign(signer, address, frames, args.in_flight, end))
        tasks.create_task(watch(signers, process, args, end))
    return signers


def live(args: argparse.Namespace) -> None:
    """Measure signers at once."""
    command = [sys.executable, __file__, "serve", "--port", str(args.port)]
    command += ["--signers", str(args.signers), *(["--constant"] if args.constant else [])]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - this very file
    try:
        if server.stdout is None:
            raise SystemExit("the server has no output")
        tokens = server.stdout.readline().split()
        process = psutil.Process(server.pid)
        while not any(c.status == psutil.CONN_LISTEN for c in process.net_connections()):
            time.sleep(0.1)
        print(f"before: {held(process)}")
        begin_s = time.monotonic()
        signers = asyncio.run(load(args, tokens, process))
        spent_s = time.monotonic() - begin_s
        time.sleep(EVERY_S)
        print(f"after all have gone: {held(process)}")
    finally:
        server.terminate()
        server.wait()
    report(signers, spent_s)


def report(signers: list[Signer], spent_s: float) -> None:
    """Print who was served how."""
    read = [signer.read for signer in signers]
    sent = sum(signer.sent for signer in signers)
    delays_ms = [1000 * delay for signer in signers for delay in signer.delays_s]
    print(f"load average of the last minute: {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    print(
        f"{len(read)} signers, {spent_s:.0f} s: {sum(read)} frames read, "
        f"{sum(read) / spent_s:.1f} a second"
    )
    print(f"frames read of each signer: {min(read)} to {max(read)}, median {np.median(read):.0f}")
    print(f"frames sent: {sent}; not read: {sent - sum(read)}")
    low, middle, high = np.percentile(delays_ms, (5, 50, 95))
    print(f"frame to answer: median {middle:.0f} ms, 5 % {low:.0f}, 95 % {high:.0f}")


def uploads(args: argparse.Namespace) -> None:
    """Measure what many uploads leave."""
    reader, process = load_reader(), psutil.Process()
    opener = Apart(60, 2000) if args.apart else Here()
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        frames = itertools.takewhile(
            lambda frame: frame.time_s < SHORT_S, open_media(EXAMPLES / "hello.mp4").frames()
        )
        write_video(clip, frames, 25)
        files = [("l.jpg", (EXAMPLES / "l.jpg").read_bytes()), ("clip.avi", clip.read_bytes())]
    left = len(list(Path(tempfile.gettempdir()).glob("fingerspell-*")))
    for number in range(args.count):
        name, content = files[number % len(files)]
        read_upload(name, content, reader, 60, lambda *_: None, opener)
        if number == len(files) or (number + 1) % (args.count // 5) == 0:
            print(
                f"{number + 1:4d} uploads: {held(process)}, {threading.active_count()} of Python's, "
                f"{len(process.children())} processes",
                flush=True,
            )
    left = len(list(Path(tempfile.gettempdir()).glob("fingerspell-*"))) - left
    print(f"temporary folders left: {left}; load average {os.getloadavg()[0]:.1f}")


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=("live", "uploads", "serve"))
    parser.add_argument("--signers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--frames", type=int, default=0)
    parser.add_argument("--in-flight", type=int, default=2)
    parser.add_argument("--constant", action="store_true")
    parser.add_argument("--port", type=int, default=8598)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--apart", action="store_true")
    args = parser.parse_args()
    if args.what == "serve":
        serve(args.port, args.signers, constant=args.constant)
    else:
        {"live": live, "uploads": uploads}[args.what](args)


if __name__ == "__main__":
    main()
