"""The bundled reader: find the hand, look at it upright, find its joints, read the letter.

The hand is looked at with MediaPipe's trunk, which has seen far more hands than the lettered sets show
(`mediapipe_networks`); what comes after the trunk's middle has learned from those sets. It is found by
`HandNet`, and where no hand is surely seen there, by MediaPipe's palm detector, which has seen more
rooms and faces, by the same with a margin around the picture, since it misses hands that fill it, and
in stills at last by looks at the whole picture. The letter is read from the joints, as they lie in the
picture, from the features at them, and from one vector of the whole view, and once more from the joints
alone (`JointNet`), which reads hands in a strange light better. A hand that was just found is looked at
again around its landmarks if no letter is clear. Hands of few pixels, of which MediaPipe's networks
have seen few, are read by `HandNet`, too, which has learned from small ones.

What each rule is worth: docs/experiments/49-fewer-rules.md.
"""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from fingerspell.core.alphabet import CLASSES, LETTERS, NOTHING
from fingerspell.core.preprocess import PreprocessSpec
from fingerspell.models.hand_letters import WIDTH, HandLetters, Reading
from fingerspell.models.hand_net import STRIDE, HandNet, HandOutput, cell_centres
from fingerspell.models.joint_net import EitherHand, JointNet
from fingerspell.models.mediapipe_networks import (
    MIDDLE_BASE,
    PALM_PX,
    WRIST,
    HandTrunk,
    PalmDetector,
)
from fingerspell.models.reader_memory import (
    ALL_WAYS,
    LANDMARKS,
    NO_WAY,
    PALM,
    WIDE_PALM,
    Memory,
    means_of_parts,
    size,
)
from fingerspell.models.reader_rules import ReaderRules
from fingerspell.models.squares import Squares, angle_of, size_of, turn_by

ZERO_TO_ONE = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))  # what both networks take
JOINT_WRIST, JOINT_MIDDLE_BASE = 0, 9
# Features of all three networks, the share of each, and that there is no hand.
ALL_WIDTHS = WIDTH + WIDTH // 2 + WIDTH + 4
_PALMS = ((PALM, False), (WIDE_PALM, True))  # whether there is a margin around what is seen


class HandReader(nn.Module):
    """The whole reader: pictures in, letters out.

    Who reads a video gives back what the frame before left (`Memory`): then the hand is looked at where
    it was, and searched for only if it is not there any more.

    Args:
        rules: other ones than the reader's own.
    """

    STATE = size(ALL_WIDTHS)  # numbers that are remembered of a video

    def __init__(self, rules: ReaderRules | None = None) -> None:
        super().__init__()
        self.rules = rules or ReaderRules()
        self.palms, self.trunk = PalmDetector(), HandTrunk()
        self.letters = HandLetters(self.trunk)
        self.shape = EitherHand(JointNet())
        self.small = HandNet()
        self.spec = PreprocessSpec(PALM_PX, *ZERO_TO_ONE)
        self.small_spec = PreprocessSpec(self.rules.small_view_px)
        self.first_spec = PreprocessSpec(self.rules.first_look_px)

    @torch.no_grad()
    def forward(
        self,
        pictures: Tensor,
        state: Tensor | None = None,
        dt_s: Tensor | None = None,
        is_still: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Read uint8 RGB [N, H, W, 3].

        The exported graph does the same (`fingerspell.export.reader_graph`); there, too, nothing is
        computed that is not needed for one of the pictures.

        Args:
            pictures: of one size.
            state: what is remembered of N videos, [N, `STATE`]; zeros, the default, of none.
            dt_s: seconds [N] since the frames before; 0, the default, for the first ones.
            is_still: bool [N], which pictures are no frames of a video; all, by default.

        Returns:
            probabilities [N, 29]; joints [N, 21, 2], x and y as fractions of width and height; the
            probability [N] that a hand is in the picture; and the state for the next frames.
        """
        n = len(pictures)
        state = torch.zeros(n, self.STATE) if state is None else state
        dt_s = torch.zeros(n) if dt_s is None else dt_s
        is_still = torch.ones(n, dtype=torch.bool) if is_still is None else is_still
        known, near, parts, *before = self.recall(pictures, state, is_still)
        ways, seen = torch.full((n,), ALL_WAYS), Reading(*before)
        if not (known | is_still).all():
            ways, parts = self.watch(pictures, state, dt_s, is_still)
        looked = (ways > NO_WAY).any().expand(n)
        if looked.any():
            way = int(ways[0]) if (ways == ways[0]).all() else ALL_WAYS
            seen = self.see(pictures, near, known, is_still, way, seen)
        remembered = self.remember(pictures, state, dt_s, parts, looked, *seen)
        return *self.answer(pictures, *seen, is_still), remembered

    def see(
        self,
        pictures: Tensor,
        near: Squares,
        known: Tensor,
        is_still: Tensor,
        way: int,
        before: Reading,
    ) -> Reading:
        """Look at hands `near` squares where they are known, and detect the others in this way.

        Where only a palm is looked for and none is likely, what was seen `before` holds.
        """
        squares, seen = near, before
        if way in (ALL_WAYS, LANDMARKS):
            if not known.all():
                squares = near.where(known, self.find_hand(pictures))
            seen = self.look(pictures, squares)
        margins = [with_margin for palm, with_margin in _PALMS if way in (ALL_WAYS, palm)]
        seen = self.search(pictures, seen, known, is_still, margins)
        return self.look_again(pictures, seen, known)

    def recall(
        self, pictures: Tensor, state: Tensor, is_still: Tensor
    ) -> tuple[Tensor, Squares, Tensor, Tensor, Tensor, Tensor]:
        """What is remembered that these pictures need; stills need nothing.

        Returns:
            of which pictures the place of the hand is known, bool [N], and squares around it;
            the means of the parts [N, 100] of pictures before; and what was seen there, as `look` gives
            it.
        """
        memory = Memory.of(state)
        joints_px = memory.joints * size_of(pictures)
        known = (memory.hand >= self.rules.kept) & ~memory.to_detect(self.rules) & ~is_still
        seen = (memory.features, joints_px, memory.hand)
        return known, self.around_joints(joints_px), memory.parts, *seen

    def watch(
        self, pictures: Tensor, state: Tensor, dt_s: Tensor, is_still: Tensor
    ) -> tuple[Tensor, Tensor]:
        """In which ways [N] hands are to be detected in pictures, and the means of their parts."""
        parts = means_of_parts(pictures)
        return torch.where(is_still, ALL_WAYS, Memory.of(state).ways(dt_s, parts, self.rules)), parts

    def remember(
        self,
        pictures: Tensor,
        state: Tensor,
        dt_s: Tensor,
        parts: Tensor,
        looked: Tensor,
        features: Tensor,
        joints: Tensor,
        hand: Tensor,
    ) -> Tensor:
        """The state [N, `STATE`] for the next frames, after these, at which it `looked` or not."""
        before = Memory.of(state)
        is_clear = self._probabilities(features).amax(1) >= self.rules.clear
        uncertain = torch.where(is_clear, 0.0, before.uncertain + 1)
        is_hand = hand >= self.rules.kept
        return Memory(
            joints=joints / size_of(pictures),
            hand=hand,
            features=features,
            uncertain=torch.where(looked, uncertain, before.uncertain),
            without_s=torch.where(is_hand, 0.0, before.without_s + dt_s),
            looked_s=torch.where(looked, 0.0, before.looked_s + dt_s),
            looks=torch.where(is_hand, 0.0, before.looks + looked),
            unmoved=torch.where(is_hand | before.has_moved(parts, self.rules), 0.0, before.unmoved)
            + looked,
            parts=torch.where(looked[:, None], parts, before.parts),
        ).state()

    def search(
        self,
        pictures: Tensor,
        seen: Reading,
        known: Tensor,
        is_still: Tensor,
        margins: Sequence[bool] = (False, True),
    ) -> Reading:
        """The surest of what is seen and, where that is unsure, of looks at likely palms.

        Palms are looked for in views with and without margins. In stills without what certainly is a
        hand, the first look at the whole picture, upright or turned, that shows one: less than that is
        seen in people without a hand, too.
        """
        for with_margin in margins:
            unsure = seen.hand < self.enough(known)
            if unsure.any():
                palms, score = self.find_palm(pictures, torch.full_like(unsure, with_margin))
                likely = unsure & (score > self.rules.palm)
                if likely.any():
                    other = self.look(pictures, palms)
                    seen = _chosen(likely & (other.hand > seen.hand), other, seen)
        for turn in self.rules.turns:
            uncertain = (seen.hand < self.rules.certain) & is_still
            if uncertain.any():
                other = self.look(pictures, self.whole(pictures, torch.full_like(seen.hand, turn)))
                seen = _chosen(uncertain & (other.hand > self.rules.certain), other, seen)
        return seen

    def look_again(self, pictures: Tensor, seen: Reading, known: Tensor) -> Reading:
        """Look again around the landmarks of uncertain hands: the first square was roughly placed."""
        uncertain = self.is_uncertain(*seen, known)
        if uncertain.any():
            again = self.look(pictures, self.again(seen.joints))
            seen = _chosen(uncertain & (again.hand > self.rules.kept), again, seen)
        return seen

    def is_uncertain(self, features: Tensor, joints: Tensor, hand: Tensor, known: Tensor) -> Tensor:
        """Of which hands [N] just found, not small ones, no letter is clear."""
        is_hand = ~known & (hand > self.rules.kept) & (self.share(joints, hand) == 1)
        return is_hand & (self._probabilities(features).amax(1) < self.rules.clear)

    def enough(self, known: Tensor) -> Tensor:
        """Logits [N] of a hand at which none is searched for any more."""
        return torch.where(known, self.rules.kept, self.rules.sure)

    def answer(
        self, pictures: Tensor, features: Tensor, joints: Tensor, hand: Tensor, is_still: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What `forward` returns, of what `look` saw."""
        certainly = (self.rules.more * (hand - self.rules.certain)).clamp(0.0, self.rules.most_more)
        of_still = torch.cat((features[:, :-1], features[:, -1:] - certainly[:, None]), 1)
        told = torch.where(is_still[:, None], self.rules.sharpness * of_still, features)
        return self._probabilities(told), joints / size_of(pictures), (hand - self.rules.kept).sigmoid()

    def _probabilities(self, features: Tensor) -> Tensor:
        """Probabilities [N, 29] of features [N, 644]."""
        return functional.linear(features, *self.last_layers()).softmax(1)

    def last_layers(self) -> tuple[Tensor, Tensor]:
        """The three networks' last layers as one: weight [29, 644] and bias [29].

        The mean of their logits, weighted, is the geometric mean of what they say. Their shares are
        features, too, so that each bias counts by its share, and what multiplies features does logits.
        """
        layers = (self.letters.last_layer, self.shape.net.layers[-1], self.small.letter[-1])
        view, shape, small = cast("tuple[nn.Linear, nn.Linear, nn.Linear]", layers)
        of_view = torch.cat((view.weight, view.bias[:, None]), 1)
        resting, letters = CLASSES.index(NOTHING), [CLASSES.index(letter) for letter in LETTERS]
        of_view[resting] += self.rules.nothing_again * (of_view[resting] - of_view[letters].mean(0))
        biases = torch.stack((of_view[:, -1], shape.bias, small.bias), 1)
        absent = torch.zeros(len(CLASSES), 1)
        absent[resting] = self.rules.nothing_weight
        weight = torch.cat((of_view[:, :-1], shape.weight, small.weight, biases, absent), 1)
        return weight, torch.zeros(len(CLASSES))

    def find_hand(self, pictures: Tensor) -> Squares:
        """Squares around the hands that `HandNet` sees in uint8 RGB [N, H, W, 3].

        A joint's place is the mean of its heat map; where that has two peaks, one at the hand and one
        at a face, the higher one wins if the map is sharper.
        """
        whole = self.first_spec.whole_picture(pictures, torch)
        view = self.first_spec.look(pictures, whole, torch, max(pictures.shape[1:3]))
        seen: HandOutput = self.small(view)
        cells = self.rules.first_look_px // STRIDE
        places = (seen.heat * self.rules.first_look_sharpness).softmax(-1) @ cell_centres(cells, cells)
        side = (whole[:, 2:] - whole[:, :2])[:, None]
        return self.around_joints(whole[:, None, :2] + places * side)

    def find_palm(self, pictures: Tensor, with_margin: Tensor) -> tuple[Squares, Tensor]:
        """Squares around hands of the surest palms, and the scores [N] of these.

        `with_margin` [N] says whether the detector sees a picture at half the size, black around it.
        """
        whole = self.spec.whole_picture(pictures, torch)
        view = self.spec.look(pictures, whole, torch, max(pictures.shape[1:3]))
        half = functional.pad(functional.avg_pool2d(view, 2), [PALM_PX // 4] * 4)
        scores, places = self.palms(torch.where(with_margin[:, None, None, None], half, view))
        palm = self._surest(scores, places)
        side = (whole[:, 2:] - whole[:, :2]) * (1 + with_margin.float()[:, None])
        centre = (palm[:, 0] - 0.5) * side + (whole[:, :2] + whole[:, 2:]) / 2
        extent = palm[:, 1] * side
        angle = angle_of(palm[:, 2 + WRIST], palm[:, 2 + MIDDLE_BASE])
        up = torch.stack((angle.sin(), -angle.cos()), 1) * (self.rules.up * extent[:, 1:])
        longer = extent.amax(1, keepdim=True)
        squares = Squares.of(centre + up, self.rules.share_of_palm * longer, angle)
        return squares, scores.amax(1)

    def _surest(self, scores: Tensor, places: Tensor) -> Tensor:
        """The palms [N, 9, 2] of the highest scores: means over all anchors that mean the same."""
        best_score, best = scores.max(1, keepdim=True)
        low, high = places[:, :, 0] - places[:, :, 1] / 2, places[:, :, 0] + places[:, :, 1] / 2
        at_best = best[:, :, None].expand(-1, -1, 2)
        best_low, best_high = low.gather(1, at_best), high.gather(1, at_best)
        overlap = (torch.minimum(high, best_high) - torch.maximum(low, best_low)).clamp(0)
        shared = overlap[..., 0] * overlap[..., 1]
        area = (high - low)[..., 0] * (high - low)[..., 1]
        best_area = (best_high - best_low)[..., 0] * (best_high - best_low)[..., 1]
        same = (shared > self.rules.same_palm * (area + best_area - shared)) | (scores == best_score)
        weight = scores.sigmoid() * same * (scores > best_score - self.rules.close_scores)
        mean = weight[:, None] @ places.flatten(2) / weight.sum(1)[:, None, None]
        return mean.squeeze(1).reshape(len(scores), -1, 2)

    def whole(self, pictures: Tensor, turn: Tensor) -> Squares:
        """Squares around whole pictures [N, H, W, 3], of hands turned by `turn` [N]."""
        low, high = self.spec.whole_picture(pictures, torch).split(2, 1)
        return Squares.of((low + high) / 2, (high - low)[:, :1], turn)

    def again(self, joints: Tensor) -> Squares:
        """Squares around joints [N, 21, 2] in pixels, for a second look: wider ones."""
        return self.around_joints(joints, self.rules.fill_again)

    def around_joints(self, joints: Tensor, fill: float = ReaderRules.fill) -> Squares:
        """Squares around joints [N, 21, 2] in pixels, which span `fill` of the sides."""
        angle = angle_of(joints[:, JOINT_WRIST], joints[:, JOINT_MIDDLE_BASE])
        turn = turn_by(angle)
        upright = joints @ turn
        low, high = upright.amin(1), upright.amax(1)
        side = (high - low).amax(1, keepdim=True).clamp(self.rules.smallest_hand_px) / fill
        centre = ((low + high)[:, None] / 2 @ turn.transpose(1, 2)).squeeze(1)
        return Squares.of(centre, side, angle)

    def look(self, pictures: Tensor, squares: Squares) -> Reading:
        """Read the hands in squares of pictures; joints are in pixels of these."""
        (top, left), (bottom, right), within = self.part(pictures, squares)
        shown = pictures[:, top:bottom, left:right]
        large = bool((squares.side > self.rules.halved_from_px).all())
        view = (self.view_of_half if large else self.view_of_full)(shown, within)
        seen = self.read(squares, view)
        share = self.share(seen.joints, seen.hand)
        small = torch.zeros_like(seen.features)
        if (share < 1).any():
            small = self.read_small(pictures, seen.joints)
        return seen._replace(features=self.join(seen.joints, seen.hand, seen.features, small, share))

    def part(self, pictures: Tensor, squares: Squares) -> tuple[Tensor, Tensor, Squares]:
        """The part of pictures [N, H, W, 3] that squares show: the rest need not be made float.

        Returns:
            the first row and column and those after the last, int64 [2] each; and the squares, which
            lie in the part as they do in the pictures. Whole blocks of 2x2 pixels, for `view_of_half`.
        """
        middle, angle = squares.middle, squares.angle[:, None]
        reach = squares.side / 2 * (angle.cos().abs() + angle.sin().abs())
        size = size_of(pictures)
        last_block = ((size / 2).floor() - 1).clamp(0.0)
        first = ((middle - reach).amin(0) / 2).floor() - 1  # between pixels, its neighbours count, too
        first = torch.minimum(first.clamp(0.0), last_block)
        after = ((middle + reach).amax(0) / 2).ceil() + 1
        after = torch.maximum(after, first + 1)
        within = squares.moved(-2 * first)
        return (2 * first).long().flip(0), torch.minimum(2 * after, size).long().flip(0), within

    def view_of_full(self, pictures: Tensor, squares: Squares) -> Tensor:
        """What is in squares of uint8 RGB [N, H, W, 3], upright: [N, 3, 224, 224] in 0..255."""
        return squares.upright(pictures.permute(0, 3, 1, 2).float(), size_of(pictures))

    def view_of_half(self, pictures: Tensor, squares: Squares) -> Tensor:
        """The same of means of four pixels, where the view would skip some."""
        halved = functional.avg_pool2d(pictures.permute(0, 3, 1, 2).float(), 2)
        return squares.upright(halved, size_of(pictures) // 2 * 2)

    def read(self, squares: Squares, view: Tensor) -> Reading:
        """Read the upright views of squares; joints are in pixels of the pictures."""
        seen: Reading = self.letters(self.trunk.middle(view / 255), squares.turn)
        return seen._replace(joints=squares.in_pictures(seen.joints))

    def share(self, joints: Tensor, hand: Tensor) -> Tensor:
        """The say [N] of the large view, by joints [N, 21, 2] in pixels; all where no hand is."""
        extent = (joints.amax(1) - joints.amin(1)).amax(1)
        share = (extent - self.rules.small_px) / (self.rules.large_px - self.rules.small_px)
        return torch.where(hand > self.rules.kept, share.clamp(self.rules.least_share, 1.0), 1.0)

    def read_small(self, pictures: Tensor, joints: Tensor) -> Tensor:
        """Features [N, 256] that `HandNet` has of the hands of joints [N, 21, 2] in pixels.

        It looks at the hand and at its mirror image: a right hand is read as a left one is.
        """
        box = self.small_box(pictures, joints)
        view = self.small_spec.look(pictures, box, torch, max(pictures.shape[1:3]) + 1)
        seen: HandOutput = self.small(torch.cat((view, view.flip(3))))
        return (seen.features[: len(view)] + seen.features[len(view) :]) / 2

    def small_box(self, pictures: Tensor, joints: Tensor) -> Tensor:
        """What `HandNet` sees of hands of joints [N, 21, 2]: x0, y0, x1, y1 in pixels [N, 4]."""
        low, high = joints.amin(1), joints.amax(1)
        side = (high - low).amax(1, keepdim=True) / self.rules.small_fill
        side = side.clamp(self.rules.smallest_hand_px).clamp(max=max(pictures.shape[1:3]))
        centre = (low + high) / 2
        return torch.cat((centre - side / 2, centre + side / 2), 1)

    def join(self, joints: Tensor, hand: Tensor, large: Tensor, small: Tensor, share: Tensor) -> Tensor:
        """Features [N, 644] for `last_layers`."""
        of_shape = share[:, None] * self.rules.shape_share
        shares = (share[:, None] - of_shape, of_shape, 1 - share[:, None])
        each = (large, self.shape.features(joints), small)
        absent = (self.rules.kept - hand[:, None]).clamp(0)
        return torch.cat([*(a * b for a, b in zip(each, shares, strict=True)), *shares, absent], 1)


def _chosen(which: Tensor, these: Reading, others: Reading) -> Reading:
    """Of each picture the one reading or the other, by bool [N]."""
    chosen = [
        torch.where(which.reshape(-1, *[1] * (this.dim() - 1)), this, other)
        for this, other in zip(these, others, strict=True)
    ]
    return Reading(*chosen)
