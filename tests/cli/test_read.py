"""The command line as a user meets it: real files, the bundled model, exit codes and both streams."""

import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image
from tests.conftest import grey_frame, write_beginning
from tests.pictures.files import moving
from typer.testing import CliRunner

from fingerspell import __version__
from fingerspell.cli import app
from fingerspell.runtime.media.video import probe_video
from fingerspell.runtime.reader import IncompleteError, load_reader

HELLO = "HELLO WORLD"


@pytest.fixture
def run():
    return lambda *args: CliRunner().invoke(app, [str(a) for a in args])


@pytest.fixture
def bad_files(tmp_path):
    """One of each kind of input that cannot be read, by what the error says of it."""
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    empty = tmp_path / "empty.jpg"
    empty.touch()
    tiny = tmp_path / "tiny.png"
    Image.new("RGB", (1, 1)).save(tiny)
    huge = tmp_path / "huge.png"
    Image.new("1", (12_000, 12_000)).save(huge)
    return {
        tmp_path / "missing.jpg": "does not exist",
        text: "is not an image or video",
        empty: "is empty",
        tiny: "too small",
        huge: "over the limit",
    }


def test_the_first_command_of_the_readme(run, examples):
    result = run("read", examples / "hello.mp4")
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{HELLO}\n", "")


def test_fewer_frames_read_the_same(run, examples):
    result = run("read", examples / "hello.mp4", "--fps", 15)
    assert (result.exit_code, result.stdout) == (0, "HELLO WORLD\n")


def test_one_video_in_all_formats(run, examples, tmp_path):
    result = run("read", examples / "hello.mp4", "-f", "all", "-o", tmp_path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert (tmp_path / "hello.txt").read_text() == f"{HELLO}\n"
    cues = [(tmp_path / f"hello.{f}").read_text().count("-->") for f in ("srt", "vtt", "tsv")]
    assert cues == [2, 2, 0]
    document = json.loads((tmp_path / "hello.json").read_text())
    assert document["text"] == document["raw_text"] == HELLO
    assert [letter["char"] for letter in document["letters"]] == [
        *"HELLO", "space", *"WORK", "del", *"LD",
    ]  # fmt: skip
    assert (document["frames"], document["fps"], document["duration_s"]) == (272, 25.0, 10.88)


def test_json_of_one_picture(run, examples):
    document = json.loads(run("read", "-f", "json", examples / "w.jpg").stdout)
    [letter] = document["letters"]
    assert (letter["char"], letter["start_s"], letter["end_s"]) == ("W", 0, 0)
    assert len(document["probabilities"]) == 29
    assert sum(document["probabilities"].values()) == pytest.approx(1, abs=1e-3)


def test_json_of_several_is_a_list(run, examples):
    documents = json.loads(run("read", examples / "a.jpg", examples / "l.jpg", "--json").stdout)
    assert [document["text"] for document in documents] == ["A", "L"]


def test_a_folder(run, examples, tmp_path):
    for number, name in enumerate(["l", "a", "w"]):
        (tmp_path / f"{number}.jpg").write_bytes((examples / f"{name}.jpg").read_bytes())
    assert run("read", tmp_path).stdout == "LAW\n"


@pytest.fixture
def misspelled(tmp_path, examples):
    """A folder of stills that spells WALA, which is no English word."""
    for number, name in enumerate(["w", "a", "l", "a"]):
        (tmp_path / f"{number}.jpg").write_bytes((examples / f"{name}.jpg").read_bytes())
    return tmp_path


def test_own_words_and_no_correction(run, misspelled, tmp_path_factory):
    own = tmp_path_factory.mktemp("own") / "words.txt"
    own.write_text("Wala\n")
    assert run("read", misspelled, "--no-spell").stdout == "WALA\n"
    assert run("read", misspelled, "--words", own).stdout == "WALA\n"
    document = json.loads(run("read", misspelled, "--json").stdout)
    assert document["raw_text"] == "WALA"
    result = run("read", misspelled, "--words", own.with_name("none.txt"))
    assert result.exit_code == 1
    assert "none.txt cannot be read (No such file or directory)" in result.stderr


def test_captions_burnt_into_a_copy(run, examples, clip, tmp_path):
    result = run("read", clip, examples / "a.jpg", "--burn-in", "-o", tmp_path)
    assert result.exit_code == 1  # a picture has no video to caption; its text is written all the same
    assert f"{examples / 'a.jpg'} is not a video file" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.txt",
        "clip.captioned.mp4",
        "clip.txt",
    ]
    assert probe_video(tmp_path / "clip.captioned.mp4") == (25.0, 2.0)


def test_an_input_is_not_written_over(run, make_video, tmp_path):
    names = ("clip.mp4", "clip.captioned.mp4")
    both = [make_video(name, [grey_frame(90, (128, 128))] * 4, range(0, 160, 40)) for name in names]
    before = both[1].read_bytes()
    (tmp_path / "ring").symlink_to("ring")
    result = run("read", tmp_path / "ring", *both, "--burn-in", "-o", tmp_path)
    assert result.exit_code == 1
    assert "clip.captioned.mp4 is an input, and is not written over: choose another" in result.stderr
    assert both[1].read_bytes() == before


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text elsewhere")
def test_a_name_that_is_no_text(examples, tmp_path):
    name = os.fsdecode(b"a\xe9.jpg")
    shutil.copy(examples / "a.jpg", tmp_path / name)
    strict = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}

    def printed(*arguments):
        command = [sys.executable, "-m", "fingerspell", "read", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=strict, stdout=subprocess.PIPE, check=True
        ).stdout

    assert printed(name, name) == b"a\\udce9.jpg: A\n" * 2
    assert json.loads(printed(name, "--json"))["source"] == "a\\udce9.jpg"
    printed(name, "-f", "json", "-o", "out")
    assert json.loads((tmp_path / "out" / "a_.json").read_bytes())["text"] == "A"


def test_what_holds_one_picture_is_a_picture(run, examples, tmp_path, serve_folder, make_video):
    """In a GIF, an AVIF, a video of one frame, and behind an address: each is the W of the JPEG."""
    w = Image.open(examples / "w.jpg").convert("RGB")
    w.save(tmp_path / "w.gif")
    w.save(tmp_path / "w.avif")
    shutil.copy(examples / "w.jpg", tmp_path / "w.jpg")
    make_video("w.mp4", [np.asarray(w)], [0])
    sources = [tmp_path / "w.gif", tmp_path / "w.avif", tmp_path / "w.mp4"]
    sources += [f"{serve_folder(tmp_path)}/{name}" for name in ("w.jpg", "w.mp4")]
    result = run("read", *sources, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    for document in json.loads(result.stdout):
        [letter] = document["letters"]
        assert (document["text"], letter["start_s"], letter["end_s"]) == ("W", 0, 0)
        assert max(document["probabilities"], key=document["probabilities"].get) == "W"


def test_several_pictures_in_one_file_spell_a_word(run, examples, tmp_path):
    """Each letter for 0.6 s, in pictures that are not quite alike: equal ones would be written once."""
    suffixes = ("gif", "webp", "png", "avif", "mjpeg")
    noise = np.random.default_rng(0)
    pictures = []
    for name in "law":
        still = np.asarray(Image.open(examples / f"{name}.jpg").convert("RGB").resize((128, 128)))
        for _ in range(15):
            rough = still + noise.integers(-2, 3, still.shape)
            pictures.append(Image.fromarray(rough.clip(0, 255).astype(np.uint8)))
    for suffix in suffixes:
        options = {"lossless": True} if suffix == "webp" else {}
        content = moving(pictures, suffix, [40] * len(pictures), **options)
        (tmp_path / f"{suffix}.jpg").write_bytes(content)
    result = run("read", *(tmp_path / f"{suffix}.jpg" for suffix in suffixes), "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    documents = json.loads(result.stdout)
    assert [document["text"] for document in documents] == ["LAW"] * len(suffixes)
    for document in documents:
        assert (document["frames"], document["fps"]) == (45, pytest.approx(25))
        assert document["duration_s"] == pytest.approx(1.8)


def test_a_damaged_picture_does_not_spoil_its_folder(run, examples, tmp_path):
    for number, name in enumerate(["l", "a", "w"]):
        (tmp_path / f"{number}.jfif").write_bytes((examples / f"{name}.jpg").read_bytes())
    (tmp_path / "1.jfif").write_bytes((examples / "a.jpg").read_bytes()[:2000])
    result = run("read", tmp_path, "--no-spell")
    assert (result.exit_code, result.stdout) == (1, "LW\n")
    assert result.stderr == (
        f"error: {tmp_path}/1.jfif is damaged or cut short: copy or export the image again.\n"
    )
    letters = json.loads(run("read", tmp_path, "--no-spell", "--json").stdout)["letters"]
    assert [(each["char"], each["start_s"], each["end_s"]) for each in letters] == [
        ("L", 0, 1),
        ("W", 2, 3),
    ]


def test_what_of_a_folder_is_passed_over_is_said(run, examples, tmp_path):
    shutil.copy(examples / "a.jpg", tmp_path / "1.JPEG")
    shutil.copy(examples / "hello.mp4", tmp_path / "hello.mp4")
    (tmp_path / "notes").mkdir()
    result = run("read", tmp_path)
    assert (result.exit_code, result.stdout) == (0, "A\n")
    assert result.stderr == (
        f"note: {tmp_path}: only images are read; 1 other file (1 .mp4) and 1 folder passed over.\n"
    )


def test_several_inputs_are_titled(run, examples):
    a, w = examples / "a.jpg", examples / "w.jpg"
    assert run("read", a, w).stdout == f"{a}: A\n{w}: W\n"


def test_another_format_on_stdout(run, clip):
    stdout = run("read", clip, "-f", "srt").stdout
    assert stdout.startswith("1\n00:00:00")
    assert stdout.count("-->") == 1


def test_all_formats_into_a_new_folder(run, examples, clip, tmp_path):
    out = tmp_path / "new" / "out"
    result = run("read", clip, examples / "a.jpg", "-f", "all", "-o", out)
    assert (result.exit_code, result.stdout) == (0, "")
    names = {path.name for path in out.iterdir()}
    assert names == {
        f"{stem}.{f}" for stem in ("clip", "a") for f in ("txt", "srt", "vtt", "tsv", "json")
    }
    assert (out / "clip.txt").read_text() == "HE\n"
    assert (out / "clip.vtt").read_text().startswith("WEBVTT\n")
    assert (out / "clip.vtt").read_text().count("-->") == 1
    assert (out / "clip.tsv").read_text().startswith("start_s\tend_s")
    assert json.loads((out / "a.json").read_text())["text"] == "A"


def test_files_of_the_same_name_do_not_overwrite_each_other(run, examples, tmp_path):
    a, w = (examples / name for name in ("a.jpg", "w.jpg"))
    paths = [tmp_path / "x" / "p.jpg", tmp_path / "y" / "p.jpg", tmp_path / "y" / "p.jpeg"]
    for path, source in zip(paths, (a, w, a), strict=True):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(source.read_bytes())
    out = tmp_path / "out"
    run("read", *paths, "-o", out)
    written = {path.name: path.read_text() for path in out.iterdir()}
    assert written == {"p.txt": "A\n", "p.jpg.txt": "W\n", "p.jpeg.txt": "A\n"}


def test_bad_inputs_are_reported_in_a_sentence_and_the_others_read(run, examples, bad_files):
    result = run("read", *bad_files, examples / "l.jpg")
    assert result.exit_code == 1
    assert result.stdout == f"{examples / 'l.jpg'}: L\n"
    errors = result.stderr.splitlines()
    assert len(errors) == len(bad_files)
    for line, (path, message) in zip(errors, bad_files.items(), strict=True):
        assert line.startswith(f"error: {path}")
        assert message in line
        assert line.endswith(".")


def test_json_holds_what_worked(run, examples, bad_files):
    result = run("read", *bad_files, examples / "l.jpg", "--json")
    assert result.exit_code == 1
    assert [document["text"] for document in json.loads(result.stdout)] == ["L"]
    assert run("read", next(iter(bad_files)), "--json").stdout == ""


@pytest.mark.parametrize(
    "args",
    [
        ["read"],
        ["read", "a.jpg", "-f", "docx"],
        ["read", "a.jpg", "-f", "all"],
        ["read", "a.jpg", "--burn-in"],
        ["read", "a.jpg", "-f", "srt", "--json"],
        ["read", "a.jpg", "--name-probability", "1"],
        ["read", "a.jpg", "--fps", "4"],
        ["write"],
    ],
)
def test_wrong_usage_is_exit_code_2(run, args):
    result = run(*args)
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_of_a_video_that_is_cut_short_what_is_there_is_read(run, examples, clip, tmp_path):
    cut = tmp_path / "cut.mkv"
    write_beginning(examples / "hello.mp4", cut, 3.0)
    cut.write_bytes(cut.read_bytes()[: int(0.75 * cut.stat().st_size)])
    result = run("read", cut, clip)
    assert result.exit_code == 1
    assert re.fullmatch(r".*cut.mkv: HE\n.*clip.mp4: HE\n", result.stdout)
    assert re.fullmatch(r"error: .*cut.mkv is damaged or cut short after \d\.\d s: .*\n", result.stderr)
    with pytest.raises(IncompleteError, match="cut short") as raised:
        load_reader().read(cut)
    assert raised.value.transcript.text == "HE"
    copied = pickle.loads(pickle.dumps(raised.value))
    assert (str(copied), copied.transcript) == (str(raised.value), raised.value.transcript)
    result = run("read", cut, "-f", "srt", "-o", tmp_path / "out")
    assert (result.exit_code, "cut short" in result.stderr) == (1, True)
    assert "HE" in (tmp_path / "out" / "cut.srt").read_text()


def test_a_shorter_pause_makes_more_spaces(run, examples, make_video):
    """L and A, and a third of a second of grey between."""
    first, second = (
        Image.open(examples / f"{name}.jpg").convert("RGB").resize((128, 128)) for name in "la"
    )
    frames = [np.asarray(first)] * 15 + [grey_frame(120, (128, 128))] * 8 + [np.asarray(second)] * 15
    path = make_video("la.mp4", frames, range(0, 40 * len(frames), 40))
    assert run("read", path, "--no-spell").stdout == "LA\n"
    assert run("read", path, "--no-spell", "--pause", "0.1").stdout == "L A\n"
    result = run("read", path, "--pause", "nan")
    assert (result.exit_code, "--pause" in result.stderr) == (2, True)


def test_a_model_that_cannot_be_loaded(run, examples, tmp_path):
    result = run("read", examples / "a.jpg", "--model", tmp_path / "none.onnx")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {tmp_path / 'none.onnx'} cannot be read")


def test_hands_that_cannot_be_found(run, examples, tmp_path):
    result = run("read", str(examples / "hello.mp4"), "--hands", str(tmp_path / "none.task"))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {tmp_path / 'none.task'} cannot be read")


def test_a_folder_that_cannot_be_written_to(run, examples, tmp_path):
    (tmp_path / "file").touch()
    result = run("read", examples / "a.jpg", "-o", tmp_path / "file")
    assert result.exit_code == 1
    assert "choose another folder with -o" in result.stderr


def test_debug_shows_the_traceback(run, tmp_path):
    result = run("read", tmp_path / "none.jpg", "--debug")
    assert result.exit_code == 1
    assert type(result.exception).__name__ == "MediaError"


def test_help_and_version(run):
    assert run("--version").stdout == f"fingerspell {__version__}\n"
    assert "Images and video" in run("--help").stdout
    assert "rtsp://" in run("read", "--help").stdout


def test_ctrl_c_stops_cleanly(make_video, tmp_path):
    """A real process, a long video, and the signal a terminal sends."""
    clip = make_video("long.mp4", (grey_frame(i % 250) for i in range(9000)), range(0, 9000 * 40, 40))
    out = tmp_path / "out"
    command = [sys.executable, "-m", "fingerspell", "read", str(clip), "-o", str(out)]
    with subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # A test runner in the background ignores the signal, and its children would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as process:
        deadline = time.monotonic() + 60
        while not out.exists() and time.monotonic() < deadline:
            time.sleep(0.01)  # the folder is made just before reading begins
        process.send_signal(signal.SIGINT)
        try:
            stdout, stderr = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert stdout == ""
    assert "Traceback" not in stderr
    assert not list(out.iterdir())
