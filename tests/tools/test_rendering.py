"""Rendered hands: bones by hand, triangles against numpy, pictures that show what is said of them."""

import sys

import numpy as np
import pytest
import torch

import render_hands
import solve_poses
from fingerspell.core.alphabet import CLASSES
from fingerspell.errors import DataError
from fingerspell.progress import silent
from fingerspell.training.hand_reader.sources import RENDERED, SOURCES, UNKNOWN, data_set
from fingerspell.training.hand_reader.training_images import Samples, load_samples
from rendering.draws import Dice
from rendering.hands import HandRenderer, mirrored
from rendering.letter_poses import read_variants
from rendering.pose_library import SIGNS, PoseLibrary
from rendering.pose_solver import Solved, solve
from rendering.pose_starts import draw_starts
from rendering.raster import EMPTY, FACE_BITS, fragments, rasterise
from rendering.skeleton import (
    POSE_SIZE,
    Stretch,
    bone_transforms,
    finger_joints,
    landmarks,
    posed_frames,
    rest_of,
    with_roots_within,
)
from solve_poses import kept, library

RING = 6  # vertices around a bone


def joints_of_a_straight_hand() -> np.ndarray:
    """[22, 3]: five parallel fingers with bones of 0.4, 0.3 and 0.2 palms, the thumb lower."""
    roots = [(0.35, 0.3), (0.25, 1.0), (0.0, 1.0), (-0.22, 1.0), (-0.42, 1.0)]
    bones = [(x, y + up, 0) for x, y in roots for up in (0, 0.4, 0.7)]
    tips = [(x, y + 0.9, 0) for x, y in roots]
    return np.array([(0, 0, 0), (0, -1.2, 0), *bones, *tips], np.float32)


def box_hand() -> dict[str, np.ndarray]:
    """`hand.npz` of two people, whose bones are six-sided tubes; the palm is a flat one."""
    joints = joints_of_a_straight_hand()
    ends = [
        joints[8],
        joints[0],
        *(joints[i + 1] if i % 3 != 1 else joints[16 + i // 3] for i in range(2, 17)),
    ]
    angle = np.arange(RING) * 2 * np.pi / RING
    around = np.stack((np.cos(angle), 0 * angle, np.sin(angle)), 1)
    vertices, faces, bones = [], [], []
    for bone, (begin, end) in enumerate(zip(joints, ends, strict=False)):
        radius = (0.5, 0.9, 0.12) if bone == 0 else (0.2,) * 3 if bone == 1 else (0.1,) * 3
        first = len(vertices)
        for share in (0.0, 0.5, 1.0):
            vertices += list(begin + (end - begin) * share + around * radius)
        vertices += [begin, end]
        for ring in (first, first + RING):
            for i in range(RING):
                a, b = ring + i, ring + (i + 1) % RING
                faces += [(a, a + RING, b), (b, a + RING, b + RING)]
        for i in range(RING):
            after = (i + 1) % RING
            faces.append((first + i, first + after, first + 3 * RING))
            faces.append((first + 2 * RING + after, first + 2 * RING + i, first + 3 * RING + 1))
        bones += [np.eye(17)[bone]] * (3 * RING + 2)
    two = np.array([1.0, 1.1])[:, None, None]
    return {
        "vertices": (two * np.array(vertices)).astype(np.float16),
        "joints": (two * joints).astype(np.float32),
        "faces": np.array(faces, np.int16),
        "bones": np.array(bones, np.float16),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Data of box hands in poses that were not solved."""
    data = tmp_path_factory.mktemp("data")
    (data / "rendering").mkdir()
    np.savez(data / "rendering" / "hand.npz", **box_hand())
    variants = [(sign, variant) for sign, rows in read_variants().items() for variant in rows]
    starts = draw_starts(variants, 1, torch.Generator().manual_seed(0))
    unsolved = Solved(starts.pose, torch.zeros(len(starts.pose)), torch.zeros(len(starts.pose)))
    np.savez(data / "rendering" / "poses.npz", **library(variants, starts, unsolved))
    return data


@pytest.fixture(scope="module")
def renderer(folder):
    return HandRenderer(folder / "rendering")


def seed(number: int) -> torch.Generator:
    return torch.Generator().manual_seed(number)


def bent(pose: torch.Tensor) -> torch.Tensor:
    joints = torch.from_numpy(joints_of_a_straight_hand())[None]
    return finger_joints(joints, rest_of(joints), posed_frames(pose[None]), torch.ones(1, 5))[0]


def test_fingers_are_straight_and_bend_to_the_palm():
    """By hand: bones of 0.4, 0.3 and 0.2 palms, the first or the second joint bent by 90 degrees."""
    pose = torch.zeros(POSE_SIZE)
    straight = bent(pose)[1]
    expected = torch.tensor([[0.25, 1, 0], [0.25, 1.4, 0], [0.25, 1.7, 0], [0.25, 1.9, 0]])
    torch.testing.assert_close(straight, expected)
    pose[1], pose[6] = 90, 90
    index, middle = bent(pose)[1:3]
    expected = torch.tensor([[0.25, 1, 0], [0.25, 1, 0.4], [0.25, 1, 0.7], [0.25, 1, 0.9]])
    torch.testing.assert_close(index, expected)
    expected = torch.tensor([[0.0, 1, 0], [0, 1.4, 0], [0, 1.4, 0.3], [0, 1.4, 0.5]])
    torch.testing.assert_close(middle, expected)


def test_a_finger_spread_by_90_degrees_points_to_the_thumbs_side():
    pose = torch.zeros(POSE_SIZE)
    pose[0] = 90
    torch.testing.assert_close(bent(pose)[1, 3], torch.tensor([0.25 + 0.9, 1, 0]))


def test_skin_goes_where_bones_go():
    """The ends of bones at rest are taken to the ends of posed bones, whatever the hand's build."""
    joints = with_roots_within(torch.from_numpy(joints_of_a_straight_hand())[None].repeat(5, 1, 1))
    pose = torch.randn(5, POSE_SIZE, generator=seed(1)) * 20
    length, thickness = torch.rand(2, 5, 5, generator=seed(2)) + 0.5
    rest, frames = rest_of(joints), posed_frames(pose)
    fingers = finger_joints(joints, rest, frames, length)
    stretch = Stretch(length, thickness, torch.ones(5))
    matrices, offsets = bone_transforms(joints, rest, frames, fingers, pose[:, 25:], stretch)
    ends = torch.cat((joints[:, 2:17].reshape(5, 5, 3, 3)[:, :, 1:], joints[:, 17:, None]), 2)
    taken = (matrices[:, 2:] @ ends.reshape(5, 15, 3, 1))[..., 0] + offsets[:, 2:]
    torch.testing.assert_close(taken, fingers[:, :, 1:].reshape(5, 15, 3), atol=1e-5, rtol=0)
    marked = landmarks(joints[:, 0], fingers, frames)
    assert (marked[:, 1:].reshape(5, 5, 4, 3) - fingers).norm(dim=-1).max() < 0.25


def inside(triangle: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Whether points are on the same side of all edges."""
    sides = [
        (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        for (ax, ay), (bx, by) in zip(triangle, np.roll(triangle, -1, 0), strict=True)
    ]
    return (np.array(sides) <= 0).all(0)


def test_a_triangle_covers_the_pixels_whose_middles_are_in_it():
    corners = torch.rand(20, 3, 2, generator=seed(3)) * 50 - 5  # some of them beyond the picture
    raster = rasterise(corners, torch.full((20, 3), 0.5), torch.tensor([[0, 1, 2]]), 40)
    y, x = np.mgrid[:40, :40] + 0.5
    seen = (raster.keys != EMPTY).reshape(20, 40, 40).numpy()
    expected = np.array([inside(triangle, x, y) for triangle in corners.numpy()])
    assert expected.any((1, 2)).sum() > 5
    assert (expected.any((1, 2)) < 1).sum() > 5  # those turned away
    assert (seen != expected).sum() <= 1  # rounding, on an edge


def test_the_nearer_triangle_is_seen_and_where_on_it():
    """Two halves of a square: one is nearer everywhere, then only on the left, where both cross."""
    triangle = torch.tensor([[0.0, 0], [0, 80], [80, 0]])
    depth = torch.tensor([[0.2, 0.2, 0.8, 0.5, 0.5, 0.5]])  # by x / 80 from 0.2 to 0.8; 0.5 everywhere
    faces = torch.tensor([[0, 1, 2], [3, 4, 5]])
    raster = rasterise(torch.cat((triangle, triangle))[None], depth, faces, 40)
    face = raster.keys.reshape(40, 40) & (2**FACE_BITS - 1)
    assert (face == 0).all()
    assert raster.depth().reshape(40, 40)[:, 19].mean().item() == pytest.approx(0.2 + 0.6 * 19.5 / 80)
    raster = rasterise(
        torch.cat((triangle, triangle))[None], depth + torch.tensor([0.2] * 3 + [0] * 3), faces, 40
    )
    face = raster.keys.reshape(40, 40) & (2**FACE_BITS - 1)
    column = torch.arange(40) + 0.5
    assert torch.equal(face, (0.4 + 0.6 * column / 80 > 0.5).int().expand(40, 40))
    seen = fragments(raster, 2, 40)
    place = (seen.weights[..., None] * triangle).sum(1)
    expected = torch.stack((seen.pixel % 40, seen.pixel // 40), 1) + 0.5
    torch.testing.assert_close(place, expected, atol=1e-3, rtol=0)


def test_the_same_seed_draws_the_same_hands_however_many_have_been_drawn(renderer):
    first, other, again = (renderer.render(3, seed(number)) for number in (1, 2, 1))
    for name in vars(first):
        assert torch.equal(getattr(first, name), getattr(again, name)), name
    assert not torch.equal(first.pictures, other.pictures)


def test_hands_are_in_their_pictures_and_joints_on_them(renderer):
    drawn = renderer.render(12, seed(4))
    assert drawn.pictures.shape == (12, 3, 256, 256)
    assert (drawn.joints > 0).all()
    assert (drawn.joints < 256).all()
    covered = (drawn.mask > 0).float().mean((1, 2, 3))
    assert (covered > 0.05).all()
    assert (covered < 0.9).all()
    x, y = drawn.joints.long().unbind(-1)
    on_hand = drawn.mask[torch.arange(12)[:, None], 0, y, x] > 127
    assert on_hand.float().mean() > 0.9
    shown = drawn.pictures.float().mean(1)
    assert (shown[drawn.mask[:, 0] == 255] > 8).float().mean() > 0.95
    assert (shown[drawn.mask[:, 0] == 0] == 0).all()


def test_left_hands_are_mirrored_with_their_joints():
    """By hand: a spot in the 11th pixel from the left is then in the 11th from the right."""
    pictures, joints = torch.zeros(2, 4, 256, 256), torch.full((2, 21, 2), 10.5)
    pictures[:, :, 10, 10] = 1
    pictures, joints = mirrored(pictures, joints, torch.tensor([False, True]))
    assert joints[:, 7].tolist() == [[10.5, 10.5], [245.5, 10.5]]
    assert pictures.nonzero()[::4].tolist() == [[0, 0, 10, 10], [1, 0, 10, 245]]


def test_signs_are_those_asked_for_or_any(folder, renderer):
    wanted = torch.tensor([0, 25, SIGNS.index("nothing"), SIGNS.index("other")])
    assert torch.equal(renderer.render(4, seed(6), wanted).sign, wanted)
    drawn = PoseLibrary(folder / "rendering" / "poses.npz").draw(4000, Dice(seed(7)))
    counts = drawn.sign.bincount(minlength=len(SIGNS)) / 4000
    assert counts[:26].min() > 0.02
    assert counts[26].item() == pytest.approx(0.08, abs=0.02)
    assert counts[27].item() == pytest.approx(0.05, abs=0.02)


def test_the_table_has_every_letter_with_angles_that_hands_can_take():
    table = read_variants()
    assert set(table) == set(SIGNS)
    for sign, variants in table.items():
        assert sum(variant.share for variant in variants) > 0.5, sign
        for variant in variants:
            assert variant.share > 0
            spread, *flexion = np.array(variant.fingers).T
            assert np.abs(spread).max() <= 30, (sign, variant.name)
            assert (np.array(flexion) >= -15).all(), (sign, variant.name)
            assert (np.array(flexion) <= 115).all(), (sign, variant.name)
            assert len(variant.thumb) == 5
            assert max(map(abs, variant.thumb)) <= 80
            assert max(map(abs, variant.wrist)) <= 45


def test_solved_thumbs_are_nearer_to_what_they_touch_and_bad_poses_are_left_out():
    variants = [("S", read_variants()["S"][0]), ("F", read_variants()["F"][0])]
    starts = draw_starts(variants, 4, seed(8))
    joints = with_roots_within(torch.from_numpy(joints_of_a_straight_hand())[None])
    begun, solved = (solve(starts, joints, steps) for steps in (1, 30))
    assert solved.off_target.mean() < 0.5 * begun.off_target.mean()
    keep = kept(solved, starts.variant)
    assert keep.sum() == 6
    wrong = solved.off_target + 2 * solved.overlap
    for variant in (0, 1):
        of = starts.variant == variant
        assert wrong[of & keep].max() <= wrong[of & ~keep].min()


def rendered_samples(data) -> Samples:
    """Those of `DATA/rendered` alone."""
    others = set(map(data_set, SOURCES)) - {RENDERED}
    return load_samples(data, others, silent)


@pytest.mark.slow
def test_a_drawn_set_is_read_as_others_are(folder, renderer, monkeypatch):
    with pytest.raises(DataError, match=r"render_hands\.py"):
        rendered_samples(folder)
    monkeypatch.setattr(sys, "argv", ["render_hands.py", str(folder), "--count", "5"])
    monkeypatch.setattr(render_hands, "BATCH", 3)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    render_hands.main()
    render_hands.main()  # leaves the set as it is
    loaded = rendered_samples(folder)
    drawn = [renderer.render(n, seed(1_000_000 + i)) for i, n in enumerate((3, 2))]
    sign, joints, mask, pictures = (
        torch.cat([getattr(each, name) for each in drawn])
        for name in ("sign", "joints", "mask", "pictures")
    )
    # Pictures are read folder after folder.
    order = sorted(range(5), key=lambda i: sign.tolist().index(sign[i]))
    signs = [SIGNS[sign[i]] for i in order]
    expected = [UNKNOWN if each == "other" else CLASSES.index(each) for each in signs]
    assert loaded.label.tolist() == expected
    torch.testing.assert_close(loaded.joints, joints[order])
    small = torch.nn.functional.avg_pool2d(mask[order].float(), 2)
    assert torch.equal(loaded.mask == 255, small >= 127.5)
    assert (loaded.pictures.float() - pictures[order]).abs().mean() < 3  # JPEG
    assert (loaded.cut_out_share == 1).all()
    assert not render_hands.unfinished_of(folder).exists()


def test_drawing_goes_on_where_it_was_stopped(folder, tmp_path, monkeypatch):
    """The batches that are there are not drawn again, and both archives come last."""
    for name in ("hand.npz", "poses.npz"):
        (tmp_path / "rendering").mkdir(exist_ok=True)
        (tmp_path / "rendering" / name).write_bytes((folder / "rendering" / name).read_bytes())
    render_hands.unfinished_of(tmp_path).mkdir()
    for sign in SIGNS:
        (tmp_path / "rendered" / sign).mkdir(parents=True)
    batch = render_hands.Batch(tmp_path, 0, 2, 1)
    known = render_hands.draw_batch(batch).read_bytes()
    monkeypatch.setattr(render_hands, "renderer", None)
    assert render_hands.draw_batch(batch).read_bytes() == known
    assert len(list(tmp_path.rglob("*.jpg"))) == 2
    assert not (tmp_path / "joints").exists()


@pytest.mark.parametrize("script", [render_hands, solve_poses])
def test_what_hands_are_drawn_from_is_asked_for(script, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["script.py", str(tmp_path)])
    with pytest.raises(SystemExit):
        script.main()
    assert "hand.npz is missing: tools/hand_data/anny_hand.py makes it" in capsys.readouterr().err
    assert not any(tmp_path.iterdir())
