"""Decoding apart: the same frames, and nothing that a file does there reaches the server."""

import os
import pickle
import subprocess
import sys
import threading

import numpy as np
import psutil
import pytest
from PIL import Image

from fingerspell.app.upload import opening
from fingerspell.app.upload.opening import Apart, Here
from fingerspell.app.upload.reading import caption_video, read_upload
from fingerspell.errors import MediaError
from fingerspell.runtime.reader import Reader

APART = Apart(10, 2000)


@pytest.fixture
def video(make_video, grey_classifier):
    frames = [grey_classifier.picture_of(sign) for sign in "A" * 20 + "B" * 20]
    return make_video("clip.mp4", frames, range(0, 2000, 50))


def ignore(*what):
    pass


def test_frames_are_the_same_as_here(video):
    here, apart = Here().open(video), APART.open(video)
    assert (apart.media.kind, apart.media.fps, apart.media.duration_s, apart.plays) == (
        "video",
        here.media.fps,
        here.media.duration_s,
        True,
    )
    for expected, frame in zip(here.media.frames(), apart.media.frames(), strict=True):
        assert frame.time_s == expected.time_s
        np.testing.assert_array_equal(frame.pixels, expected.pixels)


def test_a_picture_is_the_same_as_here(examples, grey_classifier):
    content, reader = (examples / "l.jpg").read_bytes(), Reader(grey_classifier)
    one, other = (read_upload("l.jpg", content, reader, 10, ignore, o) for o in (Here(), APART))
    assert one.best == other.best
    np.testing.assert_array_equal(np.asarray(one.drawn), np.asarray(other.drawn))


def test_captions_are_written_apart(video, grey_classifier):
    read = read_upload("clip.mp4", video.read_bytes(), Reader(grey_classifier), 10, ignore, APART)
    assert caption_video(read, ignore, APART) == caption_video(read, ignore, Here())


def test_errors_are_the_same_as_here(grey_classifier):
    reader = Reader(grey_classifier)
    for name, content in (("no.mp4", b"neither"), ("none.jpg", b"neither"), ("empty.gif", b"")):
        sentences = []
        for opener in (Here(), APART):
            with pytest.raises(MediaError) as raised:
                read_upload(name, content, reader, 10, ignore, opener)
            sentences.append(str(raised.value))
        assert sentences[0] == sentences[1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_what_needs_too_much_memory_ends_in_a_sentence(tmp_path):
    path = tmp_path / "large.png"
    Image.new("RGB", (8000, 7900)).save(path)  # 190 MB once decoded
    with pytest.raises(MediaError, match=r"too much (time or )?memory"):
        next(Apart(10, 400).open(path).media.frames())


@pytest.fixture
def in_its_place(monkeypatch):
    """Runs other lines of Python in place of the decoding process."""
    start = subprocess.Popen

    def put(script):
        monkeypatch.setattr(
            opening.subprocess,
            "Popen",
            lambda command, **how: start([sys.executable, "-c", script], **how),
        )

    return put


def test_what_stalls_is_given_up(in_its_place, video, monkeypatch):
    in_its_place("import time; time.sleep(600)")
    monkeypatch.setattr(opening, "STALL_S", 0.0)
    with pytest.raises(MediaError, match=r"too much (time or )?memory"):
        APART.open(video)


def test_no_process_thread_or_handle_is_left(video):
    def held():
        me = psutil.Process()
        return me.num_fds(), threading.active_count(), len(me.children())

    next(APART.open(video).media.frames())
    before = held()
    for _ in range(3):
        frames = APART.open(video).media.frames()
        next(frames)
        frames.close()  # a visitor who goes in the middle
    assert held() == before


def test_a_pickle_from_the_process_is_not_loaded(in_its_place, tmp_path, video):
    """A decoder that a file has taken over may send anything."""
    mark = tmp_path / "mark"
    evil = pickle.dumps(Evil(mark))
    in_its_place(f"import sys; sys.stdout.buffer.write({evil!r} + b'\\n')")
    with pytest.raises(MediaError):
        APART.open(video)
    assert not mark.exists()


class Evil:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (os.mkdir, (str(self.mark),))


def test_the_process_knows_no_secrets_and_writes_no_files(monkeypatch, tmp_path):
    """What it inherits, asked of the process itself."""
    monkeypatch.setenv("DAGSHUB_USER_TOKEN", "secret")
    seen = {}
    start = subprocess.Popen

    def spying(command, **how):
        seen.update(how["env"])
        return start(command, **how)

    with monkeypatch.context() as patched:
        patched.setattr(opening.subprocess, "Popen", spying)
        with pytest.raises(MediaError):
            APART.open(tmp_path / "none.mp4")
    assert "DAGSHUB_USER_TOKEN" not in seen
    if sys.platform != "win32":
        script = (
            "from fingerspell.app.upload.decoding import limit; limit(5, 2000, 0)\n"
            "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            f"open({str(tmp_path / 'file')!r}, 'wb', 0).write(b'x')"
        )
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
        assert b"File too large" in run.stderr
