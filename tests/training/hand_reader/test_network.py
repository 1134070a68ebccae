"""What of the reader learns, and what it gets wrong."""

import pytest
import torch
from torch.nn import functional

from fingerspell.models.hand_net import HandOutput, cell_centres, normalised
from fingerspell.models.reader import HandReader
from fingerspell.training.hand_reader.network import (
    HandLearning,
    Outputs,
    cell_weights,
    compute_in_32_bits,
    in_image,
    losses,
    shaken,
    small_losses,
)
from fingerspell.training.hand_reader.sources import UNKNOWN


def test_its_weights_are_the_readers():
    reader = HandReader()
    assert set(HandLearning(reader).state_dict()) == set(reader.state_dict())


def test_joints_are_shaken_and_keep_their_size():
    torch.manual_seed(0)
    straight = torch.eye(2).expand(500, 2, 2)
    joints = torch.rand(500, 21, 2)
    moved = shaken(joints, straight, 1)[:, 0]
    sizes = moved.square().sum(-1).mean(1).sqrt()
    torch.testing.assert_close(sizes, torch.ones(500), atol=0.03, rtol=0)
    # The sense of three joints around their triangle tells a mirrored hand from a turned one.
    before, after = (
        a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
        for a, b in (
            (hand[:, 1] - hand[:, 0], hand[:, 2] - hand[:, 0]) for hand in (normalised(joints), moved)
        )
    )
    clear = before.abs() > 0.5
    assert 0.4 < (before * after < 0)[clear].float().mean() < 0.6


def test_joints_lie_in_the_image_as_the_view_is_turned():
    """By hand: a quarter turn to the right takes the view's up to the image's right."""
    joints = torch.full((1, 21, 2), 0.5)
    joints[0, 8] = torch.tensor([0.5, 0.1])
    turn = torch.tensor([[[0.0, -1.0], [1.0, 0.0]]])
    x, y = (in_image(joints, turn)[0, 8] - in_image(joints, turn)[0, 0]).tolist()
    assert x > 1
    assert y == pytest.approx(0, abs=1e-6)


def facts(n: int) -> dict[str, torch.Tensor]:
    small = {
        "small_label": torch.arange(n),
        "small_trust": torch.ones(n),
        "small_joints": torch.rand(n, 21, 2),
        "small_found": torch.ones(n, dtype=torch.bool),
        "small_hand": torch.ones(n),
    }
    return small | {
        "label": torch.arange(n),
        "trust": torch.ones(n),
        "joints": torch.rand(n, 21, 2),
        "found": torch.ones(n, dtype=torch.bool),
        "hand": torch.ones(n),
        "is_real": torch.ones(n, dtype=torch.bool),
    }


def test_the_loss_is_the_sum_of_the_means_of_its_parts():
    torch.manual_seed(0)
    n = 6
    known = facts(n)
    known["label"][0] = UNKNOWN
    known["trust"][1] = 0.2
    known["hand"][2] = UNKNOWN
    known["found"][3] = False
    known["is_real"][4] = False
    outputs = Outputs(
        torch.randn(n, 29), torch.rand(n, 21, 2), torch.randn(n), torch.randn(n, 2, 29), small_output(n)
    )
    logits, loss = losses(outputs, known)
    assert torch.equal(logits, outputs[0])

    def mean(values: torch.Tensor, weights: list[float]) -> torch.Tensor:
        weight = torch.tensor(weights)
        return (values * weight).sum() / weight.sum()

    label = known["label"].clamp(0)
    letter = functional.cross_entropy(outputs[0], label, reduction="none", label_smoothing=0.05)
    extent = (known["joints"].amax(1) - known["joints"].amin(1)).amax(1)
    error = (outputs[1] - known["joints"]).norm(dim=-1).mean(1) / extent
    hand = functional.softplus(-outputs[2])
    alone = torch.stack(
        [
            functional.cross_entropy(outputs[3][:, k], label, reduction="none", label_smoothing=0.05)
            for k in (0, 1)
        ]
    ).mean(0)
    expected = (
        mean(letter, [0, 0.2, 1, 1, 1, 1])
        + 2 * mean(error, [1, 1, 1, 0, 1, 1])
        + 0.3 * mean(hand, [1, 1, 0, 1, 1, 1])
        + mean(alone, [0, 0.2, 1, 0, 0, 1])
        + small_losses(outputs.small, small_facts(known)).mean()
    )
    torch.testing.assert_close(loss.mean(), expected)


def small_output(n: int) -> HandOutput:
    return HandOutput(
        torch.randn(n, 29),
        torch.randn(n, 256),
        torch.randn(n, 21, 196),
        torch.rand(n, 21, 2),
        torch.randn(n),
    )


def small_facts(known: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix("small_"): fact for name, fact in known.items() if "small_" in name}


def test_a_joint_outside_a_small_view_does_not_count():
    torch.manual_seed(0)
    seen, known = small_output(4), small_facts(facts(4))
    known["label"][:] = UNKNOWN
    known["hand"][:] = UNKNOWN
    assert (small_losses(seen, known) > 0).all()
    known["joints"][1:] = 1.5
    known["found"][0] = False
    assert small_losses(seen, known).eq(0).all()


def test_cells_around_a_joint_have_it_as_their_mean():
    """All but joints nearer to an edge than the outermost cells' centres."""
    joints = torch.rand(5, 21, 2) * 0.9 + 0.05
    weights = cell_weights(joints, 14)
    assert (weights > 0).sum(-1).max() <= 4
    torch.testing.assert_close(weights.sum(-1), torch.ones(5, 21))
    torch.testing.assert_close(weights @ cell_centres(14, 14), joints)


def test_depthwise_convolutions_learn_in_32_bits_and_the_others_in_16():
    reader = HandReader()
    kinds = {}
    for name, layer in reader.letters.last.named_modules():
        if name.endswith("depthwise"):
            compute_in_32_bits(layer)
        if isinstance(layer, torch.nn.Conv2d):
            layer.register_forward_hook(
                lambda _layer, _inputs, output, name=name: kinds.update({name: output.dtype})
            )
    with torch.autocast("cpu", torch.bfloat16):
        HandLearning(reader)(
            torch.rand(2, 112, 14, 14),
            torch.eye(2).expand(2, 2, 2),
            torch.rand(2, 1, 21, 2),
            torch.zeros(2, 3, 112, 112, dtype=torch.uint8),
        )
    assert len(kinds) == 14
    for name, kind in kinds.items():
        assert kind == (torch.float32 if name.endswith("depthwise") else torch.bfloat16), name
