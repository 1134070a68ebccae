"""`data synthesise` as a user meets it: a video that the reader reads, and when each sign is there."""

import json

import pytest
from typer.testing import CliRunner

from fingerspell.cli import app
from fingerspell.evaluation.sequences import load_known, measure_sequences
from fingerspell.runtime.media.video import probe_video, video_frames
from fingerspell.runtime.onnx_classifier import OnnxClassifier


@pytest.fixture
def run():
    return lambda *args: CliRunner().invoke(app, [str(a) for a in args])


def test_a_video_and_its_truth(run, samples, tmp_path):
    clip = tmp_path / "new" / "law.mp4"
    result = run("data", "synthesise", "a law", samples, "-o", clip, "--fps", 25, "--side", 192)
    truth_path = clip.with_suffix(".json")
    assert (result.exit_code, result.stderr) == (0, f"wrote {clip} and {truth_path}\n")
    fps, length_s = probe_video(clip)
    truth = json.loads(truth_path.read_text())
    assert (fps, truth["source"], truth["text"]) == (25.0, "law.mp4", "A LAW")
    assert [sign["char"] for sign in truth["letters"]] == list("ALAW")
    times = [sign[key] for sign in truth["letters"] for key in ("start_s", "end_s")]
    assert times == sorted(times)
    assert 0 < times[0] < times[-1] < length_s
    assert run("read", clip).stdout == "A LAW\n"


def test_the_truth_is_what_evaluate_takes(run, samples, tmp_path):
    clip = tmp_path / "law.mp4"
    assert run("data", "synthesise", "LAW", samples, "-o", clip, "--gap", "sign").exit_code == 0
    figures = measure_sequences(OnnxClassifier(), load_known(clip.with_suffix(".json")))
    assert (figures.character_error_rate, figures.recall, figures.letters) == (0.0, 1.0, 3)


def test_the_same_seed_gives_the_same_video(run, samples, tmp_path):
    def first_frame(name: str, seed: int):
        run("data", "synthesise", "A", samples, "-o", tmp_path / name, "--noise", 9, "--seed", seed)
        return next(video_frames(tmp_path / name)).pixels

    one, again, other = first_frame("1.mp4", 1), first_frame("2.mp4", 1), first_frame("3.mp4", 2)
    assert (one == again).all()
    assert (one != other).any()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("don't", '"\'" cannot be spelled: give letters from A to Z and spaces.'),
        ("É", "'É' cannot be spelled"),
        ("  ", "there is no text to sign"),
    ],
)
def test_what_cannot_be_spelled(run, samples, tmp_path, text, message):
    result = run("data", "synthesise", text, samples, "-o", tmp_path / "a.mp4")
    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert message in result.stderr


def test_stills_that_are_missing(run, samples, tmp_path):
    stills, clip = tmp_path / "stills", tmp_path / "a.mp4"
    (stills / "A").mkdir(parents=True)
    for missing, message in (
        (tmp_path / "none", "none is not a folder"),
        (samples / "A", "2 of 2 images are in no class folder: the folder itself"),
        (stills, "holds no images: put them into folders named A to Z"),
    ):
        result = run("data", "synthesise", "A", missing, "-o", clip)
        assert (result.exit_code, message in result.stderr) == (1, True), result.stderr
    picture = next((samples / "A").iterdir())
    (stills / "A" / picture.name).write_bytes(picture.read_bytes())
    result = run("data", "synthesise", "AB", stills, "-o", clip)
    assert "there are no stills of B, nothing: add them" in result.stderr


@pytest.mark.parametrize("wrong", [("--side", 31), ("--pace", 0), ("--fps", 0), ("--noise", -1)])
def test_wrong_options_are_exit_code_2(run, samples, tmp_path, wrong):
    assert run("data", "synthesise", "A", samples, "-o", tmp_path / "a.mp4", *wrong).exit_code == 2
    assert run("data", "synthesise", "A", samples, "-o", tmp_path / "a.avi").exit_code == 2


def test_a_folder_that_cannot_be_written_to(run, samples, tmp_path):
    (tmp_path / "file").touch()
    result = run("data", "synthesise", "A", samples, "-o", tmp_path / "file" / "a.mp4")
    assert (result.exit_code, "cannot be written" in result.stderr) == (1, True)
