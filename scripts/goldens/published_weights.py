"""Answers of published network definitions, with weights that a formula gives, for tests/unit/networks/weights.

    pip install torch torchvision timm numpy
    python scripts/goldens/published_weights.py tests/golden/published-weights

Weights are not stored: both sides compute them from their names (`drawn`). What is stored is which names and shapes
the published definitions have, and what they answer to one image.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import torch

warnings.filterwarnings("ignore")

HEIGHT, WIDTH, CLASSES = 72, 96, 10
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def fnv1a(text: str) -> int:
    value = 2166136261
    for byte in text.encode():
        value = ((value ^ byte) * 16777619) % 2**32
    return value


def drawn(name: str, count: int) -> np.ndarray:
    """Numbers in 0…1, of which each depends on the name and its place alone."""
    x = (fnv1a(name) + np.arange(count, dtype=np.uint64) * 2654435761) % 2**32
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x45D9F3B)) % 2**32
    x ^= x >> np.uint64(16)
    return x.astype(np.float64) / 2**32


def weight(name: str, shape: list[int]) -> torch.Tensor:
    count = int(np.prod(shape))
    u = drawn(name, count)
    if name.endswith("running_var"):
        values = 0.5 + u
    elif len(shape) > 1:
        values = (2 * u - 1) * np.sqrt(3 / np.prod(shape[1:]))
    elif name.endswith(".weight"):
        values = 0.5 + u
    else:
        values = 0.2 * (2 * u - 1)
    return torch.from_numpy(values.reshape(shape).astype(np.float32))


def pixels() -> torch.Tensor:
    values = np.floor(drawn("pixels", HEIGHT * WIDTH * 3) * 256).reshape(HEIGHT, WIDTH, 3)
    scaled = (values / 255 - np.array(MEAN)) / np.array(STD)
    return torch.from_numpy(scaled.transpose(2, 0, 1)[None].astype(np.float64))


def networks():
    import timm
    import torchvision.models as tv

    for name in ["mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "shufflenet_v2_x0_5", "resnet18", "resnet50"]:
        yield f"torchvision-{name}", getattr(tv, name)(num_classes=CLASSES)
    for name in [
        "mobilenetv3_small_100",
        "mobilenetv3_large_100",
        "mobilenetv4_conv_small",
        "efficientnet_lite0",
        "tf_efficientnet_lite0",
        "ghostnet_100",
    ]:
        yield f"timm-{name}", timm.create_model(name, num_classes=CLASSES)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, network in networks():
        shapes = {key: list(value.shape) for key, value in network.state_dict().items()}
        state = {key: weight(key, shape) if shape else torch.tensor(0) for key, shape in shapes.items()}
        network.load_state_dict(state)
        with torch.no_grad():
            single = network.eval()(pixels().float())[0].double()
            exact = network.double()(pixels())[0]
        # how much of the tolerance rounding alone takes, in PyTorch itself
        rounding = ((single - exact).abs().max() / exact.abs().max()).item()
        logits = exact.tolist()
        content = {"network": name, "height": HEIGHT, "width": WIDTH, "shapes": shapes, "logits": logits}
        (folder / f"{name}.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")
        print(name, len(shapes), f"float32 is off by {rounding:.1e}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
