"""Pictures of one's own hand: what is kept, when one is taken, and how a training is watched."""

import json
import sys
from pathlib import Path

import pytest
from tests.app.pictures import jpeg

from fingerspell.app import settings
from fingerspell.app.live.session import LiveSession
from fingerspell.app.readers import own_folder, own_models
from fingerspell.app.settings import AppSettings
from fingerspell.app.teach.album import SIGNS, Album
from fingerspell.app.teach.recorder import Recorder
from fingerspell.app.teach.teach_page import Teaching, as_file_name
from fingerspell.app.teach.training import FAILED, Training, command
from fingerspell.cli.common import stage_lines
from fingerspell.errors import AppError
from fingerspell.runtime.reader import Reader


@pytest.fixture
def album(tmp_path: Path) -> Album:
    return Album(tmp_path / "pictures")


def test_pictures_are_kept_in_class_folders_until_they_are_deleted(album):
    for sign in "AAB":
        album.add(sign, sign.encode())
    album.add("A", b"third")
    assert [path.name for path in album.pictures("A")] == ["1.jpg", "2.jpg", "3.jpg"]
    assert (album.folder / "A" / "3.jpg").read_bytes() == b"third"
    assert {sign: n for sign, n in album.counts().items() if n} == {"A": 3, "B": 1}
    album.remove("A")
    assert album.counts()["A"] == 0
    album.clear()
    assert not album.folder.exists()


def test_when_a_reader_can_be_taught(album):
    assert not album.is_enough()
    for _ in range(3):
        album.add("A", b"")
    assert not album.is_enough()  # one sign alone
    album.add("B", b"")
    assert not album.is_enough()  # too few of B
    for _ in range(2):
        album.add("B", b"")
    assert album.is_enough()


def test_the_next_sign_is_one_that_lacks_pictures(album):
    for _ in range(10):
        album.add("B", b"")
    assert album.next_sign("B") == "C"
    assert album.next_sign(SIGNS[-1]) == SIGNS[-1]  # it lacks pictures itself
    assert "J" not in SIGNS
    assert "Z" not in SIGNS


def test_own_signs_and_digits_have_pictures_too(album):
    assert {"0", "9", "A", "nothing"} <= set(album.signs)
    assert album.begin(" thank-you! ") == "thank-you"
    album.add("thank-you", b"")
    assert album.signs[-1] == "thank-you"
    assert album.counts()["thank-you"] == 1
    assert [album.begin(name) for name in ("a", "7")] == ["A", "7"]  # these are known already
    for name in ("J", "space", "?", "\u00e4"):
        with pytest.raises(AppError):
            album.begin(name)


def test_pictures_are_taken_some_time_apart_and_of_hands_alone():
    kept = []
    recorder = Recorder(kept.append, 3)
    taken = [
        step / 10 for step in range(60) if recorder.see(step / 10, b"x", 0.2 if step == 10 else 0.9)
    ]
    # After a second, but that frame shows no hand; then every half second.
    assert taken == [1.1, 1.6, 2.1]
    assert (len(kept), recorder.left) == (3, 0)


def test_a_picture_that_cannot_be_kept_ends_it(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    album = Album(tmp_path / "file")
    with pytest.raises(AppError):
        album.add("A", b"")
    recorder = Recorder(lambda picture: album.add("A", picture), 3, next_s=0.0)
    assert recorder.see(0.0, b"", 1.0)
    assert recorder.left == 0
    assert "cannot be written" in recorder.error


def test_a_session_gives_its_pictures_to_a_recorder(grey_classifier):
    session, kept = LiveSession(Reader(grey_classifier)), []
    picture = jpeg(grey_classifier.picture_of("nothing"))
    assert "caption" not in session.look(picture, 0.0)
    session.recorder = Recorder(kept.append, 1, next_s=0.0)
    assert session.look(picture, 0.1)["caption"]["revision"] == 1  # so the page shows the picture
    assert kept == [picture]


SAID = {"pictures": {"A": 3, "B": 3}, "right_before": {"A": 1, "B": 3}, "right_after": {"A": 3, "B": 2}}


def run(script: str) -> Training:
    return Training([sys.executable, "-c", f"import sys, json\n{script}"])


def test_a_training_tells_its_progress_and_what_it_gained():
    document = json.dumps({**SAID, "n_unusable": 2})
    training = run(
        f"print('note: nothing', file=sys.stderr)\n"
        f"print(json.dumps(dict(stage='checking', done=1, total=4)), file=sys.stderr)\n"
        f"print('''{document}''')"
    )
    training._watcher.join()
    assert not training.is_running
    assert (training.progress.stage, training.progress.share) == ("checking", 0.25)
    assert (training.gain.n, training.gain.n_unusable) == (6, 2)
    assert (training.gain.before, training.gain.after) == (SAID["right_before"], SAID["right_after"])


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (
            "print('error: x holds images of A only.', file=sys.stderr); sys.exit(1)",
            "X holds images of A only.",
        ),
        ("sys.exit(3)", FAILED),
    ],
)
def test_a_training_that_fails_says_why(script, error):
    training = run(script)
    training._watcher.join()
    assert (training.error, training.gain) == (error, None)


def test_a_training_is_cancelled():
    training = run("import time\nprint('{}'); time.sleep(600)")
    assert training.is_running
    training.cancel()
    assert (training.is_running, training.error, training.gain) == (False, "", None)


def test_progress_for_programs_is_a_document_a_line(capsys):
    advance = stage_lines()("checking", 5)
    advance(2)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["stage"], line["done"], line["total"]) for line in lines] == [
        ("checking", 0, 5),
        ("checking", 2, 5),
    ]


def test_what_is_dropped_is_deleted(tmp_path):
    teaching = Teaching(tmp_path)
    teaching.album.add("A", b"")
    teaching.taught.write_bytes(b"model")
    teaching.end(keep_pictures=True)
    assert not teaching.taught.exists()
    assert teaching.album.counts()["A"] == 1
    teaching.end(keep_pictures=False)
    assert not teaching.album.folder.exists()


def test_models_of_ones_own_are_for_ones_own_computer(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(settings, "_current", AppSettings())
    own_folder().mkdir(parents=True)
    (own_folder() / "my hand.onnx").write_bytes(b"")
    assert [path.name for path in own_models()] == ["my hand.onnx"]
    monkeypatch.setattr(settings, "_current", AppSettings(host="0.0.0.0"))
    assert own_models() == []


def test_names_of_readers_are_file_names_anywhere():
    assert as_file_name("Anna's hand: ../left") == "Anna s hand left"
    assert as_file_name(" ?? ") == "my hand"


@pytest.mark.slow
def test_a_reader_is_taught(tmp_path, examples):
    """The whole way: three pictures each of two letters, as the app's page has them."""
    from PIL import Image  # noqa: PLC0415

    album = Album(tmp_path / "pictures")
    for letter in "LW":
        picture = Image.open(examples / f"{letter.lower()}.jpg")
        for number in range(3):
            path = tmp_path / "one.jpg"
            picture.rotate(4 * number).save(path)
            album.add(letter, path.read_bytes())
    training = Training(command(album.folder, "default", tmp_path / "taught.onnx"))
    training._watcher.join()
    assert training.error == ""
    assert training.gain.pictures == {"L": 3, "W": 3}
    assert (tmp_path / "taught.onnx").is_file()
