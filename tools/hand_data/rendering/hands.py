"""Random pictures of hands that sign the ASL alphabet, whole batches at a time.

The hands are those of the body model Anny (see `anny_hand.py`), in the poses of `solve_poses.py`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from rendering import clothes, light, skin
from rendering.camera import Framing, Projected, projected
from rendering.draws import Dice, PerHand
from rendering.pose_library import PoseLibrary
from rendering.raster import Fragments, fragments, rasterise
from rendering.skeleton import (
    WRIST,
    Stretch,
    bone_transforms,
    finger_joints,
    landmarks,
    posed_frames,
    rest_of,
    unit,
    with_roots_within,
)
from rendering.surface import Places, Surface, normals

PICTURE_PX = 256
DRAWN_PX = 384  # pictures are drawn larger and shrunk, so that edges are smooth
CHUNK = 4  # hands drawn at a time; more are no faster on a CPU


@dataclass(frozen=True)
class Rendered:
    """N pictures of hands.

    Attributes:
        pictures: uint8 RGB [N, 3, 256, 256]; black where no hand is, not darkened at its edges.
        mask: uint8 [N, 1, 256, 256], how much of each pixel the hand covers.
        joints: [N, 21, 2], x and y of MediaPipe's points in pixels.
        sign: index in `SIGNS` [N].
        left: bool [N], left hands; the others are right ones.
    """

    pictures: Tensor
    mask: Tensor
    joints: Tensor
    sign: Tensor
    left: Tensor


@dataclass(frozen=True)
class _Hands(PerHand):
    """N hands: vertices [N, V, 3] and joints [N, 22, 3] at rest, how they are posed and look."""

    vertices: Tensor
    joints: Tensor
    length: Tensor
    thickness: Tensor
    pose: Tensor
    view: Tensor
    skin: skin.Skin
    clothes: clothes.Clothes
    light: light.Light
    framing: Framing


class HandRenderer:
    """Draws hands of the files `hand.npz` and `poses.npz` in a folder.

    `hand.npz` holds P people's hands as `anny_hand.py` writes them.
    """

    def __init__(self, folder: Path) -> None:
        with np.load(folder / "hand.npz") as archive:
            self._vertices, joints, bones = (
                torch.from_numpy(archive[name]).float() for name in ("vertices", "joints", "bones")
            )
            faces = torch.from_numpy(archive["faces"]).long()
        self._joints = with_roots_within(joints)
        self._surface = Surface.of(self._vertices, self._joints, faces, bones)
        self._poses = PoseLibrary(folder / "poses.npz")

    @torch.inference_mode()
    def render(self, n: int, generator: torch.Generator, sign: Tensor | None = None) -> Rendered:
        """`n` random hands, of random signs or of the given ones: indices in `SIGNS`, [N]."""
        dice = Dice(generator)
        drawn = self._poses.draw(n, dice, sign)
        hands = self._random_hands(n, dice, drawn.pose, drawn.view)
        left = dice.uniform(n) < 0.5
        chunks = [self._draw(hands[i : i + CHUNK]) for i in range(0, n, CHUNK)]
        picture, joints = mirrored(*(torch.cat(parts) for parts in zip(*chunks, strict=True)), left)
        colour, mask = picture.split([3, 1], 1)
        noise = dice.normal(n, 1, PICTURE_PX, PICTURE_PX) * (0.002 + 0.008 * dice.uniform(n, 1, 1, 1))
        colour = (colour + noise * (mask > 0)).clamp(0, 1)
        return Rendered(
            (colour * 255 + 0.5).to(torch.uint8),
            (mask * 255 + 0.5).to(torch.uint8),
            joints,
            drawn.sign,
            left,
        )

    def _random_hands(self, n: int, dice: Dice, pose: Tensor, view: Tensor) -> _Hands:
        """Hands of `n` people, each a mixture of three, longer or thicker than theirs."""
        n_people = len(self._vertices)
        which = (dice.uniform(n, 3) * n_people).long().clamp(0, n_people - 1)
        share = -torch.log(dice.uniform(n, 3).clamp_min(1e-6))
        share = (share / share.sum(1, keepdim=True))[:, :, None, None]
        return _Hands(
            vertices=(self._vertices[which] * share).sum(1),
            joints=(self._joints[which] * share).sum(1),
            length=torch.exp(0.045 * dice.normal(n, 1) + 0.02 * dice.normal(n, 5)),
            thickness=1.05 * torch.exp(0.085 * dice.normal(n, 1) + 0.03 * dice.normal(n, 5)),
            pose=pose,
            view=view,
            skin=skin.Skin.draw(n, dice),
            clothes=clothes.Clothes.draw(n, dice),
            light=light.Light.draw(n, dice),
            framing=Framing.draw(n, dice),
        )

    def _draw(self, hands: _Hands) -> tuple[Tensor, Tensor]:
        """Colours and coverage [N, 4, S, S] in 0..1, and joints [N, 21, 2] in pixels."""
        n, faces = len(hands.pose), self._surface.faces
        vertices, joints = self._posed(hands)
        of_vertices = normals(vertices, faces)
        seen = projected(hands.framing, vertices, joints, self._surface.of_hand)
        raster = rasterise(seen.xy * DRAWN_PX, seen.depth, faces, DRAWN_PX)
        pixels = fragments(raster, len(faces), DRAWN_PX)
        colours = self._coloured(hands, seen, of_vertices, pixels)
        picture = torch.zeros(n * DRAWN_PX**2, 4)
        picture[pixels.pixel] = torch.cat([colours, torch.ones_like(colours[:, :1])], -1)
        picture = functional.interpolate(
            picture.reshape(n, DRAWN_PX, DRAWN_PX, 4).permute(0, 3, 1, 2),
            size=(PICTURE_PX, PICTURE_PX),
            mode="bilinear",
            antialias=True,
            align_corners=False,
        )
        covered = picture[:, 3:].clamp(0, 1)
        picture = torch.cat([picture[:, :3] / covered.clamp_min(1e-3), covered], 1)
        return picture, seen.joints * PICTURE_PX

    def _posed(self, hands: _Hands) -> tuple[Tensor, Tensor]:
        """Vertices [N, V, 3] and MediaPipe's points [N, 21, 3] as the camera has them before it."""
        n, joints, surface = len(hands.pose), hands.joints, self._surface
        rest, frames = rest_of(joints), posed_frames(hands.pose)
        fingers = finger_joints(joints, rest, frames, hands.length)
        stretch = Stretch(hands.length, hands.thickness, hands.framing.forearm)
        matrices, offsets = bone_transforms(
            joints, rest, frames, fingers, hands.pose[:, WRIST], stretch
        )
        vertices = self._sleeved(hands)
        moves = torch.cat([matrices, offsets[..., None]], -1).reshape(n, -1, 12)
        moves = (surface.bones[None] @ moves).reshape(n, -1, 3, 4)
        vertices = (moves[..., :3] @ vertices[..., None])[..., 0] + moves[..., 3]
        points = landmarks(joints[:, 0], fingers, frames)
        to_camera, sides = hands.view.transpose(1, 2), hands.framing.proportions[:, None]
        return (vertices * sides) @ to_camera, (points * sides) @ to_camera

    def _sleeved(self, hands: _Hands) -> Tensor:
        """Vertices [N, V, 3] at rest, moved away from the middle of the forearm under sleeves."""
        vertices, elbow = hands.vertices, hands.joints[:, 1:2]
        lift = hands.clothes.lift(Places(*self._surface.places.unbind(1)).y)
        middle = (vertices[..., 1:2] / elbow[..., 1:2]) * elbow
        return vertices + (vertices - middle) * lift[..., None] * torch.tensor([1.0, 0.0, 1.0])

    def _coloured(
        self, hands: _Hands, seen: Projected, of_vertices: Tensor, pixels: Fragments
    ) -> Tensor:
        """Colours [K, 3] of the pixels that see a hand; `of_vertices` are the normals [N, V, 3]."""
        surface, share = self._surface, pixels.weights[..., None]
        corners = surface.faces[pixels.face]
        moving = torch.cat([of_vertices, seen.vertices], -1).flatten(0, 1)
        of_mesh = pixels.picture[:, None] * len(surface.places) + corners
        moving = (moving[of_mesh] * share).sum(1)
        at = Places(*(surface.places[corners] * share).sum(1).unbind(-1))
        points = light.Points(pixels, DRAWN_PX, moving[:, 3:], unit(moving[:, :3]))
        of_skin = hands.skin[pixels.picture]
        wave = skin.waves(of_skin, at)
        albedo, gloss = clothes.dressed(
            skin.painted(of_skin, at, wave),
            hands.clothes[pixels.picture],
            at,
            surface.finger[pixels.face],
            wave,
        )
        shadow = light.shadow_of(hands.light, seen.vertices, surface.faces, points)
        return light.lit(albedo, gloss, hands.light, points, shadow)


def mirrored(pictures: Tensor, joints: Tensor, left: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures [N, C, S, S] and joints [N, 21, 2] in pixels, those that are `left` [N] mirrored."""
    other_side = torch.stack([pictures.shape[3] - joints[..., 0], joints[..., 1]], -1)
    return (
        torch.where(left[:, None, None, None], pictures.flip(3), pictures),
        torch.where(left[:, None, None], other_side, joints),
    )
