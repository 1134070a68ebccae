"""The hand's file: rotations against their matrices, and all of it from a hand of tubes."""

import json
import struct

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.tools.test_rendering import box_hand

import make_hand
from make_hand import hand_glb, quaternion, wrist_angles
from rendering.skeleton import turn_about

ANGLES = st.floats(-3.1, 3.1)


@given(ANGLES, ANGLES, ANGLES)
def test_quaternions_turn_as_their_matrices_do(a, b, c):
    """Reference: the product of a quaternion, a vector and its conjugate, which needs no matrix."""
    matrix = (
        turn_about(2, torch.tensor(a)) @ turn_about(0, torch.tensor(b)) @ turn_about(1, torch.tensor(c))
    )
    *axis, w = quaternion(matrix.numpy()).astype(float)
    vector = np.array([0.3, -1.0, 2.0])
    turned = vector + 2 * np.cross(axis, np.cross(axis, vector) + w * vector)
    assert turned == pytest.approx(matrix.numpy() @ vector, abs=1e-4)


@given(st.floats(-70, 70), st.floats(-19, 39))
def test_wrists_bring_the_elbow_where_it_should_be(flexion, deviation):
    """Reference: the forearm, which leads down at rest, turned as the skeleton turns it."""
    turn = turn_about(0, torch.deg2rad(torch.tensor(flexion))) @ turn_about(
        2, torch.deg2rad(torch.tensor(deviation))
    )
    found = wrist_angles(turn @ torch.tensor([0.0, -1.0, 0.0]))
    assert found.tolist() == pytest.approx([flexion, deviation], abs=1e-2)


def test_a_hand_of_tubes_becomes_a_file(monkeypatch):
    monkeypatch.setattr(make_hand, "TRIES", 1)
    monkeypatch.setattr(make_hand, "STEPS", 2)
    arrays = {name: torch.from_numpy(np.asarray(value)) for name, value in box_hand().items()}
    content = hand_glb(arrays)
    magic, version, length = struct.unpack_from("<4sII", content)
    assert (magic, version, length) == (b"glTF", 2, len(content))
    document = json.loads(content[20 : 20 + struct.unpack_from("<I", content, 12)[0]])
    assert len(document["animations"]) == 28
    assert [node["name"] for node in document["nodes"][:3]] == ["palm", "forearm", "thumb_1"]
