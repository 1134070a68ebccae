import pytest
from PIL import Image

from fingerspell.errors import TrainingError
from fingerspell.progress import silent
from fingerspell.training.trial import estimate, range_test


def test_an_estimate_reckons_with_every_epoch_and_leaves_only_packs(plan_of):
    plan = plan_of("run", epochs=7, freeze="features")
    expected = estimate(plan, silent)
    assert expected.steps_per_epoch == 4  # 126 pictures, 32 a batch
    epochs_s = 7 * expected.seconds_per_epoch
    assert expected.total_seconds == pytest.approx(expected.preparing_seconds + epochs_s)
    assert expected.parameters > expected.trained_parameters > 0
    assert expected.memory_mb["memory_mb_device_0"] > 100
    assert [path.name for path in plan.folder.parent.iterdir()] == ["packs"]


def test_the_range_test_finds_a_rate_that_learns(plan_of, tmp_path):
    tested = range_test(plan_of("run"), silent)
    assert tested.rates == sorted(tested.rates)
    assert len(tested.rates) == len(tested.losses)
    assert 1e-5 < tested.suggested < 1
    tested.draw(tmp_path / "lr.png", "loss")
    with Image.open(tmp_path / "lr.png") as plot:
        assert plot.size[0] > 400


def test_a_network_that_cannot_learn_has_no_rate(plan_of):
    with pytest.raises(TrainingError, match="all parameters are frozen"):
        range_test(plan_of("run", freeze="features, classifier"), silent)
