"""Learning letters from joints, from the files of joints to the exported network."""

import sys

import numpy as np
import torch
from safetensors.torch import load_file

import joint_letters
from fingerspell.core.alphabet import CLASSES
from fingerspell.models.joint_net import EitherHand, JointNet
from samples import SOURCES


def hands_of(folder_of, n, generator):
    """Three shapes of hand, one a class, each a little different in every picture."""
    shapes = np.random.default_rng(7).uniform(0, 1, (3, 21, 2))
    kinds = generator.integers(0, 3, n)
    joints = np.zeros((n, 2, 21, 2), np.float32)
    joints[:, 0] = shapes[kinds] + generator.normal(0, 0.01, (n, 21, 2))
    found = np.zeros((n, 2), np.float32)
    found[:, 0] = generator.random(n) < 0.9
    return {
        "paths": np.array([f"{folder_of[kind]}/{i}.jpg" for i, kind in enumerate(kinds)]),
        "size_wh": np.full((n, 2), 100, np.int32),
        "joints": joints,
        "found": found,
    }


def test_from_joints_to_a_network(tmp_path, monkeypatch, capsys):
    generator = np.random.default_rng(0)
    (tmp_path / "joints").mkdir()
    for name in [*joint_letters.LEARNED, "multisigner100"]:
        digits = name in SOURCES and SOURCES[name].classes
        folders = ("0", "2", "1") if digits else ("O", "V", "Y")  # the digit 1 is no sign of ours
        np.savez(tmp_path / "joints" / f"{name}.npz", **hands_of(folders, 60, generator))
    monkeypatch.setattr(joint_letters, "STEPS", 150)
    output = tmp_path / "shape.safetensors"
    command = ["joint_letters.py", str(tmp_path), "--judge", "multisigner100", "--leave-out", "massey"]
    monkeypatch.setattr(sys, "argv", [*command, "--leave-each-out", "-o", str(output)])
    joint_letters.main()

    lines = capsys.readouterr().out.splitlines()
    judged = [line.split()[0] for line in lines if "letters right" in line]
    assert judged[:2] == ["multisigner100", "massey"]
    assert sum("right where found 100.0%" in line for line in lines) == 2 + len(joint_letters.LETTERED)
    net = JointNet()
    net.load_state_dict(load_file(output))
    held = hands_of(("O", "V", "Y"), 20, generator)
    with torch.inference_mode():
        said = EitherHand(net).eval()(torch.from_numpy(held["joints"][:, 0])).argmax(1)
    assert [CLASSES[label] for label in said] == [path[0] for path in held["paths"]]


def test_hands_are_moved_and_keep_their_size():
    torch.manual_seed(0)
    joints = joint_letters.normalised(torch.rand(500, 21, 2))
    moved = joint_letters.moved(joints)
    sizes = moved.square().sum(-1).mean(1).sqrt()
    torch.testing.assert_close(sizes, torch.ones(500), atol=0.03, rtol=0)
    # The sense of three joints around their triangle tells a mirrored hand from a turned one.
    first, second = (hand[:, 1] - hand[:, 0] for hand in (joints, moved))
    third, fourth = (hand[:, 2] - hand[:, 0] for hand in (joints, moved))
    before, after = (
        a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0] for a, b in ((first, third), (second, fourth))
    )
    clear = before.abs() > 0.5
    assert 0.4 < (before * after < 0)[clear].float().mean() < 0.6
