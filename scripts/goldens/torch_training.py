"""Trains small networks in PyTorch and writes what kdflow's training has to reproduce.

The networks are torchvision's own (ResNet: its BasicBlock in CIFAR form), the optimizer, losses and batch norm
PyTorch's. Weights, images, labels and teacher logits come from the hash formula below, which
tests/unit/trainers/parity-inputs.ts repeats, so the goldens hold results only.

Run from the repository's root (about a minute on two cores):

    python3 -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.13.0 torchvision==0.28.0
    /tmp/torch/bin/python scripts/goldens/torch_training.py

It rewrites tests/golden/torch-training/*.json and prints how far PyTorch's own float32 is from its float64.
tests/golden/README.md explains the files.
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock

OUTPUT = Path(__file__).resolve().parents[2] / "tests" / "golden" / "torch-training"

CLASSES = 10
SIDE = 28
# The last batch is smaller, as at the end of an epoch.
BATCH_SIZES = [16, 16, 16, 16, 10]
# A rate that changes shows whether the velocity holds gradients (PyTorch) or steps.
LEARNING_RATES = [0.01, 0.03, 0.05, 0.04, 0.02]
MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
TEMPERATURE = 4.0
TERM_WEIGHTS = {"cross-entropy": 0.1, "kd": 0.9}
PROJECTIONS = 6


# --- The formula: integers of 32 bits from a name and an index, the same in every language ---


def fnv1a(text):
    value = 0x811C9DC5
    for byte in text.encode("ascii"):
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def hashes(name, count):
    """Integers 0...2^32 - 1, `[count]`: MurmurHash3's finalizer of hash(name) + i * 0x9E3779B9."""
    x = np.arange(count, dtype=np.uint64) * 0x9E3779B9 + fnv1a(name) & 0xFFFFFFFF
    x = (x ^ (x >> 16)) * 0x85EBCA6B & 0xFFFFFFFF
    x = (x ^ (x >> 13)) * 0xC2B2AE35 & 0xFFFFFFFF
    return x ^ (x >> 16)


def uniform(name, count, low, high):
    """float32 between `low` and `high`, `[count]`, computed in float64."""
    return (low + (high - low) * (hashes(name, count) / 2**32)).astype(np.float32)


def initial_weight(name, shape):
    """A weight in kdflow's layout: kernels of variance 2 / fan-in, the rest near batch norm's usual start."""
    count = int(np.prod(shape))
    kind = name.rsplit("/", 1)[1]
    if kind == "gamma":
        low, high = 0.7, 1.3
    elif kind == "moving_variance":
        low, high = 0.5, 1.5
    elif kind in ("beta", "bias", "moving_mean"):
        low, high = -0.2, 0.2
    else:
        fan_in = shape[0] * shape[1] if kind == "depthwise_kernel" else int(np.prod(shape[:-1]))
        high = (6 / fan_in) ** 0.5
        low = -high
    return uniform(name, count, low, high).reshape(shape)


def images(batch, size):
    """uint8 `[batch, height, width, 1]`: stripes whose direction depends on the label, and noise."""
    label = labels(batch, size).reshape(size, 1, 1)
    y = np.arange(SIDE).reshape(1, SIDE, 1)
    x = np.arange(SIDE).reshape(1, 1, SIDE)
    noise = (hashes(f"images/{batch}", size * SIDE * SIDE) % 96).astype(np.int64).reshape(size, SIDE, SIDE)
    stripes = x * (3 * label + 1) + y * (23 - 2 * label)
    return ((stripes + noise) % 256).reshape(size, SIDE, SIDE, 1)


def labels(batch, size):
    return (hashes(f"labels/{batch}", size) % CLASSES).astype(np.int64)


def teacher_logits(batch, size):
    """float32 `[batch, classes]`: noise of ±4, and 6 more for the label."""
    logits = uniform(f"teacher/{batch}", size * CLASSES, -4.0, 4.0).reshape(size, CLASSES)
    logits[np.arange(size), labels(batch, size)] += np.float32(6.0)
    return logits


# --- The networks: torchvision's modules, and kdflow's names for them ---


def resnet8():
    def block(inputs, outputs, stride):
        project = stride != 1 or inputs != outputs
        shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        return BasicBlock(inputs, outputs, stride, shortcut if project else None)

    stem = nn.Sequential(nn.Conv2d(1, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
    blocks = [block(16, 16, 1), block(16, 32, 2), block(32, 64, 2)]
    dense = nn.Linear(64, CLASSES)
    model = nn.Sequential(stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), dense)
    names = {"stem": (stem[0], stem[1]), "logits": dense}
    for stage, part in enumerate(blocks, 1):
        prefix = f"stage{stage}/block1"
        names[f"{prefix}/conv1"] = (part.conv1, part.bn1)
        names[f"{prefix}/conv2"] = (part.conv2, part.bn2)
        if part.downsample is not None:
            names[f"{prefix}/shortcut"] = (part.downsample[0], part.downsample[1])
    return model, names


def shufflenet_v2_half():
    model = torchvision.models.shufflenet_v2_x0_5(num_classes=CLASSES)
    # kdflow's cifar stem: grey input, stride 2, no pooling
    model.conv1[0] = nn.Conv2d(1, 24, 3, 2, 1, bias=False)
    model.maxpool = nn.Identity()
    names = {"stem": tuple(model.conv1[:2]), "last": tuple(model.conv5[:2]), "logits": model.fc}
    for stage in (2, 3, 4):
        for number, unit in enumerate(getattr(model, f"stage{stage}"), 1):
            prefix = f"stage{stage}/unit{number}"
            if len(unit.branch1) > 0:
                names[f"{prefix}/shortcut/depthwise"] = tuple(unit.branch1[0:2])
                names[f"{prefix}/shortcut/conv"] = tuple(unit.branch1[2:4])
            names[f"{prefix}/conv1"] = tuple(unit.branch2[0:2])
            names[f"{prefix}/depthwise"] = tuple(unit.branch2[3:5])
            names[f"{prefix}/conv2"] = tuple(unit.branch2[5:7])
    return model, names


def mobilenet_v2_narrow():
    # kdflow's cifar stem: strides 1 in the stem and in the second group
    settings = [
        [1, 16, 1, 1],
        [6, 24, 2, 1],
        [6, 32, 3, 2],
        [6, 64, 4, 2],
        [6, 96, 3, 1],
        [6, 160, 3, 2],
        [6, 320, 1, 1],
    ]
    model = torchvision.models.MobileNetV2(CLASSES, width_mult=0.35, inverted_residual_setting=settings, dropout=0.0)
    stem = model.features[0]
    stem[0] = nn.Conv2d(1, stem[0].out_channels, 3, 1, 1, bias=False)
    last = model.features[-1]
    names = {"stem": (stem[0], stem[1]), "last": (last[0], last[1]), "logits": model.classifier[1]}
    blocks = iter(model.features[1:-1])
    for group, (_, _, count, _) in enumerate(settings, 1):
        for number in range(1, count + 1):
            prefix = f"group{group}/block{number}"
            *expand, depthwise, project, norm = next(blocks).conv
            if expand:
                names[f"{prefix}/expand"] = (expand[0][0], expand[0][1])
            names[f"{prefix}/depthwise"] = (depthwise[0], depthwise[1])
            names[f"{prefix}/project"] = (project, norm)
    return model, names


def to_kdflow(module, tensor):
    """`[out, in, height, width]` to `[height, width, in, out]`; depthwise to `[height, width, channels, 1]`."""
    if tensor.dim() == 4:
        return tensor.permute(2, 3, 0, 1) if is_depthwise(module) else tensor.permute(2, 3, 1, 0)
    return tensor.t() if tensor.dim() == 2 else tensor


def is_depthwise(module):
    return isinstance(module, nn.Conv2d) and module.groups > 1


def named_tensors(names):
    """kdflow's name of each weight, and a view of PyTorch's tensor in kdflow's layout."""
    tensors = {}
    for place, modules in names.items():
        if isinstance(modules, nn.Linear):
            tensors[f"{place}/kernel"] = to_kdflow(modules, modules.weight.data)
            tensors[f"{place}/bias"] = modules.bias.data
            continue
        convolution, norm = modules
        kernel = "depthwise_kernel" if is_depthwise(convolution) else "kernel"
        tensors[f"{place}/conv/{kernel}"] = to_kdflow(convolution, convolution.weight.data)
        tensors[f"{place}/norm/gamma"] = norm.weight.data
        tensors[f"{place}/norm/beta"] = norm.bias.data
        tensors[f"{place}/norm/moving_mean"] = norm.running_mean
        tensors[f"{place}/norm/moving_variance"] = norm.running_var
    return tensors


# --- Training ---


def train(build, dtype, nesterov, clip_norm):
    torch.manual_seed(0)
    model, names = build()
    model.to(dtype)
    tensors = named_tensors(names)
    assert sum(t.numel() for t in tensors.values()) == sum(
        t.numel() for name, t in model.state_dict().items() if not name.endswith("num_batches_tracked")
    ), "a weight has no name"
    start = {name: initial_weight(name, tuple(tensor.shape)) for name, tensor in tensors.items()}
    for name, tensor in tensors.items():
        tensor.copy_(torch.from_numpy(start[name]))
    optimizer = torch.optim.SGD(
        [
            {"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": WEIGHT_DECAY},
            {"params": [p for p in model.parameters() if p.dim() <= 1], "weight_decay": 0.0},
        ],
        lr=0.1,
        momentum=MOMENTUM,
        nesterov=nesterov,
    )
    steps = []
    model.train()
    for batch, (size, rate) in enumerate(zip(BATCH_SIZES, LEARNING_RATES)):
        logits = model(network_input(batch, size, dtype))
        teacher = torch.from_numpy(teacher_logits(batch, size)).to(dtype)
        hard = F.cross_entropy(logits, torch.from_numpy(labels(batch, size)))
        student_log_probs = F.log_softmax(logits / TEMPERATURE, dim=1)
        teacher_probs = F.softmax(teacher / TEMPERATURE, dim=1)
        soft = TEMPERATURE**2 * F.kl_div(student_log_probs, teacher_probs, reduction="batchmean")
        loss = TERM_WEIGHTS["cross-entropy"] * hard + TERM_WEIGHTS["kd"] * soft
        optimizer.zero_grad()
        loss.backward()
        gradient_norm = None if clip_norm is None else nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        assert gradient_norm is None or gradient_norm > clip_norm, "nothing was clipped"
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        steps.append({"loss": loss.item(), "cross-entropy": hard.item(), "kd": soft.item()})
    model.eval()
    with torch.no_grad():
        logits = model(network_input("predict", BATCH_SIZES[0], dtype)).double().numpy()
    weights = {
        name: describe(name, start[name].astype(np.float64).ravel(), tensor.double().numpy().ravel())
        for name, tensor in tensors.items()
    }
    return {"steps": steps, "logits": logits, "weights": weights}


def network_input(batch, size, dtype):
    pixels = torch.from_numpy(images(batch, size)).to(dtype).permute(0, 3, 1, 2)
    return pixels * (2 / 255) - 1


def describe(name, start, end):
    """Norms of a weight and of what training changed in it, and random projections of that change.

    The projections are sums with random signs. For any error, the expected square of its projection is the square of
    its norm, so a few of them estimate the norm of the error of the whole tensor.
    """
    update = end - start
    signs = [1.0 - 2.0 * (hashes(f"{name}#{i}", update.size) >> 31) for i in range(PROJECTIONS)]
    return {
        "norm": np.linalg.norm(end),
        "updateNorm": np.linalg.norm(update),
        "projections": np.array([sign @ update for sign in signs]),
    }


def float32_noise(float64, float32):
    """The largest deviations of PyTorch's float32 from float64, measured as the test measures kdflow's."""
    pairs = [(float64["weights"][name], float32["weights"][name]) for name in float64["weights"]]
    errors = [np.sqrt(np.mean((a["projections"] - b["projections"]) ** 2)) for a, b in pairs]
    return {
        "loss": max(abs(a[k] - b[k]) / abs(a[k]) for a, b in zip(float64["steps"], float32["steps"]) for k in a),
        "logits": np.abs(float64["logits"] - float32["logits"]).max() / np.abs(float64["logits"]).max(),
        "weight": max(error / a["norm"] for error, (a, _) in zip(errors, pairs)),
        "update": max(error / a["updateNorm"] for error, (a, _) in zip(errors, pairs)),
    }


# --- The golden files ---


def rounded(value, digits):
    if isinstance(value, dict):
        return {key: rounded(entry, digits) for key, entry in value.items()}
    if isinstance(value, (list, np.ndarray)):
        return [rounded(entry, digits) for entry in value]
    return float(f"{value:.{digits}g}")


def to_json(golden):
    """JSON with one line for each step, image and weight, so that a change reads well."""

    def entries(pairs, brackets):
        return f"{brackets[0]}\n    " + ",\n    ".join(pairs) + f"\n  {brackets[1]}"

    parts = {
        "about": json.dumps(golden["about"]),
        "optimizer": json.dumps(golden["optimizer"]),
        "float32": json.dumps(golden["float32"]),
        "steps": entries([json.dumps(step) for step in golden["steps"]], "[]"),
        "logits": entries([json.dumps(row) for row in golden["logits"]], "[]"),
        "weights": entries([f"{json.dumps(name)}: {json.dumps(w)}" for name, w in golden["weights"].items()], "{}"),
    }
    return "{\n  " + ",\n  ".join(f'"{key}": {text}' for key, text in parts.items()) + "\n}\n"


CASES = {
    "resnet-8": (resnet8, {"nesterov": False, "clipNorm": None}),
    "resnet-8-nesterov": (resnet8, {"nesterov": True, "clipNorm": None}),
    "resnet-8-clipped": (resnet8, {"nesterov": False, "clipNorm": 0.5}),
    "shufflenet-v2-0.5": (shufflenet_v2_half, {"nesterov": False, "clipNorm": None}),
    "mobilenet-v2-0.35": (mobilenet_v2_narrow, {"nesterov": False, "clipNorm": None}),
}


def main():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for case, (build, optimizer) in CASES.items():
        float64 = train(build, torch.float64, optimizer["nesterov"], optimizer["clipNorm"])
        noise = float32_noise(float64, train(build, torch.float32, optimizer["nesterov"], optimizer["clipNorm"]))
        golden = {
            "about": f"written by scripts/goldens/torch_training.py with torch {torch.__version__.split('+')[0]}, "
            f"torchvision {torchvision.__version__.split('+')[0]}, in float64",
            "optimizer": optimizer,
            "float32": rounded(noise, 2),
            "steps": rounded(float64["steps"], 12),
            "logits": rounded(float64["logits"], 9),
            "weights": rounded(float64["weights"], 9),
        }
        (OUTPUT / f"{case}.json").write_text(to_json(golden))
        print(case, golden["float32"], [step["loss"] for step in float64["steps"]])


if __name__ == "__main__":
    main()
