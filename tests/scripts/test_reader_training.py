"""What the reader learns from: views must show what their targets say, and training must learn it."""

import sys

import numpy as np
import onnx
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import look
import look_for_hands
import look_plainly
import samples as samples_module
import views
from fingerspell.export.last_layer import LastLayer
from fingerspell.models.hand_letters import HandLetters
from fingerspell.models.hand_net import HandNet
from fingerspell.models.mediapipe_networks import HandTrunk
from fingerspell.models.reader import HandReader
from fingerspell.runtime.onnx_classifier import bundled_file
from learned_weights import learned
from look import KEPT, source_numbers
from pretrained import pretrained_reader, taught_reader
from samples import HANDLESS, SOURCES, UNKNOWN, Samples, Source
from small_hands import hand_net
from train import FreshViews, Run, StoredViews, train

N = 48
EMPTY = [name for name, source in SOURCES.items() if source.empty]


def packed(n: int = N):
    """Grey pictures with a bright spot at joint 8 and a dark one at joint 4."""
    generator = torch.Generator().manual_seed(1)
    pictures = torch.full((n + 1, 3, 256, 256), 128, dtype=torch.uint8)
    joints = torch.rand(n + 1, 21, 2, generator=generator) * 60 + 90
    for picture, (dark, bright) in zip(pictures, joints[:, [4, 8]].long(), strict=True):
        picture[:, dark[1] - 4 : dark[1] + 5, dark[0] - 4 : dark[0] + 5] = 0
        picture[:, bright[1] - 4 : bright[1] + 5, bright[0] - 4 : bright[0] + 5] = 255
    found = torch.ones(n + 1, dtype=torch.bool)
    found[n] = False
    return Samples(
        pictures=pictures,
        halved=torch.nn.functional.avg_pool2d(pictures.float(), 2).to(torch.uint8),
        size=torch.full((n + 1, 2), 256.0),
        joints=joints,
        found=found,
        label=torch.arange(n + 1) % 26,
        trust=torch.ones(n + 1),
        weight=torch.ones(n + 1),
        mask=torch.zeros(n + 1, 1, 128, 128, dtype=torch.uint8),
        cut_out_share=torch.zeros(n + 1),
        rooms=torch.tensor([n]),
        people=torch.tensor([n]),
        places=torch.zeros(n + 1, 3, 2, 2),
        source=torch.zeros(n + 1, dtype=torch.long),
        source_names=("people/anna",),
    )


def draw(samples: Samples, index: torch.Tensor, seed: int = 0) -> views.Views:
    return views.draw_views(samples, index, torch.Generator().manual_seed(seed))


def test_joints_stay_on_what_they_mark(monkeypatch):
    monkeypatch.setattr(views, "_photograph", lambda view, generator: view)
    drawn = draw(packed(), torch.arange(N))
    checked = 0
    for i in range(N):
        dark, bright = (drawn.joints[i, [4, 8]] * views.VIEW_PX).long()
        if drawn.found[i] and min(*dark, *bright) > 4 and max(*dark, *bright) < views.VIEW_PX - 5:
            if (dark - bright).abs().max() < 40:
                continue  # one spot may cover the other
            assert drawn.pictures[i, 0, bright[1], bright[0]] > 0.6
            assert drawn.pictures[i, 0, dark[1], dark[0]] < 0.4
            checked += 1
    assert checked > 12


def test_hands_are_upright_and_their_turn_leads_back():
    """Nearly: a palm detector is off by some degrees, too."""
    samples = packed()
    drawn = draw(samples, torch.arange(N).repeat(4))
    found = drawn.found
    along = drawn.joints[:, 9] - drawn.joints[:, 0]
    off = torch.atan2(along[:, 0], -along[:, 1])[found].abs()
    assert off.median() < 0.25
    back = ((drawn.joints[:, 9] - drawn.joints[:, 0])[:, None] @ drawn.turn.transpose(1, 2))[:, 0]
    original = (samples.joints[:, 9] - samples.joints[:, 0])[torch.arange(N).repeat(4)]
    mirrored = original * torch.tensor([-1.0, 1.0])
    near = torch.maximum(*(functional_cosine(back, each) for each in (original, mirrored)))
    assert near[found].median() > 0.9


def functional_cosine(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))


def test_hands_fill_as_much_of_a_view_as_the_readers_do():
    drawn = draw(packed(), torch.arange(N).repeat(4))
    extent = (drawn.joints.amax(1) - drawn.joints.amin(1)).amax(1)[drawn.found]
    assert extent.median().item() == pytest.approx(HandReader.FILL, abs=0.1)


def test_cut_out_hands_lie_before_other_backgrounds(monkeypatch):
    monkeypatch.setattr(views, "_photograph", lambda view, generator: view)
    samples = packed()
    samples.pictures[-1] = torch.tensor([0, 255, 0]).byte()[:, None, None]  # a green room
    samples.halved[-1] = samples.pictures[-1, :, ::2, ::2]
    for mask, (x, y) in zip(samples.mask, (samples.joints[:, 8] / 2).long(), strict=True):
        mask[0, y - 5 : y + 6, x - 5 : x + 6] = 255
    samples.cut_out_share.fill_(1.0)
    drawn = draw(samples, torch.arange(N))
    red, green, _ = drawn.pictures.unbind(1)
    checked = 0
    for i in torch.nonzero(drawn.found)[:, 0]:
        x, y = (drawn.joints[i, 8] * views.VIEW_PX).long()
        if min(x, y) > 4 and max(x, y) < views.VIEW_PX - 5:
            assert red[i, y, x] > 0.5  # the bright spot is in its mask
            checked += 1
        assert ((red[i] < 0.1) & (green[i] > 0.2)).float().mean() > 0.4
    assert checked > 12


def test_views_beside_a_hand_are_nothing():
    index = torch.arange(N).repeat(6)
    samples = packed()
    drawn = draw(samples, index)
    beside = ~drawn.found
    assert 0.01 < beside.float().mean() < 0.13
    assert (drawn.label[beside] == 27).all()
    assert (drawn.hand[beside] == 0).all()
    assert (drawn.label[~beside] == samples.label[index][~beside]).all()


def test_what_was_taken_for_a_hand_is_looked_at_as_hands_are(monkeypatch):
    """A bar where the reader found a hand, in a picture without one: upright, and of a hand's size."""
    monkeypatch.setattr(views, "_photograph", lambda view, generator: view)
    samples = packed(2)
    lower, upper = torch.tensor([60.0, 200.0]), torch.tensor([130.0, 100.0])
    samples.places[2] = torch.stack((lower, upper))
    samples.pictures[2] = 128
    for along in torch.linspace(0, 1, 100):
        x, y = (lower + along * (upper - lower)).long()
        samples.pictures[2, :, y - 3 : y + 4, x - 3 : x + 4] = 255
    drawn = draw(samples, torch.full((64,), 2))
    assert not drawn.found.any()
    assert (drawn.hand == UNKNOWN).all()  # of label C; such pictures have the label `nothing`
    upright, tall = 0, 0
    for picture in drawn.pictures[:, 0]:
        rows, columns = torch.nonzero(picture > 0.9).float().unbind(1)
        if len(rows) > 100:
            height, width = (
                torch.quantile(each, 0.95) - torch.quantile(each, 0.05) for each in (rows, columns)
            )
            upright += height > 2 * width
            tall += 0.35 < height / views.VIEW_PX < 0.85
    assert upright > 0.5 * 64
    assert tall > 0.5 * 64


def test_people_with_a_hand_left_are_no_pictures_without_hands(tmp_path, monkeypatch):
    """What MediaPipe is sure of; rooms have none, whatever it says."""
    monkeypatch.setattr(samples_module, "SOURCES", {name: SOURCES[name] for name in EMPTY})
    for name in EMPTY:
        (tmp_path / name).mkdir(parents=True)
        for i in range(3):
            Image.new("RGB", (40, 20)).save(tmp_path / name / f"{i}.jpg")
        places = np.arange(36, dtype=np.float32).reshape(3, 3, 2, 2) / 36
        (tmp_path / "searched" / name).parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            tmp_path / "searched" / f"{name}.npz",
            paths=[f"{i}.jpg" for i in range(3)],
            places=places,
            presence=np.array([[-1, -2, -3], [-4, 0.1, -4], [-9, -9, -9]], np.float32),
        )
    loaded = samples_module.load_samples(tmp_path, set())
    assert loaded.rooms.tolist() == [0, 1, 2]
    assert loaded.people.tolist() == [3, 4, 5, 6]
    in_square = places * np.array([256, 128], np.float32)
    assert loaded.places.numpy() == pytest.approx(in_square[[0, 1, 2, 0, 2, 0, 2]])


def test_ends_of_hands_lie_in_the_squares_around_them():
    """A square of 100 pixels, turned to the right by a quarter: 0.6 of it, from left to right."""
    square = torch.tensor([[200.0, 100.0, 100.0, torch.pi / 2, 1.0]])
    assert look_for_hands.ends_of(square)[0].numpy() == pytest.approx(
        np.array([[170, 100], [230, 100]]), abs=1e-3
    )


def test_what_the_reader_takes_for_hands_is_kept(tmp_path, monkeypatch):
    torch.manual_seed(0)
    reader = HandReader().eval()
    monkeypatch.setattr(look_for_hands, "untaught_reader", lambda data: reader)
    path = tmp_path / "room.png"
    Image.effect_noise((80, 60), 90).convert("RGB").save(path)
    places, presence = look_for_hands.search((tmp_path, path))
    shown = torch.tensor(np.asarray(Image.open(path)))[None]
    with torch.inference_mode():
        squares = [reader.find_hand(shown)] + [
            reader.find_palm(shown, torch.tensor([margin])) for margin in (False, True)
        ]
        seen = [reader.look(shown, square).hand.item() for square in squares]
    assert presence == pytest.approx(np.array(seen), abs=1e-5)
    ends, square = places * np.array([80, 60]), torch.cat(squares).numpy()
    assert ends.mean(1) == pytest.approx(square[:, :2], abs=1e-3)
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    assert length == pytest.approx(np.abs(HandReader.FILL * square[:, 2]), rel=1e-3)


def test_what_is_looked_with_is_asked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["look_for_hands.py", str(tmp_path)])
    with pytest.raises(SystemExit):
        look_for_hands.main()
    assert "hand.safetensors is missing: scripts/reader/mediapipe_weights.py" in capsys.readouterr().err


SOURCE_NAMES = ("rps_webcam", HANDLESS + "rps_webcam", "people/anna", "people/ben", "rendered")


@pytest.mark.parametrize(
    ("leave_out", "left_out"),
    [
        ({"rps_webcam"}, [0, 1]),
        ({"people"}, [2, 3]),
        ({"people/ben", "rendered"}, [3, 4]),
        ({"ben"}, []),
    ],
)
def test_what_is_left_out_is_left_out_with_all_that_was_made_of_it(tmp_path, leave_out, left_out):
    stored = tmp_path / "views.safetensors"
    save_file({"label": torch.zeros(1)}, stored, {"sources": ",".join(SOURCE_NAMES)})
    assert source_numbers(stored, leave_out) == left_out


def test_people_are_left_out_by_folds_and_one_person_is_in_one_fold(tmp_path):
    (tmp_path / "joints").mkdir()
    people = ["cem", "adi3220", "eva", "aplha5", "bo", "dan"]
    paths = [f"{letter}/{person}_{i}.jpg" for person in people for i, letter in enumerate("AB")]
    np.savez(tmp_path / "joints" / "people.npz", paths=paths)
    folds = samples_module.folds_of(tmp_path, 2)
    # By hand: adi3220, bo, cem, dan, eva in turn; aplha5 may be adi3220.
    assert folds == {
        f"people/{person}": fold
        for person, fold in zip(
            ["adi3220", "bo", "cem", "dan", "eva", "aplha5"], [0, 1, 0, 1, 0, 0], strict=True
        )
    }
    left_out = samples_module.left_out_of("massey,people:1/2,people/eva", tmp_path)
    assert left_out == {"massey", "people/bo", "people/dan", "people/eva"}


def test_what_is_openly_licensed_is_told_apart(tmp_path):
    (tmp_path / "people.csv").write_text(
        "person,licence\ncem,MIT (own)\neva,none stated\nbo,MIT file of the tutorial\n"
    )
    left_out = samples_module.left_out_of("t32", tmp_path, licensed_only=True)
    assert left_out == {"t32", "kaggle64", "massey", "people/eva"}


def test_corrected_pictures_have_the_sign_that_they_show():
    """`scripts/reader/people_corrections.csv`: an F in D's folder, an L without a hand."""
    people = SOURCES["people"]
    shown = {
        path: samples_module.shown_in(path, people) for path in ("D/sufyan_0.jpg", "L/rjpushp_0.jpg")
    }
    assert shown == {"D/sufyan_0.jpg": "F", "L/rjpushp_0.jpg": ""}
    assert samples_module.shown_in("D/sufyan_0.jpg", SOURCES["t32"]) == "D"
    assert samples_module.shown_in("D/other_0.jpg", people) == "D"


def test_hands_that_sign_nothing_are_drawn_more_often():
    """Twelve times as often as pictures without hands, and as letters."""
    source = Source(100, resting=12)
    nothing, letter = source.label("nothing"), source.label("A")
    shares = [source.share(nothing, found=found, n=50) for found in (True, False)]
    assert [*shares, source.share(letter, found=True, n=50)] == pytest.approx([24, 2, 2])
    assert SOURCES["digits218"].label("5") == nothing


def store(folder, seed: int, n: int = 12):
    """Features in which each view's label can be seen, as `look.py` stores them."""
    folder.mkdir()
    drawn = draw(packed(), torch.arange(n), seed)
    middle = np.random.default_rng(seed).normal(0, 0.1, (n, 14, 14, 112)).astype(np.float16)
    for row, label in zip(middle, drawn.label.tolist(), strict=True):
        row[:, :, label] += 2
    np.save(folder / "middle.npy", middle)
    kept = {name: getattr(drawn, name) for name in KEPT}
    save_file(
        {name: each.contiguous() for name, each in kept.items()} | {"source": torch.arange(n) % 3},
        folder / "views.safetensors",
        {"sources": "massey,people/anna,people/ben"},
    )
    return middle


def test_training_learns_what_the_views_show(tmp_path):
    torch.manual_seed(0)
    first, second = (store(tmp_path / name, seed) for seed, name in enumerate(("a", "b")))
    folders = [tmp_path / "a", tmp_path / "b"]
    left_out = StoredViews(folders, {"people/anna"})
    assert left_out.usable.tolist() == [i for i in range(24) if i % 12 % 3 != 1]
    stored = StoredViews(folders, set())
    shown = stored.middle(torch.tensor([13, 2]))
    np.testing.assert_array_equal(shown.permute(0, 2, 3, 1).numpy(), np.stack((second[1], first[2])))
    run = Run(HandLetters(HandTrunk()), 2e-3, 12)
    middle = stored.middle(stored.usable)
    parts = [run.step(middle, stored.facts) for _ in range(12)]
    assert parts[-1]["letter"] < 0.8 * parts[0]["letter"]
    names = {name for name, _ in run.average.module.named_parameters()}
    assert names == {name for name, _ in HandLetters(HandTrunk()).named_parameters()}


def test_fresh_views_are_those_of_their_step_and_can_be_learned_from(tmp_path):
    torch.manual_seed(0)
    trunk, samples = HandTrunk(), packed(6)
    fresh = FreshViews(samples, trunk, seed=3)
    (middle, facts), (again, _), (other, _) = (fresh.batch(4, step) for step in (5, 5, 6))
    assert torch.equal(middle, again)
    assert not torch.equal(middle, other)
    assert set(facts) == set(KEPT)
    generator = torch.Generator().manual_seed(3 * look.MOST_BATCHES + 5)
    index = torch.multinomial(samples.weight, 4, replacement=True, generator=generator)
    drawn = views.draw_views(samples, index, generator)
    assert torch.equal(facts["label"], drawn.label)
    with torch.inference_mode():
        expected = trunk.middle(drawn.pictures)
    torch.testing.assert_close(middle.float(), expected, atol=0.03, rtol=0.05)  # bf16
    run = Run(HandLetters(HandTrunk()), 2e-3, 2)
    train(run, fresh, 4, tmp_path / "unfinished.pt", "recipe")
    assert run.steps_done == 2


def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path):
    store(tmp_path / "a", 0)
    stored, unfinished = StoredViews([tmp_path / "a"], set()), tmp_path / "unfinished.pt"
    whole, begun, resumed = (started_run(steps=3) for _ in range(3))
    torch.manual_seed(1)
    train(whole, stored, 4, tmp_path / "unneeded.pt", "recipe")
    torch.manual_seed(1)
    begun.steps = 2
    train(begun, stored, 4, tmp_path / "unneeded.pt", "recipe")
    begun.save(unfinished, "recipe")
    train(resumed, stored, 4, unfinished, "recipe")
    for mine, theirs in zip(resumed.average.parameters(), whole.average.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)
    with pytest.raises(ValueError, match="another recipe"):
        started_run(steps=3).resume(unfinished, "more steps")


def started_run(steps: int) -> Run:
    torch.manual_seed(0)
    return Run(HandLetters(HandTrunk()), 2e-3, steps)


def test_looking_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    """Each batch has random numbers of its own, so that what was seen is the same."""
    monkeypatch.setattr(look, "BATCH", 4)
    monkeypatch.setattr(look, "SAVE_EVERY", 1)
    torch.manual_seed(0)
    trunk, samples = HandTrunk().eval(), packed()
    middle, shown = trunk.middle, []

    def until_the_third(views: torch.Tensor) -> torch.Tensor:
        shown.append(len(views))
        if len(shown) == 3:
            raise KeyboardInterrupt
        return middle(views)

    for name in ("whole", "stopped"):
        (tmp_path / name).mkdir()
    look.look(samples, trunk, tmp_path / "whole", batches=3, seed=5)
    monkeypatch.setattr(trunk, "middle", until_the_third)
    with pytest.raises(KeyboardInterrupt):
        look.look(samples, trunk, tmp_path / "stopped", batches=3, seed=5)
    look.look(samples, trunk, tmp_path / "stopped", batches=3, seed=5)
    assert len(shown) == 4
    whole, stopped = (StoredViews([tmp_path / name], set()) for name in ("whole", "stopped"))
    for name, value in whole.facts.items():
        assert torch.equal(value, stopped.facts[name]), name
    every = torch.arange(12)
    assert torch.equal(whole.middle(every), stopped.middle(every))
    with pytest.raises(ValueError, match="delete it"):
        look.look(samples, trunk, tmp_path / "stopped", batches=3, seed=6)


def test_depthwise_convolutions_train_in_32_bits_and_the_others_in_16(tmp_path):
    store(tmp_path / "a", 0)
    stored = StoredViews([tmp_path / "a"], set())
    run = Run(HandLetters(HandTrunk()), 2e-3, 1, in_16_bits=True)
    kinds = {}
    for name, layer in run.letters.last.named_modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.register_forward_hook(
                lambda _layer, _inputs, output, name=name: kinds.update({name: output.dtype})
            )
    run.step(stored.middle(stored.usable), stored.facts)
    assert len(kinds) == 14
    for name, kind in kinds.items():
        assert kind == (torch.float32 if name.endswith("depthwise") else torch.bfloat16), name


def test_weights_in_whole_numbers_become_floats_again():
    """By hand: a layer's whole numbers times the scale of each output."""
    torch.manual_seed(0)
    net, numbers = HandNet(), {}
    for name, module in net.named_modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            numbers[f"{name}.bias_quantized"] = np.full(len(module.bias), 3, np.int32)
            numbers[f"{name}.bias_quantized_scale"] = np.full(len(module.bias), 0.5, np.float32)
        elif isinstance(module, torch.nn.Conv2d | torch.nn.Linear | torch.nn.ConvTranspose2d):
            whole = np.arange(module.weight.numel()).reshape(module.weight.shape) % 60
            numbers[f"{name}.weight_quantized"] = whole.astype(np.int8)
            numbers[f"{name}.weight_scale"] = np.linspace(0.1, 0.2, len(whole), dtype=np.float32)
            if module.bias is not None:
                numbers[f"{name}.bias"] = np.full(len(module.bias), 7, np.float32)
    taken = hand_net(numbers).eval()
    assert taken.hand.weight[0, 59].item() == pytest.approx(5.9)
    assert taken.letter[-1].weight[28, 1].item() == pytest.approx((28 * 256 + 1) % 60 * 0.2, rel=1e-5)
    assert taken.letter[0].bias[0].item() == 7
    x = torch.randn(1, 32, 5, 5)
    torch.testing.assert_close(taken.eighth[0][1](x), x + 1.5, atol=1e-4, rtol=1e-4)


def stored(module: torch.nn.Module, first: int = 0) -> dict[str, torch.Tensor]:
    """Weights as `mediapipe_weights.py` numbers them: a bias with the weight before it."""
    numbered, number = {}, first - 1
    for name, parameter in module.named_parameters():
        kind = name.rpartition(".")[2]
        number += kind == "weight"
        numbered[f"{number:03}.{kind}"] = parameter.detach()
    return numbered


def test_a_reader_begins_with_the_weights_that_were_taken_out_and_goes_on_with_those_learned(tmp_path):
    """Of each joint's x, y and depth in 224 pixels, x and y are kept, as shares of the view."""
    torch.manual_seed(0)
    known, learned = HandReader(), HandReader()
    heads = torch.nn.ModuleList(torch.nn.Linear(1152, n) for n in (1, 1, 63, 63))
    (tmp_path / "mediapipe").mkdir()
    save_file(stored(known.palms), tmp_path / "mediapipe" / "palms.safetensors")
    trunk = stored(known.trunk)
    save_file(
        trunk | stored(heads, len({key[:3] for key in trunk})),
        tmp_path / "mediapipe" / "hand.safetensors",
    )
    begun = pretrained_reader(tmp_path)
    for module in ("palms", "trunk"):
        pairs = zip(
            getattr(begun, module).parameters(), getattr(known, module).parameters(), strict=True
        )
        assert all(torch.equal(mine, theirs) for mine, theirs in pairs)
    torch.testing.assert_close(begun.letters.hand.weight, heads[1].weight)
    torch.testing.assert_close(begun.letters.joints.weight[2], heads[2].weight[3] / 224)
    torch.testing.assert_close(begun.letters.joints.bias[41], heads[2].bias[61] / 224)

    parts = {"letters": learned.letters, "shape": learned.shape.net}
    for name, part in parts.items():
        save_file(part.state_dict(), tmp_path / f"{name}.safetensors")
    taught = taught_reader(tmp_path, *(tmp_path / f"{name}.safetensors" for name in parts))
    assert torch.equal(taught.trunk.last[0].expand.weight, learned.trunk.last[0].expand.weight)
    assert torch.equal(taught.shape.net.layers[1].bias, learned.shape.net.layers[1].bias)
    assert torch.equal(taught.palms.stem.weight, known.palms.stem.weight)


def test_what_was_learned_is_taken_out_of_a_model_file():
    """Its layers joined again are the file's last one, but for the network for small hands."""
    content = bundled_file().read_bytes()
    letters, shape = learned(onnx.load_model_from_string(content).graph)
    reader = HandReader()
    reader.letters.load_state_dict(letters)
    reader.shape.net.load_state_dict(shape)
    weight, _ = reader.last_layers()
    of_others = torch.ones(644, dtype=torch.bool)
    of_others[384:640] = of_others[642] = False
    expected = torch.from_numpy(LastLayer(content, "default").weight)
    torch.testing.assert_close(weight[:, of_others], expected[:, of_others])
    assert weight[:, of_others].abs().max() > 0.1


def test_plain_looks_are_those_of_the_reader_and_say_where_the_joints_are():
    """A bright joint in the picture is bright in the view, at the place that the facts give."""
    reader = HandReader().eval()
    joints = torch.rand(21, 2, generator=torch.Generator().manual_seed(2)) * 60 + 70
    picture = np.zeros((200, 220, 3), np.uint8)
    x, y = joints[8].long().tolist()
    picture[y - 3 : y + 4, x - 3 : x + 4] = 255
    shown = []
    reader.trunk.middle = lambda view: shown.append(view) or torch.zeros(1, 112, 14, 14)
    with torch.inference_mode():
        facts = [facts for _, facts in look_plainly.looks_at(reader, picture, joints)]
    for view, fact in zip(shown, facts, strict=True):
        bright = (view[0, 0] > 0.5).nonzero().float().mean(0).flip(0) / 224
        torch.testing.assert_close(fact["joints"][8], bright, atol=0.02, rtol=0)
    assert facts[0]["joints"][:, 0] == pytest.approx(1 - facts[1]["joints"][:, 0], abs=0.2)
