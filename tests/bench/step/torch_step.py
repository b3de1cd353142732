"""The training step of `npm run bench -- step` in PyTorch: same network, weights, batches, loss and optimizer as kdflow's.

Run by the bench, not by hand: `torch_step.py FOLDER VARIANT THREADS`. FOLDER is what step-files.ts wrote; VARIANT is
`eager`, `channels-last`, `compile` or `compile-channels-last`. Speaks the lines of rival-protocol.ts on stdin and stdout.
"""

import json
import os
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

# --- The networks, under kdflow's names for their weights ---


class ConvNorm(nn.Sequential):
    """A convolution without bias, its batch norm, and an activation where one is given."""

    def __init__(self, name, inputs, outputs, kernel=1, stride=1, depthwise=False, activation=None):
        groups = inputs if depthwise else 1
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        super().__init__(conv, nn.BatchNorm2d(outputs), *([] if activation is None else [activation(inplace=True)]))
        self.name = name
        self.depthwise = depthwise


class Classifier(nn.Module):
    def __init__(self, backbone, features, classes):
        super().__init__()
        self.backbone = backbone
        self.logits = nn.Linear(features, classes)

    def forward(self, images):
        return self.logits(self.backbone(images).mean((2, 3)))

    def take_weights(self, take):
        take("logits/kernel", self.logits.weight, (1, 0))
        take("logits/bias", self.logits.bias)


def rounded(channels):
    """To a multiple of 8, half up, but not below 90 % of the value."""
    value = max(8, int(channels + 4) // 8 * 8)
    return value + 8 if value < 0.9 * channels else value


def mobilenet_v1(width):
    """Howard et al. (2017), table 1."""
    channels = rounded(32 * width)
    layers = [ConvNorm("stem", 3, channels, 3, 2, activation=nn.ReLU6)]
    for stage, (outputs, blocks, stride) in enumerate(
        [(64, 1, 1), (128, 2, 2), (256, 2, 2), (512, 6, 2), (1024, 2, 2)], 1
    ):
        outputs = rounded(outputs * width)
        for number in range(1, blocks + 1):
            name = f"stage{stage}/block{number}"
            step = stride if number == 1 else 1
            layers.append(ConvNorm(f"{name}/depthwise", channels, channels, 3, step, True, nn.ReLU6))
            layers.append(ConvNorm(f"{name}/pointwise", channels, outputs, activation=nn.ReLU6))
            channels = outputs
    return nn.Sequential(*layers), channels


class InvertedResidual(nn.Module):
    def __init__(self, name, inputs, outputs, expansion, stride):
        super().__init__()
        hidden = inputs * expansion
        layers = [] if expansion == 1 else [ConvNorm(f"{name}/expand", inputs, hidden, activation=nn.ReLU6)]
        layers.append(ConvNorm(f"{name}/depthwise", hidden, hidden, 3, stride, True, nn.ReLU6))
        layers.append(ConvNorm(f"{name}/project", hidden, outputs))
        self.layers = nn.Sequential(*layers)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.layers(x) if self.adds else self.layers(x)


def mobilenet_v2(width):
    """Sandler et al. (2018), table 2."""
    channels = rounded(32 * width)
    layers = [ConvNorm("stem", 3, channels, 3, 2, activation=nn.ReLU6)]
    groups = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for group, (expansion, outputs, blocks, stride) in enumerate(groups, 1):
        outputs = rounded(outputs * width)
        for number in range(1, blocks + 1):
            name = f"group{group}/block{number}"
            layers.append(InvertedResidual(name, channels, outputs, expansion, stride if number == 1 else 1))
            channels = outputs
    last = rounded(1280 * max(1, width))
    layers.append(ConvNorm("last", channels, last, activation=nn.ReLU6))
    return nn.Sequential(*layers), last


class ShuffleUnit(nn.Module):
    def __init__(self, name, inputs, outputs, stride):
        super().__init__()
        half = outputs // 2
        self.shortcut = None
        if stride == 2:
            self.shortcut = nn.Sequential(
                ConvNorm(f"{name}/shortcut/depthwise", inputs, inputs, 3, 2, True),
                ConvNorm(f"{name}/shortcut/conv", inputs, half, activation=nn.ReLU),
            )
        self.branch = nn.Sequential(
            ConvNorm(f"{name}/conv1", inputs if stride == 2 else half, half, activation=nn.ReLU),
            ConvNorm(f"{name}/depthwise", half, half, 3, stride, True),
            ConvNorm(f"{name}/conv2", half, half, activation=nn.ReLU),
        )

    def forward(self, x):
        kept, worked = x.chunk(2, 1) if self.shortcut is None else (self.shortcut(x), x)
        joined = torch.cat((kept, self.branch(worked)), 1)
        batch, channels, height, width = joined.shape
        return joined.view(batch, 2, channels // 2, height, width).transpose(1, 2).reshape(joined.shape)


def shufflenet_v2(width):
    """Ma et al. (2018), table 5."""
    channels = {0.5: (48, 96, 192, 1024), 1: (116, 232, 464, 1024), 1.5: (176, 352, 704, 1024), 2: (244, 488, 976, 2048)}
    *stages, last = channels[width]
    layers = [ConvNorm("stem", 3, 24, 3, 2, activation=nn.ReLU), nn.MaxPool2d(3, 2, 1)]
    inputs = 24
    for stage, (outputs, units) in enumerate(zip(stages, (4, 8, 4)), 2):
        for number in range(1, units + 1):
            layers.append(ShuffleUnit(f"stage{stage}/unit{number}", inputs, outputs, 2 if number == 1 else 1))
            inputs = outputs
    layers.append(ConvNorm("last", inputs, last, activation=nn.ReLU))
    return nn.Sequential(*layers), last


class BasicBlock(nn.Module):
    def __init__(self, name, inputs, outputs, stride):
        super().__init__()
        self.layers = nn.Sequential(
            ConvNorm(f"{name}/conv1", inputs, outputs, 3, stride, activation=nn.ReLU),
            ConvNorm(f"{name}/conv2", outputs, outputs, 3),
        )
        self.shortcut = nn.Identity()
        if inputs != outputs:
            self.shortcut = ConvNorm(f"{name}/shortcut", inputs, outputs, 1, stride)

    def forward(self, x):
        return F.relu(self.layers(x) + self.shortcut(x), inplace=True)


def resnet(depth):
    """He et al. (2015), section 4.2, with 1x1 projections."""
    layers = [ConvNorm("stem", 3, 16, 3, activation=nn.ReLU)]
    inputs = 16
    for stage, outputs in enumerate((16, 32, 64), 1):
        for number in range(1, (depth - 2) // 6 + 1):
            stride = 2 if inputs != outputs else 1
            layers.append(BasicBlock(f"stage{stage}/block{number}", inputs, outputs, stride))
            inputs = outputs
    return nn.Sequential(*layers), inputs


def build(backbone, classes):
    kinds = {
        "mobilenet-v1": lambda: mobilenet_v1(backbone["width"]),
        "mobilenet-v2": lambda: mobilenet_v2(backbone["width"]),
        "shufflenet-v2": lambda: shufflenet_v2(backbone["width"]),
        "resnet": lambda: resnet(backbone["depth"]),
    }
    return Classifier(*kinds[backbone["use"]](), classes)


# --- What all rivals share: weights and batches ---


def read_weights(folder):
    """The weights that kdflow starts with, by name; convolutions `[height, width, in, out]`."""
    [group] = json.loads((folder / "model.json").read_text())["weightsManifest"]
    sizes = [torch.Size(weight["shape"]).numel() for weight in group["weights"]]
    values = torch.from_file(str(folder / "weights.bin"), size=sum(sizes), dtype=torch.float32)
    parts = zip(group["weights"], values.split(sizes))
    return {weight["name"]: part.reshape(weight["shape"]) for weight, part in parts}


@torch.no_grad()
def set_weights(model, weights):
    """Gives every layer its weights; those of other kinds take theirs by `take_weights`."""

    def take(name, tensor, order=None):
        value = weights.pop(name)
        tensor.copy_(value if order is None else value.permute(order))

    for module in model.modules():
        if hasattr(module, "take_weights"):
            module.take_weights(take)
        if not isinstance(module, ConvNorm):
            continue
        conv, norm = module[0], module[1]
        if module.depthwise:
            take(f"{module.name}/conv/depthwise_kernel", conv.weight, (2, 3, 0, 1))
        else:
            take(f"{module.name}/conv/kernel", conv.weight, (3, 2, 0, 1))
        take(f"{module.name}/norm/gamma", norm.weight)
        take(f"{module.name}/norm/beta", norm.bias)
        take(f"{module.name}/norm/moving_mean", norm.running_mean)
        take(f"{module.name}/norm/moving_variance", norm.running_var)
    assert not weights, f"weights that no layer has: {', '.join(weights)}"


def read_array(folder, name, shape, dtype):
    size = torch.Size(shape).numel()
    return torch.from_file(str(folder / name), size=size, dtype=dtype).reshape(shape).clone()


def read_images(folder, setup, memory_format):
    """Pixels uint8 `[batch, 3, height, width]` of each batch, in the layout that the network works in."""
    shape = (setup["batches"], setup["batchSize"], setup["side"], setup["side"], 3)
    pixels = read_array(folder, "pixels.u8", shape, torch.uint8)
    return [each.permute(0, 3, 1, 2).contiguous(memory_format=memory_format) for each in pixels]


def read_batches(folder, setup, memory_format):
    """Pixels uint8 `[batch, 3, height, width]` in the layout that the network works in, labels, teacher's logits."""
    count, batch, classes = setup["batches"], setup["batchSize"], setup["classes"]
    labels = read_array(folder, "labels.i32", (count, batch), torch.int32).long()
    teacher = read_array(folder, "teacher-logits.f32", (count, batch, classes), torch.float32)
    return list(zip(read_images(folder, setup, memory_format), labels, teacher))


# --- The step ---


def create_step(model, setup, compiled):
    """A function of one batch that trains and returns the loss."""
    hard, soft, temperature = setup["hardWeight"], setup["softWeight"], setup["temperature"]
    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": setup["weightDecay"]}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=setup["learningRate"], momentum=setup["momentum"], fused=True)

    def loss_of(pixels, labels, teacher):
        logits = model(pixels.float() * (2 / 255) - 1)
        student = F.log_softmax(logits / temperature, 1)
        target = F.log_softmax(teacher / temperature, 1)
        distilled = temperature**2 * F.kl_div(student, target, reduction="batchmean", log_target=True)
        return hard * F.cross_entropy(logits, labels) + soft * distilled

    if compiled:
        loss_of = torch.compile(loss_of)

    def step(batch):
        loss = loss_of(*batch)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return step


def main():
    folder, variant, threads = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    torch.set_num_threads(threads)
    setup = json.loads((folder / "setup.json").read_text())
    memory_format = torch.channels_last if variant.endswith("channels-last") else torch.contiguous_format
    model = build(setup["backbone"], setup["classes"])
    set_weights(model, read_weights(folder))
    model.to(memory_format=memory_format).train()
    step = create_step(model, setup, variant.startswith("compile"))
    serve(model, step, read_batches(folder, setup, memory_format), setup, variant)


def serve(model, step, batches, setup, variant):
    """Warms up, says so, and then runs as many steps as each line of stdin asks for."""
    done = 0

    def run():
        nonlocal done
        began = time.perf_counter()
        loss = step(batches[done % len(batches)])
        done += 1
        return (time.perf_counter() - began) * 1000, loss

    try:
        warm_up = [run() for _ in range(setup["warmUpSteps"])]
    except Exception as error:
        if not variant.startswith("compile"):
            raise
        return say({"skipped": f"torch.compile: {str(error).strip().splitlines()[0]}"})
    say(
        {
            "parameters": sum(p.numel() for p in model.parameters()),
            "losses": [loss for _, loss in warm_up],
            "firstStepMs": warm_up[0][0],
            "versions": {"torch": torch.__version__, "Python": sys.version.split()[0]},
        }
    )
    for line in sys.stdin:
        for _ in range(setup["settleSteps"]):
            run()
        say({"times": [run()[0] for _ in range(int(line))], "residentMib": resident_mib()})


def resident_mib():
    """What is resident now, or 0 where the system does not tell it as Linux does."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20)


def say(message):
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main()
