"""Named augmentations: those of the reference systems R0 to R4, and a strong one for other rooms.

Where a report gives no figures, the value is PyTorch's default or its tutorials', and said so here.
Without its chance (`without_chance`), each equals what its network's `PreprocessSpec` shows.
"""

from fingerspell.data.augment import Augmentation

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

PRESETS = {
    "none": Augmentation(),
    # Random crop, scale, resize, rotation, ImageNet normalisation, without figures: these are the
    # defaults of torchvision's RandomResizedCrop, and the 30 degrees of PyTorch's tutorials. What
    # rotation moves into view is the picture outside the crop, not black.
    "r0": Augmentation(
        resize_px=256,
        size_px=224,
        crop_area=(0.08, 1.0),
        crop_aspect=(3 / 4, 4 / 3),
        rotation_deg=30,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
    ),
    # Resized to 150x150, nothing else.
    "r1": Augmentation(resize_px=150, size_px=150),
    # Its 3200 features need 40x40 inputs, whatever the text says.
    "r2": Augmentation(resize_px=40, size_px=40),
    # Resize and centre crop, to the pictures' own 200x200; mean and std from a sample of the data.
    "r3": Augmentation(
        resize_px=200, size_px=200, mean=(0.5119, 0.5042, 0.5128), std=(0.2499, 0.2398, 0.2451)
    ),
    # EfficientNet_B0_Weights.DEFAULT.transforms(), for training and evaluation alike.
    "r4": Augmentation(
        resize_px=256, interpolation="bicubic", size_px=224, mean=IMAGENET_MEAN, std=IMAGENET_STD
    ),
    # Other hands, cameras and rooms: everything at once, as far as a person could still read the sign.
    "strong": Augmentation(
        rotation_deg=20,
        scale=(0.75, 1.3),
        translation=0.1,
        shear_deg=8,
        perspective=0.25,
        mirror=0.5,
        background=0.7,
        blur=0.3,
        brightness=(0.6, 1.4),
        contrast=(0.6, 1.4),
        saturation=(0.3, 1.5),
        hue=0.05,
        tint=0.1,
        noise=0.3,
        jpeg=0.3,
        cut_out=0.25,
    ),
}
