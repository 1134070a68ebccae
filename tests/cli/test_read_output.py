"""Where `fingerspell read` writes, and what happens where it cannot."""

import json
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import pytest
from tests.conftest import REPOSITORY, GreyClassifier, grey_frame
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.cli.lazy import names_a_file
from fingerspell.core.alphabet import CLASSES
from fingerspell.runtime.media.video import probe_video, video_frames
from fingerspell.runtime.reader import Reader


@pytest.fixture
def run():
    return lambda *args, **more: CliRunner().invoke(app, [str(a) for a in args], **more)


@pytest.fixture
def grey_reader(monkeypatch):
    """Have the command read greys, which is quick."""
    monkeypatch.setattr(
        "fingerspell.cli.read.open_reader", lambda *_, **_more: Reader(GreyClassifier())
    )


@pytest.fixture
def slides(make_video):
    pictures = [grey_frame(CLASSES.index(sign) * 8) for sign in "LAW"]
    return make_video("law.mp4", pictures, [0, 500, 1000])


def test_a_name_as_long_as_names_can_be(run, grey_reader, slides, tmp_path):
    clip, out = tmp_path / f"{'é' * 122}x.mp4", tmp_path / "out"
    assert len(clip.name.encode()) == 249
    slides.rename(clip)
    assert run("read", clip, "-f", "all", "-o", out).exit_code == 0
    names = {f"{clip.stem}.{suffix}" for suffix in ("txt", "srt", "vtt", "tsv", "json")}
    assert {path.name for path in out.iterdir()} == names
    result = run("read", clip, clip, "--burn-in", "-o", out, "--processes", 1)
    assert result.exit_code == 0, result.stderr
    assert len(list(out.glob("*.captioned.mp4"))) == 2
    assert all(len(path.name.encode()) <= 255 for path in out.iterdir())


def test_what_cannot_be_written_is_printed(run, grey_reader, slides, tmp_path):
    """The table is in the way; all else is written, and nothing that was read is lost."""
    out = tmp_path / "out"
    (out / "law.tsv").mkdir(parents=True)
    result = run("read", slides, "-f", "all", "-o", out)
    assert (result.exit_code, result.stdout) == (1, "LAW\n")
    assert "law.tsv cannot be written (not a file): choose another folder" in result.stderr
    assert sorted(path.name for path in out.iterdir() if path.is_file()) == [
        "law.json", "law.srt", "law.txt", "law.vtt",
    ]  # fmt: skip


def test_captions_that_cannot_be_drawn_lose_no_text(run, grey_reader, slides, tmp_path):
    out = tmp_path / "out"
    (out / "law.captioned.mp4").mkdir(parents=True)
    result = run("read", slides, "--burn-in", "-o", out)
    assert result.exit_code == 1
    assert "law.captioned.mp4 cannot be written" in result.stderr
    assert (out / "law.txt").read_text() == "LAW\n"


def test_one_input_may_be_written_to_one_file(run, grey_reader, slides, tmp_path):
    assert run("read", slides, "-o", tmp_path / "new" / "out.srt").exit_code == 0
    assert (tmp_path / "new" / "out.srt").read_text().startswith("1\n00:00:00,000 -->")
    assert run("read", slides, "-o", tmp_path / "OUT.JSON").exit_code == 0
    assert json.loads((tmp_path / "OUT.JSON").read_text())["text"] == "LAW"
    for arguments in ([slides, slides], [slides, "-f", "txt"], [slides, "-f", "all"]):
        assert run("read", *arguments, "-o", tmp_path / "out.srt").exit_code == 2
    (tmp_path / "folder.srt").mkdir()
    assert run("read", slides, "-o", tmp_path / "folder.srt").exit_code == 0
    assert (tmp_path / "folder.srt" / "law.txt").exists()


def test_captions_where_the_rate_of_frames_is_unknown(run, grey_reader, tmp_path):
    """Ogg does not say it."""
    clip = tmp_path / "clip.ogg"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libvpx", rate=25)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        for i in range(30):
            frame = av.VideoFrame.from_ndarray(GreyClassifier.picture_of("L"), format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert probe_video(clip)[0] == 0
    result = run("read", clip, "--burn-in", "-o", tmp_path)
    assert result.exit_code == 0, result.stderr
    assert len(list(video_frames(tmp_path / "clip.captioned.mp4"))) == 30


def test_captions_on_pixels_that_are_not_square(run, grey_reader, tmp_path):
    clip = tmp_path / "clip.mp4"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width, stream.pix_fmt = 48, 36, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(16, 9)
        for _ in range(30):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey_frame(88, (36, 48)), "rgb24")))
        container.mux(stream.encode())
    assert run("read", clip, "--burn-in", "-o", tmp_path).exit_code == 0
    assert next(video_frames(tmp_path / "clip.captioned.mp4")).pixels.shape == (48, 64, 3)


def test_standard_input(run, grey_reader, slides, monkeypatch):
    result = run("read", "-", input=slides.read_bytes())
    assert (result.exit_code, result.stdout) == (0, "LAW\n")
    document = json.loads(run("read", "-", "--json", input=slides.read_bytes()).stdout)
    assert document["source"] == "-"
    result = run("read", "-", input=b"no video")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: standard input is not an image or video")
    monkeypatch.setattr("fingerspell.cli.source.STDIN_BYTES", 1000)
    assert "standard input is longer than" in run("read", "-", input=slides.read_bytes()).stderr


def test_a_file_address(run, grey_reader, slides, tmp_path):
    clip = tmp_path / "my clip.mp4"
    slides.rename(clip)
    for address in (clip.as_uri(), clip.as_uri().replace("file://", "FILE://localhost")):
        assert run("read", address).stdout == "LAW\n"
    result = run("read", (tmp_path / "none.mp4").as_uri())
    assert result.stderr == f"error: {tmp_path / 'none.mp4'} does not exist: check the path.\n"


def test_a_file_without_a_command_is_read(run, grey_reader, slides, tmp_path, monkeypatch):
    assert run(slides).stdout == "LAW\n"
    assert run(slides, "-f", "tsv").stdout.startswith("start_s\t")
    monkeypatch.chdir(tmp_path)
    shutil.copy(slides, "clip")
    assert run("clip").stdout == "LAW\n"
    result = run("none.jpg")
    assert (result.exit_code, result.stderr) == (1, "error: none.jpg does not exist: check the path.\n")
    result = run("raed")
    assert result.exit_code == 2
    assert "read" in result.stderr
    assert names_a_file("rtsp://camera/1")


def test_names_that_a_terminal_would_obey(run, grey_reader, slides, tmp_path):
    clip = tmp_path / "a\n\x1b[31mb -->.mp4"
    slides.rename(clip)
    result = run("read", clip, clip, "-o", tmp_path / "out", "--processes", 1)
    assert "\x1b" not in result.stderr
    assert result.stderr.count("\n") == 2
    result = run("read", clip, clip, "--processes", 1)
    assert result.stdout == f"{tmp_path}/a\\n\\x1b[31mb -->.mp4: LAW\n" * 2
    assert run("read", tmp_path / "\x1b[2J\n.mp4").stderr.count("\n") == 1


def shell(command: str) -> subprocess.CompletedProcess:
    python = f'"{sys.executable}" -m fingerspell'
    return subprocess.run(
        ["bash", "-c", command.replace("fingerspell", python, 1)],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device that is always full is Linux's")
@pytest.mark.parametrize(
    ("command", "code", "stdout", "stderr"),
    [
        ("fingerspell read examples/a.jpg > /dev/full", 1, "", "No space left on device"),
        ("fingerspell read examples/a.jpg --json > /dev/full", 1, "", "No space left on device"),
        ("fingerspell --help > /dev/full", 1, "", "No space left on device"),
        ("fingerspell read examples/a.jpg >&-", 1, "", "Bad file descriptor"),
        ("fingerspell read examples/a.jpg 2>&-", 0, "A\n", ""),
        ("fingerspell read none.jpg examples/a.jpg 2> /dev/full", 1, "examples/a.jpg: A\n", ""),
        ("fingerspell read examples/a.jpg <&- 2>&-", 0, "A\n", ""),
        ("set -o pipefail; fingerspell --help | true", 1, "", ""),
    ],
)
def test_streams_that_are_full_or_closed(command, code, stdout, stderr):
    result = shell(command)
    assert (result.returncode, result.stdout) == (code, stdout)
    assert stderr in result.stderr
    assert len(result.stderr.splitlines()) == bool(stderr)
