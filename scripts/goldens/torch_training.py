"""Trains small networks in PyTorch and writes what kdflow's training has to reproduce.

The networks are torchvision's own (ResNet: its BasicBlock in CIFAR form), the optimizer, losses and batch norm
PyTorch's. Weights, images, labels and teacher logits come from the hash formula of golden_training.py, which
tests/unit/trainers/parity-inputs.ts repeats, so the goldens hold results only.

A rounding error that carries one activation over the kink of a ReLU changes gradients far more than rounding does, and
a few steps later two runs have little in common. So each case takes the first seed whose run in float64 keeps every
activation away from the kinks; float32 then follows float64 closely, in PyTorch as in kdflow. The two deep networks
have too many activations for that, so their batch norms start with offsets that put most of them above 0 (and below 6).

Run from the repository's root (some minutes on two cores):

    python3 -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.13.0 torchvision==0.28.0
    /tmp/torch/bin/python scripts/goldens/torch_training.py

It rewrites tests/golden/torch-training/*.json and prints how far PyTorch's own float32 is from its float64.
tests/golden/README.md explains the files.
"""

import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Callable

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock

from golden_training import describe, hashes, rounded, to_json, uniform, weight_range

OUTPUT = Path(__file__).resolve().parents[2] / "tests" / "golden" / "torch-training"

CLASSES = 10
# A rate that changes shows whether the velocity holds gradients (PyTorch) or steps.
LEARNING_RATES = [0.01, 0.03, 0.05, 0.04, 0.02]
MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
TEMPERATURE = 4.0
TERM_WEIGHTS = {"cross-entropy": 0.1, "kd": 0.9}
# The least distance of an activation from a kink. float32 errs by some 1e-6 here.
KINK_MARGIN = 1e-5


@dataclass(frozen=True)
class Case:
    build: Callable
    # Height and width of the images; one channel.
    side: int
    # The last batch is smaller, as at the end of an epoch.
    batch_sizes: tuple
    nesterov: bool = False
    # "sgd", "adam" or "adamw"; the Adams take steps a tenth as large
    optimizer: str = "sgd"
    clip_norm: float | None = None
    # The convolutions whose batch norm no ReLU follows, in networks whose other norms start with a large offset;
    # None where all norms start around 0.
    linear_norms: str | None = None


class Inputs:
    """The batches of one seed. `batch` is the number of a step, or "predict"."""

    def __init__(self, seed, side):
        self.seed = seed
        self.side = side

    def labels(self, batch, size):
        return (hashes(f"{self.seed}/labels/{batch}", size) % CLASSES).astype(np.int64)

    def images(self, batch, size):
        """uint8 `[batch, height, width, 1]`: stripes whose direction depends on the label, and noise."""
        label = self.labels(batch, size).reshape(size, 1, 1)
        y = np.arange(self.side).reshape(1, self.side, 1)
        x = np.arange(self.side).reshape(1, 1, self.side)
        noise = (hashes(f"{self.seed}/images/{batch}", size * self.side**2) % 96).astype(np.int64)
        stripes = x * (3 * label + 1) + y * (23 - 2 * label)
        return ((stripes + noise.reshape(size, self.side, self.side)) % 256)[..., np.newaxis]

    def teacher_logits(self, batch, size):
        """float32 `[batch, classes]`: noise of ±4, and 6 more for the label."""
        logits = uniform(f"{self.seed}/teacher/{batch}", size * CLASSES, -4.0, 4.0).reshape(size, CLASSES)
        logits[np.arange(size), self.labels(batch, size)] += np.float32(6.0)
        return logits

    def tensor(self, batch, size, dtype):
        """What the backbone sees: pixels scaled to -1...1, `[batch, 1, height, width]`."""
        pixels = torch.from_numpy(self.images(batch, size)).to(dtype).permute(0, 3, 1, 2)
        return pixels * (2 / 255) - 1


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


class NearKink(Exception):
    pass


def watch_kinks(model):
    """Makes the model raise NearKink in training; gives the least distance seen so far."""
    least = [float("inf")]

    def check(module, inputs):
        if not module.training:
            return
        kinks = (0.0, 6.0) if isinstance(module, nn.ReLU6) else (0.0,)
        for kink in kinks:
            least[0] = min(least[0], (inputs[0].detach() - kink).abs().min().item())
        if least[0] < KINK_MARGIN:
            raise NearKink

    for module in model.modules():
        if isinstance(module, (nn.ReLU, nn.ReLU6)):
            module.register_forward_pre_hook(check)
    return least


def train(case, seed, dtype):
    torch.manual_seed(0)
    model, names = case.build()
    model.to(dtype)
    tensors = named_tensors(names)
    assert sum(t.numel() for t in tensors.values()) == sum(
        t.numel() for name, t in model.state_dict().items() if not name.endswith("num_batches_tracked")
    ), "a weight has no name"
    start = {}
    for name, tensor in tensors.items():
        low, high = weight_range(name, tensor.shape, case.linear_norms)
        start[name] = uniform(f"{seed}/{name}", tensor.numel(), low, high).reshape(tensor.shape)
        tensor.copy_(torch.from_numpy(start[name]))
    margin = watch_kinks(model) if dtype == torch.float64 else None
    steps = run_steps(case, Inputs(seed, case.side), model, dtype)
    model.eval()
    with torch.no_grad():
        logits = model(Inputs(seed, case.side).tensor("predict", case.batch_sizes[0], dtype)).double().numpy()
    weights = {
        name: describe(name, start[name].astype(np.float64).ravel(), tensor.double().numpy().ravel())
        for name, tensor in tensors.items()
    }
    return {"margin": margin and margin[0], "steps": steps, "logits": logits, "weights": weights}


def learning_rates(case):
    return LEARNING_RATES if case.optimizer == "sgd" else [rate / 10 for rate in LEARNING_RATES]


def optimizer_options(case):
    """kdflow's options.

    Adam's decay is far stronger than usual, since five small steps would not show it, and its epsilon is large enough
    to show where it stands; without one, gradients that are all rounding would be steps of full size.
    """
    if case.optimizer == "sgd":
        return {"momentum": MOMENTUM, "weightDecay": WEIGHT_DECAY, "nesterov": case.nesterov}
    return {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-4, "weightDecay": 0.05 if case.optimizer == "adam" else 1.0}


def make_optimizer(case, model):
    options = optimizer_options(case)
    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": options["weightDecay"]}, {"params": others, "weight_decay": 0.0}]
    rate = learning_rates(case)[0]
    if case.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=rate, momentum=MOMENTUM, nesterov=case.nesterov)
    kind = torch.optim.Adam if case.optimizer == "adam" else torch.optim.AdamW
    return kind(groups, lr=rate, betas=(options["beta1"], options["beta2"]), eps=options["epsilon"])


def run_steps(case, inputs, model, dtype):
    optimizer = make_optimizer(case, model)
    model.train()
    steps = []
    for batch, (size, rate) in enumerate(zip(case.batch_sizes, learning_rates(case))):
        logits = model(inputs.tensor(batch, size, dtype))
        teacher = torch.from_numpy(inputs.teacher_logits(batch, size)).to(dtype)
        hard = F.cross_entropy(logits, torch.from_numpy(inputs.labels(batch, size)))
        student_log_probs = F.log_softmax(logits / TEMPERATURE, dim=1)
        teacher_probs = F.softmax(teacher / TEMPERATURE, dim=1)
        soft = TEMPERATURE**2 * F.kl_div(student_log_probs, teacher_probs, reduction="batchmean")
        loss = TERM_WEIGHTS["cross-entropy"] * hard + TERM_WEIGHTS["kd"] * soft
        optimizer.zero_grad()
        loss.backward()
        if case.clip_norm is not None:
            gradient_norm = nn.utils.clip_grad_norm_(model.parameters(), case.clip_norm)
            assert gradient_norm > case.clip_norm, "nothing was clipped"
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        steps.append({"loss": loss.item(), "cross-entropy": hard.item(), "kd": soft.item()})
    return steps


def first_seed(case):
    for seed in count(1):
        try:
            return seed, train(case, seed, torch.float64)
        except NearKink:
            pass


def float32_noise(float64, float32):
    """The largest deviations of PyTorch's float32 from its float64, measured as the test measures kdflow's."""
    weight, update = 0.0, 0.0
    for name, expected in float64["weights"].items():
        differences = np.subtract(float32["weights"][name]["projections"], expected["projections"])
        error = np.sqrt(np.mean(differences**2))
        weight = max(weight, error / expected["norm"])
        rounding = 2**-24 * expected["norm"]
        # what rounding a weight once in each step makes is no error of the update; and offsets that the next batch
        # norm takes out again have no update
        if expected["updateNorm"] > rounding:
            update = max(update, (error - len(LEARNING_RATES) * rounding) / expected["updateNorm"])
    return {
        "loss": max(abs(a[k] - b[k]) / abs(a[k]) for a, b in zip(float64["steps"], float32["steps"]) for k in a),
        "logits": np.abs(float64["logits"] - float32["logits"]).max() / np.abs(float64["logits"]).max(),
        "weight": weight,
        "update": update,
    }


# --- The golden files ---


CASES = {
    "resnet-8": Case(resnet8, 14, (4, 4, 4, 4, 3)),
    "resnet-8-nesterov": Case(resnet8, 14, (4, 4, 4, 4, 3), nesterov=True),
    "resnet-8-clipped": Case(resnet8, 14, (4, 4, 4, 4, 3), clip_norm=0.5),
    "resnet-8-adam": Case(resnet8, 14, (4, 4, 4, 4, 3), optimizer="adam"),
    "resnet-8-adamw": Case(resnet8, 14, (4, 4, 4, 4, 3), optimizer="adamw"),
    "shufflenet-v2-0.5": Case(shufflenet_v2_half, 28, (8, 8, 8, 8, 5), linear_norms="depthwise"),
    "mobilenet-v2-0.35": Case(mobilenet_v2_narrow, 28, (8, 8, 8, 8, 5), linear_norms="project"),
}


def main():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    # all cases, or those that are named
    for name in sys.argv[1:] or CASES:
        case = CASES[name]
        seed, float64 = first_seed(case)
        noise = float32_noise(float64, train(case, seed, torch.float32))
        golden = {
            "writtenBy": f"scripts/goldens/torch_training.py, torch {torch.__version__.split('+')[0]}, "
            f"torchvision {torchvision.__version__.split('+')[0]}, float64",
            "seed": seed,
            "side": case.side,
            "batchSizes": case.batch_sizes,
            "learningRates": rounded(learning_rates(case), 12),
            "optimizer": {"use": case.optimizer, **optimizer_options(case)},
            "clipNorm": case.clip_norm,
            "linearNorms": case.linear_norms,
            "kinkMargin": rounded(float64["margin"], 2),
            "float32": rounded(noise, 2),
            "steps": rounded(float64["steps"], 12),
            "logits": rounded(float64["logits"], 8),
            "weights": rounded(float64["weights"], 8),
        }
        (OUTPUT / f"{name}.json").write_text(to_json(golden))
        print(f"{name}: seed {seed}, margin {float64['margin']:.1e}, float32 {golden['float32']}", flush=True)


if __name__ == "__main__":
    main()
