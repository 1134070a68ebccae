import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.data.presets import PRESETS
from fingerspell.errors import DataError, TrainingError
from fingerspell.models.registry import architecture
from fingerspell.training.network_input import Views, parse_augmentation
from fingerspell.training.options import AutoAugment


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    small = torch.randint(0, 256, (4, 3, 20, 20), generator=generator, dtype=torch.uint8)
    return v2.functional.resize(small, [64, 64])  # smooth, as pictures are


def test_evaluation_is_what_torchvision_does_for_efficientnet(batch):
    spec = architecture("efficientnet_b0").spec
    expected = v2.Compose(
        [
            v2.ToDtype(torch.float32, scale=True),
            v2.Resize(256, interpolation=v2.InterpolationMode.BICUBIC, antialias=True),
            v2.Lambda(lambda pictures: pictures.clamp(0, 1)),
            v2.CenterCrop(224),
            v2.Normalize(spec.mean, spec.std),
        ]
    )(batch)
    views = Views(spec, "none", channels_last=True).to_evaluate(batch)
    assert views.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(views, expected, atol=2e-4, rtol=0)


def test_what_is_not_augmented_is_seen_as_it_is_evaluated(batch):
    views = Views(PreprocessSpec(48), "r1", channels_last=False)
    assert torch.equal(views.to_learn(batch), views.to_evaluate(batch))


def test_augmented_views_have_the_network_s_size_and_range(batch):
    spec = PreprocessSpec(48, mean=(0.1, 0.2, 0.3), std=(0.5, 0.5, 0.5))
    torch.manual_seed(0)
    views = Views(spec, "strong, rotation_deg=30", channels_last=True)
    seen = views.to_learn(batch)
    assert seen.shape == (4, 3, 48, 48)
    lowest = torch.tensor([-0.2, -0.4, -0.6])
    assert (seen.amin((0, 2, 3)) >= lowest - 1e-5).all()
    assert (seen.amax((0, 2, 3)) <= lowest + 2 + 1e-5).all()
    assert not torch.equal(seen, views.to_learn(batch))


def test_changes_to_a_preset():
    changed = parse_augmentation("strong, mirror=0, scale = 0.8..1.2, fill=edge")
    assert (changed.mirror, changed.scale, changed.fill) == (0.0, (0.8, 1.2), "edge")
    assert changed.rotation_deg == PRESETS["strong"].rotation_deg


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stong", "is not a preset: did you mean 'strong'"),
        ("none, miror=1", "cannot change 'miror': did you mean 'mirror'"),
        ("none, size_px=3", "cannot change 'size_px'"),
        ("none, mirror=often", "cannot read 'mirror=often'"),
        ("none, fill=white", "cannot read 'fill=white'"),
        ("none, scale=2", "cannot read 'scale=2'"),
    ],
)
def test_wrong_augmentations(text, message):
    with pytest.raises(TrainingError, match=message):
        parse_augmentation(text)


@pytest.mark.parametrize("kernel", ["bilinear", "bicubic"])
def test_pictures_of_the_right_size_are_the_same_without_resampling(batch, kernel):
    spec = PreprocessSpec(64, kernel=kernel)
    resampled = spec(batch.permute(0, 2, 3, 1), torch)
    assert torch.equal(Views(spec, "none", channels_last=True).to_evaluate(batch), resampled)


def test_views_are_not_made_twice(batch):
    views = Views(PreprocessSpec(48), "strong", channels_last=True)
    made = views.to_learn(batch)
    assert torch.equal(views.to_learn(made), made)
    assert torch.equal(views.to_evaluate(made), made)


def test_backgrounds_are_shown_around_what_was_shrunk(batch, tmp_path):
    """Half the side leaves a rim of a quarter: there is green, and the middle is as it was without."""
    Image.new("RGB", (40, 30), (0, 255, 0)).save(tmp_path / "green.png")
    spec = PreprocessSpec(48, mean=(0, 0, 0), std=(1, 1, 1))
    augment = "none, scale=0.5..0.5, background=1"
    with_green = Views(spec, augment, channels_last=False, backgrounds=str(tmp_path)).to_learn(batch)
    without = Views(spec, "none, scale=0.5..0.5", channels_last=False).to_learn(batch)
    green = torch.tensor([0.0, 1.0, 0.0])[:, None, None]
    for rim in (with_green[:, :, :10], with_green[:, :, -10:], with_green[..., :10]):
        assert torch.allclose(rim, green.expand_as(rim), atol=0.01)
    assert torch.allclose(with_green[..., 14:34, 14:34], without[..., 14:34, 14:34], atol=1e-5)
    assert without[:, :, :10].abs().max() == 0


@pytest.mark.parametrize(
    ("augment", "folder", "message"),
    [
        (
            "none, background=0.5",
            "",
            "of which none are given: name a folder of images without hands",
        ),
        ("none", "rooms", "rooms would never be shown: add background=0.5"),
        ("strong, background=0", "rooms", "would never be shown"),
    ],
)
def test_backgrounds_without_pictures_or_use_are_refused(augment, folder, message):
    with pytest.raises(TrainingError, match=message):
        Views(PreprocessSpec(48), augment, channels_last=False, backgrounds=folder)


def test_a_folder_without_backgrounds(tmp_path):
    with pytest.raises(DataError, match="holds no images to show behind signs"):
        Views(PreprocessSpec(48), "strong", channels_last=False, backgrounds=str(tmp_path))


AUTO = [("rand", v2.RandAugment), ("trivial", v2.TrivialAugmentWide)]


@pytest.mark.parametrize(("auto", "theirs"), AUTO)
def test_automatic_augmentation_is_torchvisions_image_by_image(batch, auto, theirs):
    spec = PreprocessSpec(64)
    views = Views(spec, "none", channels_last=False, auto=AutoAugment(auto))
    torch.manual_seed(5)
    seen = views.to_learn(batch)
    torch.manual_seed(5)
    change = theirs()
    expected = torch.stack([change(picture) for picture in batch]).float() / 255
    torch.testing.assert_close(seen, (expected - spec_mean(spec)) / spec_std(spec))
    assert torch.equal(
        views.to_evaluate(batch), Views(spec, "none", channels_last=False).to_evaluate(batch)
    )
    assert views.to_learn(batch[:0]).shape == (0, 3, 64, 64)


def spec_mean(spec):
    return torch.tensor(spec.mean)[:, None, None]


def spec_std(spec):
    return torch.tensor(spec.std)[:, None, None]
