import contextlib
import errno
import http.server
import itertools
import socketserver
import threading
import time
from fractions import Fraction
from typing import ClassVar

import numpy as np
import pytest
from tests.conftest import grey_frame

from fingerspell.errors import MediaError
from fingerspell.runtime.media import live, open_media
from fingerspell.runtime.media.live import LiveSource

N_FRAMES = 40


@pytest.fixture
def send(make_video):
    """Streams on this machine: a video that is sent as fast as it is taken, once or over and over."""
    video = make_video(
        "a.ts", [grey_frame(i * 5) for i in range(N_FRAMES)], range(0, N_FRAMES * 40, 40)
    ).read_bytes()

    @contextlib.contextmanager
    def sending(repeats):
        class Sender(socketserver.BaseRequestHandler):
            def handle(self):
                with contextlib.suppress(ConnectionError):  # who listens may leave
                    for _ in repeats:
                        self.request.sendall(video)

        with socketserver.TCPServer(("127.0.0.1", 0), Sender) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            yield f"tcp://127.0.0.1:{server.server_address[1]}"
            server.shutdown()
            thread.join()

    return sending


@pytest.fixture
def address(send):
    """A stream that ends."""
    with send(range(1)) as started:
        yield started


@pytest.fixture
def endless_address(send):
    """A stream that goes on until nobody listens, so that a slow reader sees more than its end."""
    with send(itertools.count()) as started:
        yield started


def test_a_slow_reader_gets_the_newest_frame_and_a_count_of_the_rest(address):
    source = LiveSource(address)
    frames = source.frames()
    seen = [next(frames)]
    deadline = time.monotonic() + 20
    while source.dropped < N_FRAMES - 2 and time.monotonic() < deadline:
        time.sleep(0.005)  # the sender is faster than this reader
    seen += frames
    assert len(seen) + source.dropped == N_FRAMES
    assert len(seen) <= 3
    assert seen[-1].pixels.mean() == pytest.approx((N_FRAMES - 1) * 5, abs=6)


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "libx264"), ("a.gif", "gif")])
def test_a_file_on_a_web_server_is_read_whole_with_its_own_times(
    make_video, tmp_path, serve_folder, name, codec
):
    """Also one whose header tells no length, such as a GIF."""
    rate = Fraction(100 if codec == "gif" else 1000)
    times = range(0, N_FRAMES * rate.numerator // 25, rate.numerator // 25)
    clip = make_video(name, [grey_frame(i * 5) for i in range(N_FRAMES)], times, codec, rate)
    media = open_media(f"{serve_folder(tmp_path)}/{name}")
    frames = []
    for frame in media.frames():
        frames.append(frame)
        if len(frames) == 3:
            time.sleep(0.2)  # a slow reader
    here = list(open_media(clip).frames())
    assert [frame.time_s for frame in frames] == [frame.time_s for frame in here]
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(frames, here, strict=True))
    assert media.dropped() == 0


def test_a_file_that_is_cut_on_a_web_server_says_so(make_video, tmp_path, serve_folder):
    clip = make_video(
        "a.mkv", [grey_frame(i * 5) for i in range(N_FRAMES)], range(0, N_FRAMES * 40, 40)
    )
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 2 // 3])
    with pytest.raises(MediaError, match=r"a\.mkv is damaged or cut short after \d\.\d s"):
        list(open_media(f"{serve_folder(tmp_path)}/a.mkv").frames())


def test_times_grow_and_closing_stops_the_receiver(endless_address):
    frames = open_media(endless_address).frames()
    times = [next(frames).time_s for _ in range(2)]
    assert 0 <= times[0] <= times[1]
    frames.close()
    assert not [t for t in threading.enumerate() if "_receive" in t.name]


def test_a_file_is_played_at_its_own_pace_and_drops_what_comes_too_late(make_video):
    clip = make_video(
        "a.mp4", [grey_frame(i * 5) for i in range(N_FRAMES)], range(0, N_FRAMES * 20, 20)
    )
    media = open_media(clip, as_camera=True)
    assert media.kind == "live"
    frames = []
    for frame in media.frames():
        frames.append(frame)
        assert frame.time_s <= media.clock_s()
        if len(frames) == 3:
            time.sleep(0.2)  # a slow reader
    assert len(frames) + media.dropped() == N_FRAMES
    assert media.dropped() >= 5
    assert frames[-1].time_s == pytest.approx((N_FRAMES - 1) * 0.02, abs=0.3)


@pytest.mark.parametrize(
    ("error", "mend"),
    [
        (PermissionError(errno.EACCES, "denied"), "this program may not use it; allow it"),
        (OSError(errno.EBUSY, "busy"), "another program uses it"),
        (FileNotFoundError(errno.ENOENT, "none"), "check that it is plugged in"),
    ],
)
def test_what_keeps_a_camera_shut_is_said(monkeypatch, error, mend):
    def refuse(*args, **kwargs):
        raise error

    monkeypatch.setattr(live.av, "open", refuse)
    monkeypatch.setattr(live.platform, "system", lambda: "Linux")
    with pytest.raises(MediaError, match=mend):
        next(open_media(0).frames())


def test_a_picture_cannot_stand_for_a_camera(examples):
    with pytest.raises(MediaError, match="is not a video"):
        open_media(examples / "a.jpg", as_camera=True)


def test_an_address_where_nothing_is(unused_port):
    with pytest.raises(MediaError, match="cannot be opened: check the address"):
        next(open_media(f"rtsp://127.0.0.1:{unused_port}/live").frames())


def test_a_camera_that_is_not_there():
    media = open_media(97)
    assert media.kind == "live"
    with pytest.raises(MediaError, match="camera 97 cannot be opened: check that it is plugged in"):
        next(media.frames())


@pytest.fixture
def unused_port():
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        return server.server_port


class _WithoutRanges(http.server.BaseHTTPRequestHandler):
    """Sends whole files only; `/page` is one for people to look at."""

    files: ClassVar[dict[str, bytes]] = {}

    def do_GET(self):
        content = self.files[self.path]
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if self.path == "/page" else "video/mp4")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(content)

    def log_message(self, *args):
        pass


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/page", r"/page cannot be opened: it is a web page; download the video on it"),
        (
            "/index_at_end.mp4",
            r"its server cannot send parts of files: download it and give the file\.",
        ),
    ],
)
def test_addresses_that_cannot_be_read_say_what_helps(make_video, path, message):
    noise = np.random.default_rng(0).integers(0, 256, (40, 240, 320, 3), np.uint8)
    clip = make_video("index_at_end.mp4", noise, range(0, 1600, 40))
    files = {"/page": b"<!doctype html><title>A video</title>", "/index_at_end.mp4": clip.read_bytes()}
    handler = type("Handler", (_WithoutRanges,), {"files": files})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with pytest.raises(MediaError, match=message):
                list(open_media(f"http://127.0.0.1:{server.server_port}{path}").frames())
        finally:
            server.shutdown()
            thread.join()
