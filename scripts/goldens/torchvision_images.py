"""Writes what torchvision makes of small images, which kdflow's renderer has to reproduce.

Images come from the formula below, which tests/unit/data/golden-image.ts repeats, so the golden holds results only.
Edits run on uint8 tensors; shrinking runs in float64 and is rounded once.

Run from the repository's root (seconds):

    python3 -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.13.0 torchvision==0.28.0
    /tmp/torch/bin/python scripts/goldens/torchvision_images.py

It rewrites tests/golden/torchvision-images.json. tests/golden/README.md explains the file.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as nn_functional
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F
from torchvision.transforms.autoaugment import _apply_op

OUTPUT = Path(__file__).resolve().parents[2] / "tests" / "golden" / "torchvision-images.json"
HEIGHT, WIDTH = 20, 24


def image(height: int, width: int, channels: int) -> torch.Tensor:
    """uint8 [channels, height, width], values 20 … 220."""
    values = [
        [[(x * 37 + y * 91 + c * 53 + x * y * 7 + (x * x * y) % 11 * 13) % 201 + 20 for x in range(width)] for y in range(height)]
        for c in range(channels)
    ]
    return torch.tensor(values, dtype=torch.uint8)


def channels_last(pixels: torch.Tensor) -> str:
    return bytes(pixels.permute(1, 2, 0).reshape(-1).tolist()).hex()


def operation(name: str, magnitude: float):
    return lambda pixels: _apply_op(pixels, name, magnitude, InterpolationMode.NEAREST, None)


# The edit as kdflow writes it, and torchvision's own way to it.
EDITS = [
    ({"op": "brightness", "factor": 0.6}, lambda p: F.adjust_brightness(p, 0.6)),
    ({"op": "brightness", "factor": 1.37}, lambda p: F.adjust_brightness(p, 1.37)),
    ({"op": "contrast", "factor": 0.45}, lambda p: F.adjust_contrast(p, 0.45)),
    ({"op": "contrast", "factor": 1.8}, lambda p: F.adjust_contrast(p, 1.8)),
    ({"op": "saturation", "factor": 0.3}, lambda p: F.adjust_saturation(p, 0.3)),
    ({"op": "saturation", "factor": 1.7}, lambda p: F.adjust_saturation(p, 1.7)),
    ({"op": "hue", "turn": 0.1}, lambda p: F.adjust_hue(p, 0.1)),
    ({"op": "hue", "turn": -0.37}, lambda p: F.adjust_hue(p, -0.37)),
    ({"op": "sharpness", "factor": 0.2}, lambda p: F.adjust_sharpness(p, 0.2)),
    ({"op": "sharpness", "factor": 1.9}, lambda p: F.adjust_sharpness(p, 1.9)),
    ({"op": "posterize", "bits": 4}, lambda p: F.posterize(p, 4)),
    ({"op": "posterize", "bits": 7}, lambda p: F.posterize(p, 7)),
    ({"op": "solarize", "threshold": 100.5}, lambda p: F.solarize(p, 100.5)),
    ({"op": "autocontrast"}, F.autocontrast),
    ({"op": "equalize"}, F.equalize),
    ({"op": "shear", "x": 0.27, "y": 0}, operation("ShearX", 0.27)),
    ({"op": "shear", "x": -0.13, "y": 0}, operation("ShearX", -0.13)),
    ({"op": "shear", "x": 0, "y": 0.21}, operation("ShearY", 0.21)),
    ({"op": "translate", "x": 0.2, "y": 0}, operation("TranslateX", 0.2 * WIDTH)),
    ({"op": "translate", "x": 0, "y": -0.18}, operation("TranslateY", -0.18 * HEIGHT)),
    ({"op": "rotate", "degrees": 17}, operation("Rotate", 17.0)),
    ({"op": "rotate", "degrees": -29}, operation("Rotate", -29.0)),
]

# Crop in pixels (left, top, width, height) of the image, then the size.
SHRINKS = [
    ((0, 0, 24, 20), (7, 9)),
    ((3, 2, 19, 17), (6, 6)),
    ((5, 1, 10, 18), (5, 14)),
    ((2, 4, 21, 8), (16, 7)),
]


def shrink(pixels: torch.Tensor, crop, size) -> torch.Tensor:
    left, top, width, height = crop
    part = pixels[:, top : top + height, left : left + width].to(torch.float64)
    small = nn_functional.interpolate(part[None], size=size, mode="bilinear", align_corners=False, antialias=True)
    return torch.floor(small[0] + 0.5).to(torch.uint8)


def main() -> None:
    edits = [
        {"edit": edit, "channels": channels, "pixels": channels_last(apply(image(HEIGHT, WIDTH, channels)))}
        for edit, apply in EDITS
        for channels in (1, 3)
    ]
    shrinks = [
        {"crop": crop, "size": size, "channels": channels, "pixels": channels_last(shrink(image(HEIGHT, WIDTH, channels), crop, size))}
        for crop, size in SHRINKS
        for channels in (1, 3)
    ]
    content = {"height": HEIGHT, "width": WIDTH, "edits": edits, "shrinks": shrinks}
    OUTPUT.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
