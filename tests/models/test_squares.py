"""Squares around hands, by cases worked by hand."""

import math

import torch

from fingerspell.models.squares import Squares


def square(angle: float = 0.0, mirror: float = 1.0) -> Squares:
    """20 pixels wide, around (50, 40)."""
    return Squares(torch.tensor([[50.0, 40.0, 20.0, angle, mirror]]))


def places(squares: Squares, *fractions: tuple[float, float]) -> list[list[float]]:
    [there] = squares.in_pictures(torch.tensor([fractions])).tolist()
    return [[round(x, 3) for x in place] for place in there]


def test_places_of_a_view_lie_in_the_picture_as_it_is_turned_and_mirrored():
    top_left, right = (0.0, 0.0), (1.0, 0.5)
    assert places(square(), top_left, right) == [[40, 30], [60, 40]]
    # By a quarter clockwise: what is up in the view is right in the picture, and right is below.
    assert places(square(math.pi / 2), top_left, right) == [[60, 30], [50, 50]]
    assert places(square().mirrored(), top_left, right) == [[60, 30], [40, 40]]


def test_parts_are_those_of_which_it_was_made():
    made = Squares.of(torch.tensor([[5.0, 6.0]]), torch.tensor([[7.0]]), torch.tensor([0.5]))
    assert made.numbers.tolist() == [[5, 6, 7, 0.5, 1]]
    assert (made.middle.tolist(), made.side.tolist(), made.angle.tolist()) == ([[5, 6]], [[7]], [0.5])
    assert made.mirrored().numbers.tolist() == [[5, 6, 7, 0.5, -1]]
    assert made.moved(torch.tensor([1.0, -2.0])).numbers.tolist() == [[6, 4, 7, 0.5, 1]]
    torch.testing.assert_close(made.mirrored().turn, made.turn.transpose(1, 2))


def test_each_picture_has_its_own_square():
    two, others = (Squares(torch.full((2, 5), value)) for value in (1.0, 2.0))
    assert two.where(torch.tensor([True, False]), others).numbers[:, 0].tolist() == [1, 2]
