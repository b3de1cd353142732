"""Answers of networks that no installable package has, for tests/unit/networks/weights: YOLOv7-tiny in its training
form, the ResNets for CIFAR-10 and RetinaFace's MobileNetV1, as plain PyTorch definitions with the names of the published files.

    python3 -m venv /tmp/torch && /tmp/torch/bin/pip install torch numpy
    /tmp/torch/bin/python scripts/goldens/plain_networks.py tests/golden/published-weights

As in published_weights.py weights are not stored: both sides compute them from their names.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from published_weights import MEAN, STD, drawn, weight

HEIGHT, WIDTH = 64, 96


def image(height, width, mean, std):
    values = np.floor(drawn("pixels", height * width * 3) * 256).reshape(height, width, 3)
    scaled = (values / 255 - np.array(mean)) / np.array(std)
    return torch.from_numpy(scaled.transpose(2, 0, 1)[None].astype(np.float64))


class Conv(nn.Module):
    def __init__(self, inputs, outputs, kernel=1, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03)

    def forward(self, x):
        return F.leaky_relu(self.bn(self.conv(x)), 0.1)


class Implicit(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.implicit = nn.Parameter(torch.zeros(1, channels, 1, 1))


class Detect(nn.Module):
    """Three levels of raw cells, with what is added before and multiplied behind."""

    def __init__(self, classes, channels):
        super().__init__()
        outputs = 3 * (5 + classes)
        self.m = nn.ModuleList(nn.Conv2d(each, outputs, 1) for each in channels)
        self.ia = nn.ModuleList(Implicit(each) for each in channels)
        self.im = nn.ModuleList(Implicit(outputs) for _ in channels)
        self.register_buffer("anchors", torch.zeros(3, 3, 2))

    def forward(self, levels):
        return [
            self.m[i](x + self.ia[i].implicit) * self.im[i].implicit for i, x in enumerate(levels)
        ]


class Yolov7Tiny(nn.Module):
    def __init__(self, classes):
        super().__init__()
        modules = {0: Conv(3, 32, 3, 2), 1: Conv(32, 64, 3, 2)}

        def block(first, inputs, hidden):
            modules[first] = Conv(inputs, hidden)
            modules[first + 1] = Conv(inputs, hidden)
            modules[first + 2] = Conv(hidden, hidden, 3)
            modules[first + 3] = Conv(hidden, hidden, 3)
            modules[first + 5] = Conv(4 * hidden, 2 * hidden)

        for first, inputs, hidden in [(2, 64, 32), (9, 64, 64), (16, 128, 128), (23, 256, 256)]:
            block(first, inputs, hidden)
        modules.update({29: Conv(512, 256), 30: Conv(512, 256), 35: Conv(1024, 256), 37: Conv(512, 256)})
        modules.update({38: Conv(256, 128), 40: Conv(256, 128)})
        block(42, 256, 64)
        modules.update({48: Conv(128, 64), 50: Conv(128, 64)})
        block(52, 128, 32)
        modules[58] = Conv(64, 128, 3, 2)
        block(60, 256, 64)
        modules[66] = Conv(128, 256, 3, 2)
        block(68, 512, 128)
        modules.update({74: Conv(64, 128, 3), 75: Conv(128, 256, 3), 76: Conv(256, 512, 3)})
        modules[77] = Detect(classes, [128, 256, 512])
        self.model = nn.ModuleList(modules.get(i, nn.Identity()) for i in range(78))

    def block(self, first, x):
        a, b = self.model[first](x), self.model[first + 1](x)
        c = self.model[first + 2](b)
        d = self.model[first + 3](c)
        return self.model[first + 5](torch.cat([d, c, b, a], 1))

    def forward(self, x):
        m = self.model
        x = self.block(2, m[1](m[0](x)))
        c3 = self.block(9, F.max_pool2d(x, 2))
        c4 = self.block(16, F.max_pool2d(c3, 2))
        c5 = self.block(23, F.max_pool2d(c4, 2))
        side, main = m[29](c5), m[30](c5)
        pools = [F.max_pool2d(main, size, 1, size // 2) for size in (13, 9, 5)]
        coarse = m[37](torch.cat([m[35](torch.cat([*pools, main], 1)), side], 1))
        down4 = self.block(42, torch.cat([m[40](c4), F.interpolate(m[38](coarse), scale_factor=2)], 1))
        fine = self.block(52, torch.cat([m[50](c3), F.interpolate(m[48](down4), scale_factor=2)], 1))
        middle = self.block(60, torch.cat([m[58](fine), down4], 1))
        last = self.block(68, torch.cat([m[66](middle), coarse], 1))
        return m[77]([m[74](fine), m[75](middle), m[76](last)])


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.padded = outputs - inputs

    def forward(self, x):
        worked = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.padded > 0:
            half = self.padded // 2
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, half, half))
        return F.relu(worked + x)


class CifarResnet(nn.Module):
    def __init__(self, blocks, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        inputs = 16
        for stage, channels in enumerate([16, 32, 64], 1):
            strides = [1 if stage == 1 else 2] + [1] * (blocks - 1)
            layers = []
            for stride in strides:
                layers.append(Block(inputs, channels, stride))
                inputs = channels
            setattr(self, f"layer{stage}", nn.Sequential(*layers))
        self.linear = nn.Linear(64, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return [self.linear(x.mean((2, 3)))]


def leaky(inputs, outputs, kernel, stride=1, groups=1):
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.1))


def separable(inputs, outputs, stride):
    return nn.Sequential(leaky(inputs, inputs, 3, stride, inputs), leaky(inputs, outputs, 1))


class FaceMobilenet(nn.Module):
    """MobileNetV1 0.25 as face detectors have it."""

    def __init__(self, classes):
        super().__init__()
        layers = [leaky(3, 8, 3, 2)]
        inputs = 8
        for outputs, stride in [(16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *[(128, 1)] * 5, (256, 2), (256, 1)]:
            layers.append(separable(inputs, outputs, stride))
            inputs = outputs
        self.stage1, self.stage2, self.stage3 = (nn.Sequential(*layers[a:b]) for a, b in [(0, 6), (6, 12), (12, 14)])
        self.fc = nn.Linear(256, classes)

    def forward(self, x):
        return [self.fc(self.stage3(self.stage2(self.stage1(x))).mean((2, 3)))]


def networks():
    yield "yolov7-tiny", Yolov7Tiny(2), image(HEIGHT, WIDTH, [0, 0, 0], [1, 1, 1])
    yield "cifar-resnet20", CifarResnet(3, 10), image(32, 32, MEAN, STD)
    yield "retinaface-mobilenet_v1_025", FaceMobilenet(10), image(72, 96, MEAN, STD)


def main(folder: Path) -> None:
    for name, network, pixels in networks():
        shapes = {key: list(value.shape) for key, value in network.state_dict().items()}
        network.load_state_dict({key: weight(key, shape) if shape else torch.tensor(0) for key, shape in shapes.items()})
        with torch.no_grad():
            single = network.eval()(pixels.float())
            exact = network.double()(pixels)
        rounding = max(((a.double() - b).abs().max() / b.abs().max()).item() for a, b in zip(single, exact))
        # channels last, as kdflow answers
        last = [each if each.dim() == 2 else each.permute(0, 2, 3, 1) for each in exact]
        values = [float(f"{value:.9g}") for each in last for value in each.reshape(-1).tolist()]
        content = {
            "network": name,
            "height": pixels.shape[2],
            "width": pixels.shape[3],
            "shapes": shapes,
            "logits": values,
        }
        (folder / f"{name}.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")
        print(name, len(shapes), len(values), f"float32 is off by {rounding:.1e}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
