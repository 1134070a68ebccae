"""Every network by name, and weights from files and from (a local stand-in of) torchvision's server."""

import hashlib
import pickle

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from fingerspell.data.presets import PRESETS
from fingerspell.errors import ModelError
from fingerspell.models import backbones
from fingerspell.models.registry import architecture, create, names
from fingerspell.pictures.still import read_picture

SMALL = "shufflenet_v2_x0_5"  # torchvision's smallest file but one, 5 MB
PRESET_OF = {
    "mobilenet_v2": "r0",
    "compact-net": "r1",
    "aslnet": "r2",
    "dexnet": "r3",
    "dexnet-v2": "r3",
    "efficientnet_b0": "r4",
}


@pytest.mark.parametrize("name", names())
def test_our_own_networks_give_29_outputs(name):
    side = architecture(name).spec.size_px
    with torch.device("meta"):
        assert create(name).eval()(torch.empty(2, 3, side, side)).shape == (2, 29)


@pytest.mark.parametrize(
    "name",
    [
        *("alexnet", "vgg11", "resnet18", "densenet121", "squeezenet1_1", "googlenet", "inception_v3"),
        *("mnasnet0_5", "mobilenet_v3_small", "regnet_x_400mf", "shufflenet_v2_x0_5", "convnext_tiny"),
        *("vit_b_32", "vit_h_14", "swin_t", "swin_v2_t", "maxvit_t", "efficientnet_v2_s"),
    ],
)
def test_every_family_of_torchvision_gets_its_last_layer_replaced(name):
    side = architecture(name).spec.size_px
    # "meta" has shapes and no numbers, so it costs nothing; a RegNet computes its widths with numbers.
    with torch.device("cpu" if name.startswith("regnet") else "meta"):
        backbone = backbones.backbone(name)
        before = sum(p.numel() for p in backbone.parameters())
        last = [m for m in backbone.modules() if 1000 in vars(m).values()][-1]
        network = backbones.with_29_outputs(backbone)
        after = sum(p.numel() for p in network.parameters())
        assert network.eval()(torch.zeros(1, 3, side, side)).shape == (1, 29)
    assert before - after == (last.weight[0].numel() + (last.bias is not None)) * (1000 - 29)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        *(("alexnet", (120, 160)), ("inception_v3", (160, 113)), ("swin_t", (120, 160))),
        *(("maxvit_t", (160, 160)), ("efficientnet_v2_l", (160, 160))),  # those that keep all
    ],
)
def test_specs_are_the_transforms_of_the_weights(name, size, samples):
    pixels = read_picture(samples / "A" / "A8.jpg")[: size[0], : size[1]]
    transforms = torchvision.models.get_model_weights(name).DEFAULT.transforms()
    pictures = torch.tensor(pixels).permute(2, 0, 1)[None]
    # As floats in 0..1, because torchvision rounds pixels of 8 bits once more.
    expected = transforms(pictures / 255)
    spec = architecture(name).spec
    black, white = (spec.normalise(np.full((1, 3, 1, 1), level)) for level in (0, 255))
    expected = np.clip(expected.numpy(), black, white)  # where bicubic goes beyond what a pixel can be
    np.testing.assert_allclose(spec(pixels[None]), expected, atol=1e-4)


@pytest.mark.parametrize(("name", "preset"), PRESET_OF.items())
def test_reading_and_training_see_the_same(name, preset, samples):
    """The reports' pictures are square, as the samples are; R0 and R4 are evaluated as ImageNet is."""
    spec, augmentation = architecture(name).spec, PRESETS[preset].without_chance
    for path in sorted(samples.glob("[AB]/*.jpg")):
        pixels = read_picture(path)
        expected = augmentation(torch.tensor(pixels).permute(2, 0, 1)[None])
        np.testing.assert_allclose(spec(pixels[None]), expected, atol=2e-5)


def test_a_name_that_is_none_is_told_the_nearest():
    with pytest.raises(ModelError, match=r"'Compactnet' is not a network: did you mean compact-net\?"):
        architecture("Compactnet")
    with pytest.raises(ModelError, match=r"did you mean resnet18\?"):
        create("resnet_18")


def same(left: nn.Module, right: nn.Module) -> bool:
    states = (left.state_dict(), right.state_dict())
    return states[0].keys() == states[1].keys() and all(
        torch.equal(tensor, states[1][name]) for name, tensor in states[0].items()
    )


class TestFiles:
    @pytest.mark.parametrize("suffix", ["pth", "safetensors"])
    def test_weights_of_the_whole_network(self, suffix, tmp_path):
        network, path = create("tiny"), tmp_path / f"weights.{suffix}"
        (torch.save if suffix == "pth" else save_file)(network.state_dict(), path)
        assert same(create("tiny", str(path)), network)

    @pytest.mark.parametrize("name", [SMALL, "mnasnet0_5"])
    def test_weights_of_the_backbone(self, name, tmp_path):
        backbone, path = backbones.backbone(name), tmp_path / "weights.pth"
        torch.save(backbone.state_dict(), path)
        loaded = create(name, str(path)).state_dict()
        shared = [k for k, v in backbone.state_dict().items() if torch.equal(v, loaded.get(k, v + 1))]
        assert len(shared) == len(loaded) - 2

    def test_the_bundled_readers_weights_fit_hand_net(self, tmp_path):
        network = create("hand-net")
        save_file(network.net.state_dict(), tmp_path / "reader.safetensors")
        assert same(create("hand-net", str(tmp_path / "reader.safetensors")), network)

    def test_old_names_and_outputs_for_training_only(self, tmp_path):
        """As torchvision's files of densenet and googlenet hold them."""
        state = backbones.backbone("densenet121").state_dict()
        old = {
            name.replace("norm1", "norm.1").replace("conv2", "conv.2"): tensor
            for name, tensor in state.items()
            if not name.endswith("num_batches_tracked")
        }
        old["aux1.fc1.weight"] = torch.zeros(1)
        torch.save(old, tmp_path / "old.pth")
        loaded = create("densenet121", str(tmp_path / "old.pth")).state_dict()
        name = "features.denseblock1.denselayer1.norm1.weight"
        torch.testing.assert_close(loaded[name], state[name])

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "is damaged, or holds more than tensors"),
            (b"PK\x03\x04 cut short", "is damaged, or holds more than tensors"),
            (pickle.dumps(print), "is damaged, or holds more than tensors"),
        ],
    )
    @pytest.mark.parametrize("suffix", ["pth", "safetensors"])
    def test_what_is_no_file_of_weights(self, suffix, content, message, tmp_path):
        path = tmp_path / f"weights.{suffix}"
        path.write_bytes(content)
        with pytest.raises(ModelError, match=rf"weights\.{suffix} {message}"):
            create("tiny", str(path))

    def test_a_whole_network_pickled_is_refused(self, tmp_path):
        torch.save(create("tiny"), tmp_path / "network.pth")
        with pytest.raises(ModelError, match="holds more than tensors, which is never loaded"):
            create("tiny", str(tmp_path / "network.pth"))

    def test_tensors_that_are_no_state_dict(self, tmp_path):
        torch.save([torch.zeros(1)], tmp_path / "list.pth")
        with pytest.raises(ModelError, match=r"list\.pth is not a state dict"):
            create("tiny", str(tmp_path / "list.pth"))

    def test_wrong_shapes_are_told(self, tmp_path):
        path = tmp_path / "aslnet.pth"
        state = create("aslnet").state_dict()
        torch.save(state, path)
        with pytest.raises(ModelError, match=r"aslnet\.pth does not fit tiny: features.0.0.weight is"):
            create("tiny", str(path))
        torch.save({**state, "more": torch.zeros(1)}, path)
        with pytest.raises(ModelError, match="more is not in the network"):
            create("aslnet", str(path))

    def test_a_file_that_is_missing(self, tmp_path):
        with pytest.raises(ModelError, match=r"none\.pth cannot be read .*check the path"):
            create("tiny", str(tmp_path / "none.pth"))


class TestImageNet:
    @pytest.fixture
    def server(self, tmp_path, monkeypatch, serve_folder):
        """A folder that a local server offers, and PyTorch's own folder, elsewhere."""
        folder = tmp_path / "served"
        folder.mkdir()
        monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
        return folder, serve_folder(folder)

    @pytest.fixture
    def offered(self, server, monkeypatch):
        """The file of weights that is offered where torchvision's enum now points, and its network."""
        folder, address = server
        torch.manual_seed(0)
        backbone = backbones.backbone(SMALL)
        torch.save(backbone.state_dict(), folder / "new.pth")
        digest = hashlib.sha256((folder / "new.pth").read_bytes()).hexdigest()
        file = (folder / "new.pth").rename(folder / f"{SMALL}-{digest[:8]}.pth")
        weights = torchvision.models.get_model_weights(SMALL).DEFAULT
        monkeypatch.setattr(weights.value, "url", f"{address}/{file.name}")
        return file, backbone

    def kept(self, tmp_path):
        return [path.name for path in (tmp_path / "torch" / "hub" / "checkpoints").iterdir()]

    def test_weights_are_downloaded_once(self, offered, tmp_path, capsys):
        file, backbone = offered
        network = create(SMALL, "imagenet")
        assert torch.equal(network.conv5[0].weight, backbone.conv5[0].weight)
        assert network.fc.out_features == 29
        assert self.kept(tmp_path) == [file.name]
        file.unlink()
        create(SMALL, "imagenet")
        assert capsys.readouterr().out == ""

    def test_a_damaged_download_is_not_kept(self, offered, tmp_path):
        file, _ = offered
        file.write_bytes(file.read_bytes()[:-100])
        with pytest.raises(ModelError, match="was damaged and not kept: try again"):
            create(SMALL, "imagenet")
        assert self.kept(tmp_path) == []

    def test_a_damaged_file_that_was_kept_is_named(self, offered, tmp_path):
        file, _ = offered
        create(SMALL, "imagenet")
        kept = tmp_path / "torch" / "hub" / "checkpoints" / file.name
        kept.write_bytes(kept.read_bytes()[:1000])
        with pytest.raises(ModelError, match=rf"{file.name} is damaged: delete it"):
            create(SMALL, "imagenet")

    def test_without_the_file_or_a_connection(self, offered):
        file, _ = offered
        file.unlink()
        with pytest.raises(ModelError, match=rf"could not be downloaded .*: place {file.name} in /"):
            create(SMALL, "imagenet")

    def test_our_own_networks_have_none(self):
        with pytest.raises(ModelError, match="no ImageNet weights of aslnet: choose `random`"):
            create("aslnet", "imagenet")
