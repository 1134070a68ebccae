"""Pages track a hand as Python does: the same frames are looked at, near the same landmarks."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import REPOSITORY

from fingerspell.core.alphabet import CLASSES, DIGITS, Alphabet
from fingerspell.core.types import Frame, Prediction
from fingerspell.runtime.following import HandFollower, page_rules

SCRIPT = REPOSITORY / "src" / "fingerspell" / "app" / "live" / "static" / "following.js"
SHAPE = (150, 201)
BOTH = Alphabet.of((*CLASSES, *DIGITS))
NO_PICTURES = {"shape": SHAPE, "greens": []}
HELD = "held"  # was not looked at
RUN = """
import { readFileSync } from "node:fs";
import { HandFollower, narrowed } from "./following.mjs";
const given = JSON.parse(readFileSync(0));
const { rules, pictures, frames } = given;
const [height, width] = pictures.shape;
const drawn = pictures.greens.map((greens) => {
  const data = new Uint8ClampedArray(4 * height * width);
  greens.forEach((green, i) => (data[4 * i + 1] = green));
  return { data, width, height };
});
const follower = new HandFollower(rules);
const looked = frames.map(({ timeS, picture, seen }) => {
  if (follower.held(drawn[picture], timeS)) return "held";
  const [x] = follower.near;
  follower.take(seen, drawn[picture], timeS);
  return Number.isNaN(x) ? null : x;
});
const told = (given.known ?? []).map((each) => [...narrowed(each, given.rules)]);
console.log(JSON.stringify({ looked, told }));
"""


class Told:
    """Sees what it is told, and notes near what it looked."""

    name, alphabet = "told 1", BOTH
    can_follow = True

    def classify_near(self, picture: np.ndarray, joints: np.ndarray) -> Prediction:
        self.near = None if np.isnan(joints).all() else float(joints[0, 0])
        return self.seen

    def classify(self, pictures: np.ndarray) -> list[Prediction]:
        raise NotImplementedError


def pictures() -> list[np.ndarray]:
    """A room, the same with a webcam's noise, and a hand at several places; RGB uint8 [H, W, 3]."""
    random = np.random.default_rng(0)
    room = random.integers(60, 90, (*SHAPE, 3)).astype(np.uint8)
    drawn = [room] + [np.uint8(room + random.integers(0, 16, room.shape)) for _ in range(3)]
    for x in (20, 90, 150):
        drawn.append(room.copy())
        drawn[-1][40:100, x : x + 40] = 230
    return drawn


def scenes() -> list[dict]:
    """Frames of half a minute: hands, sure and uncertain, and rooms where things move or do not."""
    random = np.random.default_rng(1)
    frames, time_s = [], 3.0
    for scene in range(50):
        kind = ("hand", "still", "uncertain", "moving", "alike")[scene % 5]
        for _ in range(random.integers(3, 40)):
            time_s += float(random.choice([1 / 30, 1 / 60, 0.2], p=[0.8, 0.15, 0.05]))
            there = kind in ("hand", "uncertain", "alike")
            picture = random.integers(4, 7) if there or kind == "moving" else random.integers(0, 4)
            seen = {
                "probabilities": _probabilities(kind),
                "joints": [float(np.float32(random.random()))] * 42,
                "hand": 0.9 if there else 0.1,
            }
            frames.append({"timeS": time_s, "picture": int(picture), "seen": seen})
    return frames


def _probabilities(kind: str) -> list[float]:
    said = [0.0] * len(BOTH)
    said[0] = 0.0 if kind == "alike" else 0.5 if kind == "uncertain" else 0.9
    said[BOTH.index("V")] = said[BOTH.index("2")] = (1 - said[0]) / 2
    return said


def looked_by_python(drawn: list[np.ndarray], frames: list[dict]) -> list[str | float | None]:
    told = Told()
    follower = HandFollower(told)
    looked = []
    for frame in frames:
        seen = frame["seen"]
        joints = np.reshape(np.float32(seen["joints"]), (21, 2))
        told.near = HELD
        told.seen = Prediction(np.float32(seen["probabilities"]), joints, seen["hand"])
        follower.look(Frame(frame["timeS"], drawn[frame["picture"]]))
        looked.append(told.near)
    return looked


def test_a_page_looks_when_and_where_python_does(tmp_path):
    drawn, frames = pictures(), scenes()
    greens = [picture[:, :, 1].ravel().tolist() for picture in drawn]
    given = {
        "rules": page_rules(BOTH, BOTH),
        "pictures": {"shape": SHAPE, "greens": greens},
        "frames": frames,
    }
    known = looked_by_python(drawn, frames)
    assert _run(tmp_path, given)["looked"] == known
    assert known.count(HELD) > 50
    assert sum(isinstance(near, float) for near in known) > 50


def test_a_page_leaves_out_what_python_does(tmp_path):
    said = np.random.default_rng(2).dirichlet(np.full(len(BOTH), 0.3), 5).tolist()
    read = BOTH.read(digits=False)
    given = {"rules": page_rules(BOTH, read), "known": said, "frames": [], "pictures": NO_PICTURES}
    known = [BOTH.narrowed(each, read) for each in said]
    np.testing.assert_allclose(_run(tmp_path, given)["told"], known, atol=1e-6)


def _run(folder: Path, given: dict) -> dict:
    if shutil.which("node") is None:
        pytest.skip("no node here: install Node.js")
    shutil.copy(SCRIPT, folder / "following.mjs")
    (folder / "run.mjs").write_text(RUN)
    run = subprocess.run(
        ["node", folder / "run.mjs"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return json.loads(run.stdout)
