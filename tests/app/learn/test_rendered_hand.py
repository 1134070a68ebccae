"""The hand's file, read as glTF says, and what pages get."""

import json
import struct

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from fingerspell.app.learn import rendered_hand
from fingerspell.app.learn.keyframes import OPEN, REST
from fingerspell.core.alphabet import LETTERS

LARGEST_KB = 500


@pytest.fixture(scope="module")
def gltf() -> tuple[dict, bytes]:
    """The document and the binary part."""
    content = (rendered_hand.STATIC / rendered_hand.HAND).read_bytes()
    magic, version, length = struct.unpack_from("<4sII", content)
    assert (magic, version, length) == (b"glTF", 2, len(content))
    size, kind = struct.unpack_from("<I4s", content, 12)
    assert kind == b"JSON"
    return json.loads(content[20 : 20 + size]), content[28 + size :]


def values(gltf: tuple[dict, bytes], number: int) -> np.ndarray:
    document, binary = gltf
    accessor = document["accessors"][number]
    kind = {5126: np.float32, 5121: np.uint8, 5123: np.uint16}[accessor["componentType"]]
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}[accessor["type"]]
    begin = document["bufferViews"][accessor["bufferView"]]["byteOffset"]
    found = np.frombuffer(binary, kind, accessor["count"] * width, begin)
    return found.reshape(accessor["count"], width)


def test_the_file_is_small_and_says_whose_it_is(gltf):
    assert (rendered_hand.STATIC / rendered_hand.HAND).stat().st_size < LARGEST_KB * 1000
    assert gltf[0]["asset"]["copyright"].startswith("CC0")


def test_the_mesh_moves_with_its_bones(gltf):
    [primitive] = gltf[0]["meshes"][0]["primitives"]
    at = {name: values(gltf, number) for name, number in primitive["attributes"].items()}
    corners = values(gltf, primitive["indices"])
    assert corners.max() == len(at["POSITION"]) - 1
    assert 1000 < len(corners) / 3 < 5000
    assert at["WEIGHTS_0"].sum(1) == pytest.approx(1, abs=1e-3)
    assert np.linalg.norm(at["NORMAL"], axis=1) == pytest.approx(1, abs=1e-3)
    assert at["JOINTS_0"].max() < len(gltf[0]["skins"][0]["joints"]) == 17


def test_every_letter_has_a_pose_of_rotations(gltf):
    poses = {animation["name"]: animation for animation in gltf[0]["animations"]}
    assert set(poses) == {*LETTERS, REST, OPEN}
    for pose in poses.values():
        turned = [
            values(gltf, pose["samplers"][channel["sampler"]]["output"])
            for channel in pose["channels"]
            if channel["target"]["path"] == "rotation"
        ]
        assert len(turned) == 17
        assert np.linalg.norm(np.concatenate(turned), axis=1) == pytest.approx(1, abs=1e-3)


def test_fingers_point_where_the_letter_has_them(gltf):
    """The palm's bone: of B its fingers point up; of G to the right of who looks, of Q down."""
    document, _ = gltf
    poses = {animation["name"]: animation for animation in document["animations"]}

    def up(letter: str) -> np.ndarray:
        x, y, z, w = values(gltf, poses[letter]["samplers"][0]["output"])[0]
        return np.array([2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)])

    assert up("B")[1] > 0.9
    assert up("G")[0] > 0.7
    assert up("Q")[1] < -0.7


@pytest.mark.parametrize(
    ("name", "kind"), [("hand.glb", "model/gltf-binary"), ("hand.js", "text/javascript")]
)
def test_pages_get_the_files_as_what_they_are(name, kind):
    with TestClient(Starlette(routes=rendered_hand.routes())) as client:
        answer = client.get(f"{rendered_hand.FILES}/{name}")
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, kind)


def test_without_what_draws_it_pages_are_told_so(monkeypatch, tmp_path):
    monkeypatch.setattr(rendered_hand, "STATIC", tmp_path)
    assert rendered_hand.addresses() is None
    (tmp_path / "three").mkdir()
    (tmp_path / rendered_hand.THREE).write_text("export {};")
    assert rendered_hand.addresses() == {
        "three": "/fingerspell/learn/three/three.mjs",
        "hand": "/fingerspell/learn/hand.glb",
    }


def test_every_letter_has_a_still():
    for letter in LETTERS:
        assert (rendered_hand.STATIC / "letters" / f"{letter}.webp").read_bytes()[8:12] == b"WEBP"
