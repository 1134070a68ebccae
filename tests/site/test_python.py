"""What the site gives Pyodide, run by this Python without packages: the same text as the reader's."""

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from subprocess import PIPE

import numpy as np
import pytest
from tests.conftest import REPOSITORY

from fingerspell import load_reader, open_media
from fingerspell.app.upload.stills import letter_of, likeliest
from fingerspell.core.alphabet import CLASSES, DIGITS, Alphabet
from fingerspell.core.ticks import TICK_INPUTS, Glance
from fingerspell.runtime.hand_tracking import HandTracker

EXAMPLES = REPOSITORY / "examples"
# -S leaves out installed packages; the archives hold what is left.
RUN = """
import sys
import page
page.begin("test", "", sys.stdin.readline(), sys.stdin.readline())
for line in iter(sys.stdin.readline, ""):
    print(page.answer(line), flush=True)
print(sorted(name for name in ("numpy", "onnxruntime", "PIL") if name in sys.modules))
"""


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("site")
    spec = spec_from_file_location("site_build", REPOSITORY / "site" / "build.py")
    build = module_from_spec(spec)
    spec.loader.exec_module(build)
    build.write_python(folder)
    return [folder / "package.zip", folder / "words.zip"]


@pytest.fixture(scope="module")
def ask(archives):
    """Asks a page's Python one thing after another."""

    def asked(*messages: dict, alphabet: Alphabet | None = None) -> list:
        paths = [str(path) for path in archives]
        command = [sys.executable, "-S", "-E", "-c", f"import sys; sys.path[:0] = {paths}\n{RUN}"]
        network, states = load_reader().network, {}
        with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True, bufsize=1) as run:

            def send(message) -> str:
                run.stdin.write(json.dumps(message) + "\n")
                return run.stdout.readline()

            about = network.about if network and alphabet is None else None
            run.stdin.write(json.dumps(about) + "\n")
            run.stdin.write(json.dumps(alphabet and alphabet.as_dict()) + "\n")
            answers = []
            for message in messages:
                answer = json.loads(send(message))
                while answer and "questions" in answer:
                    said = [_said(network, states, question) for question in answer["questions"]]
                    answer = json.loads(send({"do": "said", "said": said}))
                answers.append(answer)
            run.stdin.close()
            assert run.stdout.read() == "[]\n"
        assert run.returncode == 0
        return answers

    return asked


def _said(network, states: dict, question: dict) -> list[list[float]]:
    """What python-worker.js has ONNX Runtime say."""
    stream, ticks = question["stream"], question["ticks"]
    assert tuple(ticks) == TICK_INPUTS
    if question["afresh"]:
        states[stream] = np.zeros((1, *question["start"]), np.float32)
    glances = list(map(Glance, *ticks.values()))
    said, states[stream] = network.step(glances, states[stream])
    return said


@pytest.fixture(scope="module")
def seen():
    """Each frame of the example video, as the model sees it."""
    media = open_media(EXAMPLES / "hello.mp4")
    tracker = HandTracker(load_reader().classifier)
    return [(frame, tracker.look(frame)) for frame in media.frames()], media


def numbers_of(frame, look) -> list[float]:
    """What reader.js makes of a frame."""
    height, width = frame.pixels.shape[:2]
    joints = look.joints.ravel().tolist()
    return [*look.probabilities.tolist(), *joints, look.hand_probability, width / height]


# Whole, and cut off while the W is held.
@pytest.mark.parametrize("share", [pytest.param(1.0, marks=pytest.mark.slow), 0.54])
def test_a_video_is_read_as_by_the_reader(ask, seen, share):
    frames, media = seen
    frames = frames[: round(share * len(frames))]
    shown = [
        {
            "do": "video_frame",
            "numbers": numbers_of(frame, look),
            "time_s": frame.time_s,
            "duration_s": frame.duration_s,
        }
        for frame, look in frames
    ]
    end = {
        "do": "video_end",
        "name": "hello.mp4",
        "duration_s": media.duration_s,
        "frames": len(frames),
    }
    *_, read = ask({"do": "words"}, {"do": "video"}, *shown, end)
    cut = replace(media, frames=lambda: (frame for frame, _ in frames))
    known = load_reader().read_media(cut).as_dict()
    assert (read["text"], read["raw_text"]) == (known["text"], known["raw_text"])
    assert read["letters"] == known["letters"]
    assert read["files"]["txt"] == f"{known['text']}\n"
    assert "-->" in read["files"]["srt"]


def test_digits_are_told_from_letters_by_the_signs_beside_them(ask):
    both = Alphabet.of((*CLASSES, *DIGITS))
    shown = []
    for sign in "2024":
        for said in [sign] * 12 + ["nothing"] * 3:
            probabilities = [0.0] * len(both)
            probabilities[both.index(said)] = 1.0
            hand = 0.0 if said == "nothing" else 1.0
            numbers = [*probabilities, *[0.5] * 42, hand, 1.5]
            time_s = len(shown) / 30
            shown.append(
                {"do": "video_frame", "numbers": numbers, "time_s": time_s, "duration_s": 1 / 30}
            )
    end = {"do": "video_end", "name": "year.mp4", "duration_s": 2.0, "frames": len(shown)}
    *_, read = ask({"do": "words"}, {"do": "video"}, *shown, end, alphabet=both)
    assert read["text"] == "2024"


def test_a_camera_s_frames_become_text_which_words_correct_later(ask, seen):
    frames, _ = seen
    shown = [
        {
            "do": "frame",
            "session": "live",
            "t": 5000 + 1000 * frame.time_s,
            "numbers": numbers_of(frame, look),
        }
        for frame, look in frames
    ]
    half = len(shown) // 2
    hello, *answers = ask(
        {"do": "connect", "session": "live"}, *shown[:half], {"do": "words"}, *shown[half:]
    )
    assert hello["caption"]["text"] == ""
    assert answers[0]["t"] == shown[0]["t"]
    captions = [answer["caption"] for answer in answers if answer and "caption" in answer]
    assert captions[-1]["raw"].startswith("HELLO WORL")
    assert not any(caption["suggestions"] for caption in captions[:2])
    assert any(caption["suggestions"] for caption in captions)


@pytest.mark.parametrize("hand", [0.9, 0.1])
def test_a_picture_is_read_as_by_the_app(ask, hand):
    reader = load_reader()
    [frame] = open_media(EXAMPLES / "w.jpg").frames()
    [look] = reader.classifier.classify(frame.pixels[None])
    [read] = ask({"do": "still", "probabilities": look.probabilities.tolist(), "hand": hand})
    best = likeliest(reader.read_still(frame).probabilities.tolist())
    assert [sign for sign, _ in read["best"]] == [sign for sign, _ in best]
    assert read["letter"] == letter_of(best, has_hand=hand > 0.5) == ("W" if hand > 0.5 else "")


def test_practice_goes_on_without_a_server(ask):
    begun, guessed, again = ask(
        {"do": "learn", "mode": "Read a sign", "level": "All letters"},
        {"do": "guess", "letter": "?"},
        {"do": "learn", "mode": "Letters", "level": "All letters"},
    )
    assert (begun["skill"], begun["text"]) == ("read", "Which letter is it?")
    assert (guessed["kind"], guessed["text"]) == ("wrong", "Type a letter, A to Z.")
    assert again["text"] == f"Show {again['target']} to the camera."
    assert again["how"]
