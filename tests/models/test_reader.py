"""Where the reader looks; what finds hands here is exact, so that every place can be checked."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from fingerspell.core.alphabet import CLASSES, LETTERS
from fingerspell.models.hand_letters import Reading
from fingerspell.models.hand_net import HandOutput
from fingerspell.models.mediapipe_networks import HAND_PX, PalmDetector
from fingerspell.models.reader import HandReader
from fingerspell.models.reader_memory import Memory
from fingerspell.models.reader_rules import ReaderRules
from fingerspell.models.squares import Squares

NEW = NO_MARGIN = torch.tensor([False])


class Palms(nn.Module):
    """Takes white pixels for a palm, which is turned as it is told; scores are 5 where there is one."""

    def __init__(self, angle: float = 0.0, sees=lambda view: True) -> None:
        super().__init__()
        self.angle, self.sees, self.shown = angle, sees, []

    def forward(self, views):
        self.shown.append(views)
        scores, places = torch.full((len(views), 3), -9.0), torch.zeros(len(views), 3, 9, 2)
        for i, view in enumerate(views):
            rows, columns = (view[0] > 0.5).nonzero(as_tuple=True)
            if len(rows) and self.sees(view):
                low = torch.stack((columns.min(), rows.min())) / 192
                high = torch.stack((columns.max() + 1, rows.max() + 1)) / 192
                middle = (low + high) / 2
                along = torch.tensor([math.sin(self.angle), -math.cos(self.angle)]) * 0.02
                scores[i, :2] = 5.0  # two anchors that mean the same palm
                places[i, :2] = middle
                places[i, :2, 1] = high - low
                places[i, :2, 2], places[i, :2, 4] = middle - along, middle + along
        return scores, places


class Letters(nn.Module):
    """Sees a hand in the middle of any view that has white in it."""

    def __init__(self, sees=lambda view: view.max() > 200, high: float = 9.0) -> None:
        super().__init__()
        self.sees, self.high, self.turns = sees, high, []
        self.last_layer = nn.Linear(256, 29)

    def forward(self, middle, turn):
        self.turns.append(turn)
        hand = torch.tensor([self.high if self.sees(view) else -3.0 for view in middle])
        joints = torch.full((len(middle), 21, 2), 0.5)
        joints[:, 1] = torch.tensor([0.75, 0.5])  # to the right, as the view shows it
        return Reading(torch.zeros(len(middle), 256), joints, hand)


class Small(nn.Module):
    """Sees joints where it is told, as fractions of its view; its letters say nothing."""

    def __init__(self, joints: torch.Tensor) -> None:
        super().__init__()
        self.letter = nn.ModuleList([nn.Linear(256, 29)])
        self.shown = []
        cells = 20 * joints
        x, y = cells[:, 0].long(), cells[:, 1].long()
        self.heat = torch.full((21, 400), -99.0)
        self.heat[torch.arange(21), 20 * y + x] = 99.0

    def forward(self, view):
        self.shown.append(view)
        n = len(view)
        nothing = torch.zeros(n, 21, 2)
        return HandOutput(
            torch.zeros(n, 29),
            torch.zeros(n, 256),
            self.heat.expand(n, -1, -1),
            nothing,
            nothing[:, 0, 0],
        )


class Trunk(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.shown = []

    def middle(self, view):
        self.shown.append(view * 255)
        return view * 255


def reader_with(
    palms: nn.Module, letters: nn.Module, corner: tuple[float, float] = (0.025, 0.025)
) -> HandReader:
    """A reader whose first look sees joints of a small hand at `corner` of its square view."""
    reader = HandReader().eval()
    joints = torch.tensor(corner).repeat(21, 1)
    joints[9, 1] += 0.05
    reader.palms, reader.letters, reader.trunk, reader.small = palms, letters, Trunk(), Small(joints)
    return reader


def picture(x=60, y=20, side=20, size=(60, 100)) -> torch.Tensor:
    """A white square on black."""
    pixels = torch.zeros(1, *size, 3, dtype=torch.uint8)
    pixels[:, y : y + side, x : x + side] = 255
    return pixels


def test_the_square_around_an_upright_palm_is_mediapipes():
    """2.6 palms wide, and half a palm above its middle: fingers are there."""
    reader = reader_with(Palms(), Letters())
    squares, score = reader.find_palm(picture(), NO_MARGIN)
    [[x, y, side, angle, mirror]] = squares.numbers.tolist()
    assert score.tolist() == [5.0]
    assert x == pytest.approx(70, abs=0.6)
    assert y == pytest.approx(30 - 0.5 * 20, abs=0.9)
    assert side == pytest.approx(2.6 * 20, abs=1.5)
    assert angle == pytest.approx(0, abs=1e-4)
    assert mirror == 1


@pytest.mark.parametrize("angle", [0.5, math.pi / 2, -2.0])
def test_the_square_of_a_turned_palm_lies_where_its_fingers_are(angle):
    reader = reader_with(Palms(angle), Letters())
    [[x, y, _, found, _]] = reader.find_palm(picture(), NO_MARGIN)[0].numbers.tolist()
    assert found == pytest.approx(angle, abs=1e-3)
    assert x == pytest.approx(70 + 10 * math.sin(angle), abs=0.9)
    assert y == pytest.approx(30 - 10 * math.cos(angle), abs=0.9)


def test_joints_and_views_are_turned_with_the_hand():
    """A hand that points right is seen upright: what is right in the view is below in the picture."""
    reader = reader_with(Palms(math.pi / 2), Letters())
    _, joints, hand, _ = reader(picture())
    (x, y), (other_x, other_y), *_ = (joints[0] * torch.tensor([100.0, 60.0])).tolist()
    assert hand.item() > 0.9
    assert other_x == pytest.approx(x, abs=0.1)
    assert other_y - y == pytest.approx(0.25 * 52, abs=0.6)
    right = reader.letters.turns[-1][0] @ torch.tensor([1.0, 0.0])
    torch.testing.assert_close(right, torch.tensor([0.0, 1.0]), atol=1e-3, rtol=0)


def test_a_view_shows_its_square():
    """Two colours side by side, looked at turned by a right angle, lie one above the other."""
    pixels = torch.zeros(1, 100, 100, 3, dtype=torch.uint8)
    pixels[:, :, 50:, 0] = 200
    reader = HandReader()
    square = Squares(torch.tensor([[50.0, 50.0, 40.0, math.pi / 2, 1.0]]))
    for view in (reader.view_of_full(pixels, square), reader.view_of_half(pixels, square)):
        assert view.shape == (1, 3, HAND_PX, HAND_PX)
        assert view[0, 0, : HAND_PX // 2 - 8].min() > 199  # up in the view is right in the picture
        assert view[0, 0, HAND_PX // 2 + 8 :].max() < 1
        assert view[0, 1:].max() == 0


@torch.no_grad()
@settings(deadline=None, max_examples=30)
@given(
    height=st.integers(2, 150),
    width=st.integers(2, 150),
    x=st.floats(-100, 250),
    y=st.floats(-100, 250),
    side=st.floats(8, 200),
    angle=st.floats(-math.pi, math.pi),
)
def test_the_part_of_a_picture_that_a_square_shows_is_all_that_is_seen(
    height, width, x, y, side, angle
):
    """The views are those of the whole picture, also where the square lies beside it."""
    reader = HandReader()
    row, column = torch.arange(height)[:, None], torch.arange(width)
    pictures = ((row * 37 + column * 101) % 256).to(torch.uint8)[None, :, :, None].repeat(1, 1, 1, 3)
    squares = Squares(torch.tensor([[x, y, side, angle, -1.0]]))
    (top, left), (bottom, right), within = reader.part(pictures, squares)
    shown = pictures[:, top:bottom, left:right]
    assert shown.numel() > 0
    reach = side * math.sqrt(2) + 10
    assert max(shown.shape[1:3]) <= reach
    for view in (reader.view_of_full, reader.view_of_half):
        torch.testing.assert_close(view(shown, within), view(pictures, squares), atol=0.3, rtol=0)


@torch.no_grad()
def test_a_square_seen_in_a_mirror_is_the_square_of_the_mirrored_picture():
    """All that is read of it is the same, and joints are where they are in the picture given."""
    torch.manual_seed(0)
    reader = HandReader().eval()
    pictures = torch.randint(0, 256, (1, 90, 120, 3), dtype=torch.uint8)
    square = Squares(torch.tensor([[50.0, 40.0, 60.0, 0.7, -1.0]]))
    of_mirrored = Squares(torch.tensor([[70.0, 40.0, 60.0, -0.7, 1.0]]))
    view = reader.view_of_full(pictures, square)
    expected = reader.view_of_full(pictures.flip(2), of_mirrored)
    torch.testing.assert_close(view, expected, atol=0.1, rtol=0)
    one, other = reader.read(square, view), reader.read(of_mirrored, expected)
    torch.testing.assert_close(one.features, other.features, atol=1e-3, rtol=1e-3)
    back = other.joints * torch.tensor([-1.0, 1.0]) + torch.tensor([120.0, 0.0])
    torch.testing.assert_close(one.joints, back, atol=0.05, rtol=0)


def test_the_first_look_at_a_whole_picture_finds_joints():
    """In a square of 100 around a picture of 100x60, 20 lines are above it."""
    reader = reader_with(Palms(), Letters(), corner=(0.625, 0.425))
    [[x, y, side, angle, _]] = reader.find_hand(picture()).numbers.tolist()
    assert reader.small.shown[0].shape == (1, 3, 160, 160)
    assert x == pytest.approx(62.5, abs=0.1)
    assert y == pytest.approx(42.5 - 20 + 2.5, abs=0.1)
    assert side == pytest.approx(8 / ReaderRules.fill)  # of no hand are fewer pixels looked at
    assert angle == pytest.approx(math.pi, abs=1e-3)  # its fingers point down


def test_a_hand_that_is_surely_seen_is_not_searched_for_once_more():
    palms = Palms()
    reader = reader_with(palms, Letters(), corner=(0.675, 0.475))
    _, _, hand, _ = reader(picture())
    assert hand.item() > 0.99
    assert not palms.shown


def test_where_no_hand_is_surely_seen_the_palm_detector_is_asked():
    palms = Palms()
    reader = reader_with(palms, Letters())  # the first look is at a black corner
    _, joints, hand, _ = reader(picture())
    assert len(palms.shown) == 1
    assert hand.item() > 0.99
    found = joints[0, 0] * torch.tensor([100.0, 60.0])
    torch.testing.assert_close(found, torch.tensor([70.0, 20.0]), atol=1.0, rtol=0)


def test_the_surer_of_two_looks_counts():
    unsure = Letters(sees=lambda view: False)
    reader = reader_with(Palms(), unsure)
    _, joints, hand, _ = reader(picture())
    assert hand.item() < 0.1
    assert (joints[0, 0] * 100 < 10).all()  # all are as unsure, so the first stays


def test_the_square_of_a_palm_in_a_picture_with_a_margin_is_the_same():
    reader = reader_with(Palms(), Letters())
    squares = [reader.find_palm(picture(), torch.tensor([wide]))[0] for wide in (False, True)]
    shown, with_margin = reader.palms.shown
    torch.testing.assert_close(squares[1].numbers, squares[0].numbers, atol=1.6, rtol=0)
    inner = with_margin[:, :, 48:144, 48:144]
    torch.testing.assert_close(inner, torch.nn.functional.avg_pool2d(shown, 2))
    assert with_margin.sum() == pytest.approx(inner.sum().item())


def test_a_hand_that_fills_the_picture_is_found_with_a_margin_around_it():
    """The detector misses palms that the edge cuts, as MediaPipe's does."""
    palms = Palms(sees=lambda view: view[:, :, [0, -1]].max() < 0.5)
    reader = reader_with(palms, Letters())
    nothing = Reading(torch.zeros(1, 644), torch.zeros(1, 21, 2), torch.tensor([-3.0]))
    filled = picture(x=0, y=0, side=120, size=(60, 120))
    found = reader.search(filled, nothing, NEW, torch.tensor([True]))
    assert len(palms.shown) == 2
    assert found.hand.item() > ReaderRules.sure
    assert found.joints[0, 0, 0].item() == pytest.approx(60, abs=1)


def test_an_unlikely_palm_is_not_looked_at():
    palms = Palms(sees=lambda view: False)
    reader = reader_with(palms, Letters())
    _, _, hand, _ = reader(picture(), is_still=NEW)
    assert (len(palms.shown), len(reader.trunk.shown)) == (2, 1)
    assert hand.item() < 0.1


@torch.no_grad()
@pytest.mark.parametrize(
    ("is_still", "hand", "found"), [(True, 6.0, 1), (True, 4.0, 0), (False, 6.0, 0)]
)
def test_in_a_still_a_hand_that_no_detector_finds_is_found_in_the_whole_picture(is_still, hand, found):
    """If it certainly is one."""
    reader = reader_with(Palms(sees=lambda view: False), Letters(high=hand))
    nothing = Reading(torch.zeros(1, 644), torch.zeros(1, 21, 2), torch.tensor([-9.0]))
    seen = reader.search(picture(), nothing, NEW, torch.tensor([is_still]))
    assert seen.hand.item() == pytest.approx(hand if found else -9.0)
    in_the_middle = torch.tensor([50.0, 30.0]).allclose(seen.joints[0, 0], atol=0.1)
    assert in_the_middle == found


def seen(features: torch.Tensor, scale: float = 1, hand: float = 9.0) -> Reading:
    """An upright hand of 80 pixels, times `scale`."""
    joints = torch.full((1, 21, 2), 50.0)
    joints[0, 0, 1], joints[0, 9, 1] = 90.0, 10.0
    return Reading(features, joints * scale, torch.tensor([hand]))


@torch.no_grad()
def test_a_new_hand_of_no_clear_letter_is_looked_at_again_around_its_landmarks():
    reader = reader_with(Palms(), Letters())
    pixels = picture(x=20, y=10, side=80, size=(100, 100))
    first = seen(torch.zeros(1, 644))
    again = reader.look_again(pixels, first, NEW)
    assert len(reader.trunk.shown) == 1
    assert reader.again(first.joints).numbers[0].tolist() == pytest.approx([50, 50, 80 / 0.48, 0, 1])
    torch.testing.assert_close(again.features, reader.look(pixels, reader.again(first.joints)).features)
    lost = reader.look_again(0 * pixels, first, NEW)  # nothing is there at the second look
    torch.testing.assert_close(lost.features, first.features)


@torch.no_grad()
@pytest.mark.parametrize(("probability", "uncertain"), [(0.65, True), (0.75, False)])
def test_what_is_clear_or_small_or_known_or_no_hand_is_not_uncertain(probability, uncertain):
    reader = HandReader().eval()
    weight, bias = reader.last_layers()
    logits = torch.tensor([math.log(probability)] + [math.log((1 - probability) / 28)] * 28)
    features = (torch.linalg.pinv(weight) @ (logits - bias))[None]
    assert reader.is_uncertain(*seen(features), NEW).item() == uncertain
    for other in (seen(features, scale=0.5), seen(features, hand=2.0)):
        assert not reader.is_uncertain(*other, NEW).item()
    assert not reader.is_uncertain(*seen(features), ~NEW).item()


def remembered(joints: torch.Tensor) -> torch.Tensor:
    """The state after frames of hands with these joints [N, 21, 2], fractions of the picture."""
    none = torch.zeros(len(joints))
    hand, features, parts = none + 9, torch.zeros(len(joints), 644), torch.zeros(len(joints), 100)
    return Memory(joints, hand, features, *[none] * 5, parts).state()


def known_hand() -> dict[str, torch.Tensor]:
    """A wrist at x 60, y 40, and the base of the middle finger 20 pixels above."""
    before = torch.zeros(1, 21, 2)
    before[0] = torch.tensor([0.6, 40 / 60])
    before[0, 9] = torch.tensor([0.6, 20 / 60])
    return {"state": remembered(before), "is_still": torch.tensor([False])}


def test_a_known_hand_is_looked_at_where_it_was_and_not_searched_for():
    palms = Palms()
    reader = reader_with(palms, Letters())
    _, joints, _, _ = reader(picture(x=50, y=25), **known_hand())
    assert not palms.shown
    assert all(len(view) == 2 for view in reader.small.shown)  # a hand and its mirror image, no search
    found = joints[0, 0] * torch.tensor([100.0, 60.0])
    torch.testing.assert_close(found, torch.tensor([60.0, 30.0]), atol=0.1, rtol=0)
    assert joints[0, 1, 0].item() * 100 == pytest.approx(60 + 20 / ReaderRules.fill / 4, abs=0.1)


def test_a_hand_that_is_no_longer_there_is_searched_for():
    palms = Palms()
    reader = reader_with(palms, Letters())
    _, joints, hand, _ = reader(picture(x=5, y=5, side=8), **known_hand())
    assert len(palms.shown) == 1
    assert hand.item() > 0.99
    found = joints[0, 0] * torch.tensor([100.0, 60.0])
    torch.testing.assert_close(found, torch.tensor([9.0, 5.0]), atol=1.0, rtol=0)


def test_each_picture_of_a_batch_is_read_as_if_alone():
    torch.manual_seed(0)
    reader = HandReader().eval()
    # A square is halved for a batch; and an untrained network is as unsure of all it sees.
    reader.rules = ReaderRules(halved_from_px=math.inf, kept=-math.inf, sure=-math.inf)
    reader.small = Small(torch.rand(21, 2))
    pictures = torch.cat((picture(), picture(x=10, y=25, side=8)))
    given = (remembered(torch.rand(2, 21, 2)), torch.tensor([0.1, 0.0]), torch.tensor([False, True]))
    both = reader(pictures, *given)
    for i in range(2):
        alone = reader(pictures[i : i + 1], *(each[i : i + 1] for each in given))
        for one, of_both in zip(alone[:3], both[:3], strict=True):
            torch.testing.assert_close(one[0], of_both[i], atol=1e-4, rtol=1e-3)
        remembered_of_both = Memory.of(both[3][i : i + 1])._replace(parts=torch.zeros(1, 100))
        of_one = Memory.of(alone[3])._replace(parts=torch.zeros(1, 100))  # not needed of a known hand
        torch.testing.assert_close(of_one.state(), remembered_of_both.state(), atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize(
    ("side", "share"), [(20.0, 0.5), (45.0, 0.5), (51.0, 0.7), (60.0, 1.0), (99.0, 1.0)]
)
@torch.no_grad()
def test_small_hands_are_read_by_the_network_for_them(side, share):
    """The logits are the mean of both networks', weighted by the size of the hand in pixels."""
    torch.manual_seed(0)
    reader = HandReader().eval()
    pictures = torch.randint(0, 256, (1, 120, 160, 3), dtype=torch.uint8)
    joints = torch.rand(1, 21, 2)
    joints[0, 0], joints[0, 1] = 0.0, 1.0
    joints = 10 + joints * side
    squares = reader.around_joints(joints)
    square = torch.tensor([[10.0, 10.0, 10.0, 10.0]]) + torch.tensor([0.5, 0.5, 0.5, 0.5]) * side
    half = side / ReaderRules.small_fill / 2
    view = reader.small_spec.look(pictures, square + torch.tensor([-half, -half, half, half]), torch)
    small = (reader.small(view).logits + reader.small(view.flip(3)).logits) / 2
    large = reader.read(squares, reader.view_of_full(pictures, squares))
    shape = (reader.shape.net(joints) + reader.shape.net(joints * torch.tensor([-1.0, 1.0]))) / 2
    of_view = reader.letters.logits(large.features)
    both = 0.65 * of_view + 0.35 * shape
    # By how much it is nothing, rather than A to Z, counts 1.5 times more for who sees the hand.
    nothing, letters = CLASSES.index("nothing"), [CLASSES.index(each) for each in LETTERS]
    both[0, nothing] += 1.5 * 0.65 * (of_view[0, nothing] - of_view[0, letters].mean())
    expected = share * both + (1 - share) * small
    hands = torch.tensor([ReaderRules.kept + 1, ReaderRules.kept - 1])
    shares = reader.share(joints.repeat(2, 1, 1), hands)
    assert shares.tolist() == pytest.approx([share, 1])  # where no hand is, none is small
    small_features = reader.read_small(pictures, joints)
    say = torch.tensor([share])
    features = reader.join(joints, torch.tensor([5.0]), large.features, small_features, say)
    weight, bias = reader.last_layers()
    torch.testing.assert_close(features @ weight.T + bias, expected, atol=1e-4, rtol=1e-4)
    # Of a hand that is 2 under what counts as one, `nothing` is 3 logits likelier.
    features = reader.join(joints, torch.tensor([1.0]), large.features, small_features, say)
    expected[0, nothing] += 3
    torch.testing.assert_close(features @ weight.T + bias, expected, atol=1e-4, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize(("hand", "more"), [(4.0, 0), (5.5, 1.5), (7.0, 6), (20.0, 6)])
def test_what_is_certainly_a_hand_is_rather_a_letter_in_stills(hand, more):
    """And what is said of stills is surer; in videos all is as it was."""
    torch.manual_seed(0)
    reader = HandReader().eval()
    features, joints = torch.rand(1, 644), torch.rand(1, 21, 2)
    pictures = torch.zeros(1, 120, 160, 3, dtype=torch.uint8)
    still, video = (
        reader.answer(pictures, features, joints, torch.tensor([hand]), torch.tensor([is_still]))[0][0]
        for is_still in (True, False)
    )
    weight, bias = reader.last_layers()
    logits = features[0] @ weight.T + bias
    torch.testing.assert_close(video, logits.softmax(0))
    logits[CLASSES.index("nothing")] -= more
    torch.testing.assert_close(still, (reader.rules.sharpness * logits).softmax(0))


def test_the_palms_mean_is_of_anchors_that_mean_the_same():
    reader = HandReader()
    places = torch.zeros(1, 4, 9, 2)
    places[0, :, 1] = 0.2
    places[0, :, 0] = torch.tensor([[0.50, 0.5], [0.52, 0.5], [0.9, 0.9], [0.51, 0.5]])
    scores = torch.tensor([[4.0, 4.0, 3.9, -1.0]])  # the third is another palm, the fourth unsure
    palm = reader._surest(scores, places)
    torch.testing.assert_close(palm[0, 0], torch.tensor([0.51, 0.5]))
    assert isinstance(reader.palms, PalmDetector)
