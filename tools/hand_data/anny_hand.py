r"""Take the right hands of random people out of the body model Anny, for `render_hands.py` to draw.

Anny 0.6.2 (NAVER, Apache-2.0; its shapes are MakeHuman's, CC0) needs packages that nothing else here
does, so it runs in an environment of its own:

    uv run --no-project --isolated --python 3.11 --with anny==0.6.2 tools/hand_data/anny_hand.py DATA

`DATA/rendering/hand.npz` is written: `vertices` (float16, [64, V, 3]) and `joints` (float32,
[64, 22, 3], the roots of 17 bones, then five tips, thumb first) of 64 people, in the frame and the unit
of `rendering/skeleton.py`; `faces` (int16, [F, 3]) and `bones` (float16, [V, 17], how much each bone
moves each vertex), which they have in common.
"""

import argparse
from pathlib import Path

import anny
import numpy as np
import torch
from torch import Tensor

N_PEOPLE = 64
PALM = ("wrist", "metacarpal1", "metacarpal2", "metacarpal3", "metacarpal4")
BONES = [PALM, ("lowerarm01", "lowerarm02")] + [
    (f"finger{finger}-{bone}",) for finger in range(1, 6) for bone in range(1, 4)
]
MIDDLE_ROOT, INDEX_ROOT, LITTLE_ROOT = 8, 5, 14
LEAST_SHARE = 0.45  # of a vertex that these bones move, for it to be the hand's
TIP_VERTICES = 14


def people(model: anny.Anny) -> tuple[Tensor, Tensor]:
    """Vertices and roots of bones, [64, ..., 3], of bodies at rest: every fifth is a child's."""
    generator = torch.Generator().manual_seed(3)

    def uniform() -> Tensor:
        return torch.rand(N_PEOPLE, generator=generator)

    uniform()  # the first 64 numbers are skipped, as they were for the reader's pictures
    child, adult = uniform() * 0.2 + 0.15, 0.35 + 0.6 * uniform()
    looks = {"age": torch.where(torch.arange(N_PEOPLE) % 5 == 0, child, adult)}
    for name in model.phenotype_labels:
        if name != "age":
            looks[name] = uniform().clamp(0.05, 0.95)
    looks = {name: values.to(model.dtype) for name, values in looks.items()}
    rest = model.get_rest_model(model.get_phenotype_blendshape_coefficients(**looks))
    return rest["rest_vertices"].float().double(), rest["rest_bone_heads"].float().double()


def hand_of(model: anny.Anny) -> dict[str, np.ndarray]:
    """The arrays of `hand.npz`."""
    vertices, roots = people(model)
    labels = list(model.bone_labels)
    groups = [[labels.index(f"{name}.R") for name in names] for names in BONES]
    weights = torch.zeros(vertices.shape[1], len(labels))
    weights.scatter_add_(1, model.vertex_bone_indices.long(), model.vertex_bone_weights.float())
    weights = torch.stack([weights[:, group].sum(1) for group in groups], 1)
    kept = torch.nonzero(weights.sum(1) > LEAST_SHARE)[:, 0]
    number = torch.full((len(weights),), -1)
    number[kept] = torch.arange(len(kept))
    faces = number[model.get_triangular_faces().long()]
    bones = weights[kept] / weights[kept].sum(1, keepdim=True)
    roots = torch.stack([roots[:, group[0]] for group in groups], 1)
    vertices, roots = in_palms(vertices[:, kept], roots)
    joints = torch.cat([roots, tips(vertices, roots, bones)], 1)
    return {
        "vertices": vertices.float().half().numpy(),
        "joints": joints.float().numpy(),
        "faces": faces[(faces >= 0).all(1)].short().numpy(),
        "bones": bones.half().numpy(),
    }


def in_palms(vertices: Tensor, roots: Tensor) -> tuple[Tensor, Tensor]:
    """Both in the frame of `rendering/skeleton.py`: the wrist is 0, the middle finger's root y = 1."""
    wrist = roots[:, 0]
    up = roots[:, MIDDLE_ROOT] - wrist
    palm = up.norm(dim=-1)
    up = up / palm[:, None]
    aside = roots[:, INDEX_ROOT] - roots[:, LITTLE_ROOT]
    aside = aside - (aside * up).sum(-1, keepdim=True) * up
    aside = aside / aside.norm(dim=-1, keepdim=True)
    axes = torch.stack([aside, up, torch.linalg.cross(aside, up)], -1)
    return tuple(
        ((points - wrist[:, None]) @ axes) / palm[:, None, None] for points in (vertices, roots)
    )


def tips(vertices: Tensor, roots: Tensor, bones: Tensor) -> Tensor:
    """The ends of the five fingers, [64, 5, 3]: as far as the last bones' vertices reach."""
    found = []
    for last in range(4, 17, 3):
        of_bone, root = vertices[:, bones[:, last] > 0.6], roots[:, last]
        along = of_bone.mean(1) - root
        along = along / along.norm(dim=-1, keepdim=True)
        for _ in range(3):  # towards the middle of the farthest vertices
            reach = ((of_bone - root[:, None]) * along[:, None]).sum(-1)
            farthest = reach.topk(TIP_VERTICES, dim=1).indices[..., None].expand(-1, -1, 3)
            along = torch.gather(of_bone, 1, farthest).mean(1) - root
            along = along / along.norm(dim=-1, keepdim=True)
        reach = ((of_bone - root[:, None]) * along[:, None]).sum(-1).max(1).values
        found.append(root + along * reach[:, None])
    return torch.stack(found, 1)


def main() -> None:
    """Parse the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    folder = parser.parse_args().data / "rendering"
    folder.mkdir(exist_ok=True)
    hand = hand_of(anny.Anny())
    unfinished = folder / "hand.part.npz"
    np.savez_compressed(unfinished, **hand)
    unfinished.replace(folder / "hand.npz")
    print(f"{N_PEOPLE} hands of {hand['vertices'].shape[1]:,} vertices, {len(hand['faces']):,} faces")


if __name__ == "__main__":
    main()
