"""Geometry, against torchvision's for known parameters."""

import pytest
import torch
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as reference

from fingerspell.data import warp

SIZE = (48, 64)


@pytest.fixture
def pictures() -> torch.Tensor:
    return torch.rand(2, 3, *SIZE, generator=torch.Generator().manual_seed(0))


def about_the_middle(movement: torch.Tensor) -> torch.Tensor:
    middle = torch.tensor([[SIZE[1] / 2, SIZE[0] / 2]])
    return warp.translate(middle) @ movement @ warp.translate(-middle)


@pytest.mark.parametrize("angle", [0.0, 30.0, -135.0])
@pytest.mark.parametrize("scale", [1.0, 0.6, 1.7])
@pytest.mark.parametrize("shear", [(0.0, 0.0), (20.0, -10.0)])
@pytest.mark.parametrize("shift", [(0, 0), (7, -5)])
def test_affine_is_torchvisions(pictures, angle, scale, shear, shift):
    movement = about_the_middle(
        warp.affine(
            torch.tensor([angle]),
            torch.tensor([scale]),
            torch.tensor([shear]),
            torch.tensor([shift], dtype=torch.float32),
        )
    )
    ours = warp.show(pictures, movement.expand(2, 3, 3), SIZE, "zeros")
    theirs = reference.affine(
        pictures, angle, list(shift), scale, list(shear), interpolation=v2.InterpolationMode.BILINEAR
    )
    torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=0)


def test_perspective_is_torchvisions(pictures):
    start = [[0, 0], [63, 0], [63, 47], [0, 47]]
    end = [[9, 3], [55, 1], [60, 40], [2, 45]]
    movement = warp.perspective(torch.tensor([start]).float(), torch.tensor([end]).float())
    ours = warp.show(pictures, movement.expand(2, 3, 3), SIZE, "zeros")
    theirs = reference.perspective(pictures, start, end, interpolation=v2.InterpolationMode.BILINEAR)
    torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=0)


def test_a_mirror_is_a_flip(pictures):
    movement = about_the_middle(warp.stretch(torch.tensor([[-1.0, 1.0], [1.0, -1.0]])))
    ours = warp.show(pictures, movement, SIZE, "zeros")
    torch.testing.assert_close(ours[0], pictures[0].flip(2))
    torch.testing.assert_close(ours[1], pictures[1].flip(1))


def test_each_picture_moves_by_its_own_matrix(pictures):
    shifts = torch.tensor([[3.0, 0.0], [0.0, -4.0]])
    ours = warp.show(pictures, warp.translate(shifts), SIZE, "zeros")
    torch.testing.assert_close(ours[0, :, :, 3:], pictures[0, :, :, :-3])
    torch.testing.assert_close(ours[1, :, :-4], pictures[1, :, 4:])
    assert (ours[0, :, :, :3] == 0).all()


def test_the_edge_may_be_repeated(pictures):
    ours = warp.show(pictures, warp.translate(torch.tensor([[5.0, 0.0]] * 2)), SIZE, "border")
    torch.testing.assert_close(ours[..., :5], pictures[..., :1].expand(-1, -1, -1, 5))


@pytest.mark.parametrize("size", [(20, 30), (21, 31), (48, 64)])
def test_the_middle_is_torchvisions_centre_crop(pictures, size):
    theirs = reference.center_crop(pictures, list(size))
    assert torch.equal(warp.show(pictures, None, size, "zeros"), theirs)


def test_boxes_lie_inside_and_have_their_area():
    n, dice = 1000, torch.Generator().manual_seed(0)
    area = torch.rand(n, generator=dice) * 0.9 + 0.05
    aspect = torch.rand(n, generator=dice) + 0.5
    middle, sides = warp.random_box(SIZE, area, aspect, torch.rand(n, 2, generator=dice))
    whole = torch.tensor([SIZE[1], SIZE[0]])
    assert ((middle - sides / 2 > -1e-3) & (middle + sides / 2 < whole + 1e-3)).all()
    fits = (sides < whole - 1e-3).all(1)
    assert fits.float().mean() > 0.5
    torch.testing.assert_close(sides[fits].prod(1), area[fits] * whole.prod())
    torch.testing.assert_close(sides[fits, 0] / sides[fits, 1], aspect[fits])
