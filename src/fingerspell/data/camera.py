"""What other cameras do to pictures: light, colour, blur, noise and JPEG, on whole batches at once.

Pictures are float RGB [N, 3, H, W] in 0..1; every parameter is a tensor with one value a picture.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as JPEG, Pillow and torchvision use

# Annex K of the JPEG standard (ITU-T T.81): quantisation of brightness and of colour at quality 50.
# fmt: off
_BRIGHTNESS_STEPS = (
    16, 11, 10, 16, 24, 40, 51, 61,  12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56,  14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77,  24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101,  72, 92, 95, 98, 112, 100, 103, 99,
)
_COLOUR_STEPS = (
    17, 18, 24, 47, 99, 99, 99, 99,  18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,  47, 66, 99, 99, 99, 99, 99, 99,
    *(99,) * 32,
)
# fmt: on


def adjust_colour(
    pictures: Tensor,
    brightness: Tensor,
    contrast: Tensor,
    saturation: Tensor,
    hue: Tensor,
    tint: Tensor,
) -> Tensor:
    """Brightness, then contrast, saturation, hue and tint, as one affine map of colours a picture.

    The first three are torchvision's; the hue is turned about the grey axis of YIQ, which keeps the
    luma. Colours are clipped once, at the end.

    Args:
        pictures: [N, 3, H, W].
        brightness: factor, [N].
        contrast: factor of the distance from the picture's mean luma, [N].
        saturation: factor of the distance from grey, [N].
        hue: turns of the colour circle, -0.5..0.5, [N].
        tint: factor of R, G and B, [N, 3].
    """
    n, _, height, width = pictures.shape
    luma = torch.tensor(LUMA, device=pictures.device)
    eye = torch.eye(3, device=pictures.device)
    saturate = saturation[:, None, None] * eye + (1 - saturation[:, None, None]) * luma
    gain = tint[:, :, None] * (_turn_hue(hue) @ saturate) * (brightness * contrast)[:, None, None]
    mean_luma = (pictures.mean((2, 3)) @ luma) * brightness
    offset = tint * ((1 - contrast) * mean_luma)[:, None]
    colours = torch.baddbmm(offset[:, :, None], gain, pictures.reshape(n, 3, -1))
    return colours.clamp(0, 1).reshape(n, 3, height, width)


def _turn_hue(turns: Tensor) -> Tensor:
    """RGB matrices [N, 3, 3] that turn I and Q of YIQ."""
    to_yiq = torch.tensor(
        [LUMA, [0.595901, -0.274557, -0.321344], [0.211537, -0.522736, 0.311200]], device=turns.device
    )
    angle = turns * (2 * math.pi)
    turn = torch.eye(3, device=turns.device).repeat(len(turns), 1, 1)
    turn[:, 1, 1] = turn[:, 2, 2] = angle.cos()
    turn[:, 1, 2], turn[:, 2, 1] = -angle.sin(), angle.sin()
    from_yiq: Tensor = torch.linalg.inv(to_yiq)
    return from_yiq @ turn @ to_yiq


def blur(pictures: Tensor, sigma_px: Tensor) -> Tensor:
    """Gaussian blur with a standard deviation of its own for each picture, [N] pixels; 0 leaves it.

    Borders are repeated.
    """
    if not len(pictures):
        return pictures
    n, channels, height, width = pictures.shape
    reach = max(1, math.ceil(3 * float(sigma_px.max())))
    offsets = torch.arange(-reach, reach + 1, device=pictures.device)
    weights = torch.exp(-0.5 * (offsets / sigma_px.clamp(min=1e-3)[:, None]) ** 2)
    weights = (weights / weights.sum(1, keepdim=True)).repeat_interleave(channels, 0)[:, None]
    planes = pictures.reshape(1, n * channels, height, width)
    for padding, kernel in (
        ((reach, reach, 0, 0), weights[:, :, None]),
        ((0, 0, reach, reach), weights[..., None]),
    ):
        planes = functional.conv2d(
            functional.pad(planes, padding, mode="replicate"), kernel, groups=n * channels
        )
    return planes.reshape(n, channels, height, width)


def add_noise(pictures: Tensor, std: Tensor, generator: torch.Generator) -> Tensor:
    """Gaussian noise of standard deviation [N] (share of white), clipped."""
    noise = torch.randn(pictures.shape, generator=generator, device=pictures.device)
    return (pictures + noise * std[:, None, None, None]).clamp(0, 1)


def cover(pictures: Tensor, middle_px: Tensor, sides_px: Tensor, colour: Tensor) -> Tensor:
    """Cover a rectangle of each picture.

    Args:
        pictures: [N, 3, H, W].
        middle_px: x and y, [N, 2].
        sides_px: width and height, [N, 2].
        colour: RGB, [N, 3].
    """
    height, width = pictures.shape[2:]
    low, high = middle_px - sides_px / 2, middle_px + sides_px / 2
    x = torch.arange(width, device=pictures.device) + 0.5
    y = torch.arange(height, device=pictures.device) + 0.5
    across = (x >= low[:, :1]) & (x < high[:, :1])
    down = (y >= low[:, 1:]) & (y < high[:, 1:])
    covered = (down[:, :, None] & across[:, None, :])[:, None]
    return torch.where(covered, colour[:, :, None, None], pictures)


def jpeg(pictures: Tensor, quality: Tensor) -> Tensor:
    """What a JPEG of each picture looks like, at quality [N] (1..100), with halved colour (4:2:0).

    The lossy half of the codec, rounding included: colour conversion, 8x8 cosine transform,
    quantisation, and back. What is left out, entropy coding, loses nothing.
    """
    height, width = pictures.shape[2:]
    padded = functional.pad(pictures * 255, (0, -width % 16, 0, -height % 16), mode="replicate")
    planes = torch.einsum("kc,nchw->nkhw", _ycc(pictures.device), padded.round())
    brightness = _requantise(planes[:, :1].round() - 128, quality, _BRIGHTNESS_STEPS)
    halved = functional.avg_pool2d(planes[:, 1:].round(), 2).round()
    colour = functional.interpolate(
        _requantise(halved, quality, _COLOUR_STEPS), scale_factor=2, mode="bilinear"
    )
    planes = torch.cat((brightness.clamp(-128, 127) + 128, colour.clamp(-128, 127)), 1).round()
    rgb = torch.einsum("ck,nkhw->nchw", torch.linalg.inv(_ycc(pictures.device)), planes)
    return rgb[:, :, :height, :width].round().clamp(0, 255) / 255


def _ycc(device: torch.device) -> Tensor:
    """RGB to Y, Cb, Cr, the latter two around zero."""
    red, green, blue = LUMA
    return torch.tensor(
        [
            LUMA,
            [-red / (2 - 2 * blue), -green / (2 - 2 * blue), 0.5],
            [0.5, -green / (2 - 2 * red), -blue / (2 - 2 * red)],
        ],
        device=device,
    )


def _requantise(planes: Tensor, quality: Tensor, steps_at_50: tuple[int, ...]) -> Tensor:
    """Planes [N, C, H, W] after quantising the cosine transform of their 8x8 blocks."""
    n, channels, height, width = planes.shape
    # libjpeg's scale of qualities: steps in percent of those at quality 50.
    percent = torch.where(quality < 50, (5000 / quality).floor(), 200 - 2 * quality)  # noqa: PLR2004
    base = torch.tensor(steps_at_50, dtype=planes.dtype, device=planes.device).reshape(8, 8)
    steps = ((base * percent[:, None, None] + 50) / 100).floor().clamp(1, 255)
    steps = steps[:, None, None, None]  # one table a picture, for [N, C, H / 8, W / 8, 8, 8]
    cosine = _cosine_transform(planes.device)
    blocks = planes.reshape(n, channels, height // 8, 8, width // 8, 8).transpose(3, 4)
    blocks = cosine.T @ ((cosine @ blocks @ cosine.T / steps).round() * steps) @ cosine
    return blocks.transpose(3, 4).reshape(n, channels, height, width)


def _cosine_transform(device: torch.device) -> Tensor:
    """The orthonormal 8x8 matrix of the type-II discrete cosine transform."""
    k = torch.arange(8, device=device)
    matrix = torch.cos(math.pi / 8 * k[:, None] * (k + 0.5)) / 2
    matrix[0] /= math.sqrt(2)
    return matrix
