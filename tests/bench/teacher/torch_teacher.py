"""The teacher of `npm run bench -- teacher` in PyTorch: exports it to ONNX, or labels images with it, eagerly.

Run by the bench, not by hand:
`torch_teacher.py export MODEL CLASSES ONNX WEIGHTS` and `torch_teacher.py label MODEL CLASSES WEIGHTS DATA OUT THREADS BATCH`.
DATA is a folder of JPEG files in folders, or `SIDE:FILE`, grey images of SIDE × SIDE bytes after a header of 16 bytes.
Prints one line of JSON.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

SIDE = 224
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


def conv(inputs, outputs, kernel=1, stride=1, groups=1, activation=None):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, *([] if activation is None else [activation(inplace=True)]))


class Sum(nn.Module):
    def __init__(self, body, shortcut, activation):
        super().__init__()
        self.body, self.shortcut, self.activation = body, shortcut, activation

    def forward(self, x):
        return self.activation(self.body(x) + self.shortcut(x))


class Mean(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


def mobilenet_v2(classes):
    """Sandler et al. (2018), table 2."""
    layers, channels = [conv(3, 32, 3, 2, activation=nn.ReLU6)], 32
    for expansion, outputs, blocks, stride in [
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)
    ]:  # fmt: skip
        for number in range(blocks):
            step, hidden = (stride if number == 0 else 1), channels * expansion
            body = [] if expansion == 1 else [conv(channels, hidden, activation=nn.ReLU6)]
            body += [conv(hidden, hidden, 3, step, hidden, nn.ReLU6), conv(hidden, outputs)]
            block = nn.Sequential(*body)
            layers.append(Sum(block, nn.Identity(), nn.Identity()) if step == 1 and channels == outputs else block)
            channels = outputs
    return nn.Sequential(*layers, conv(channels, 1280, activation=nn.ReLU6), Mean(), nn.Linear(1280, classes))


def resnet50(classes):
    """He et al. (2016), table 1, with the stride in the 3×3 convolution."""
    layers, channels = [conv(3, 64, 7, 2, activation=nn.ReLU), nn.MaxPool2d(3, 2, 1)], 64
    for width, blocks, stride in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
        for number in range(blocks):
            step, outputs = (stride if number == 0 else 1), width * 4
            body = [conv(channels, width, activation=nn.ReLU), conv(width, width, 3, step, activation=nn.ReLU)]
            same = step == 1 and channels == outputs
            shortcut = nn.Identity() if same else conv(channels, outputs, 1, step)
            layers.append(Sum(nn.Sequential(*body, conv(width, outputs)), shortcut, nn.ReLU(inplace=True)))
            channels = outputs
    return nn.Sequential(*layers, Mean(), nn.Linear(2048, classes))


def build(name, classes):
    torch.manual_seed(7)
    model = {"mobilenet-v2": mobilenet_v2, "resnet-50": resnet50}[name](classes)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):  # as after training: means and variances that are not 0 and 1
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return model.eval()


class Folder(torch.utils.data.Dataset):
    def __init__(self, folder):
        self.files = sorted(Path(folder).glob("*/*.jpg"))

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        from PIL import Image

        image = Image.open(self.files[index]).convert("RGB").resize((SIDE, SIDE), Image.BILINEAR)
        return torch.from_numpy(np.array(image)).permute(2, 0, 1)


class Raw(torch.utils.data.Dataset):
    def __init__(self, side, file):
        self.pixels = np.memmap(file, np.uint8, "r", 16).reshape(-1, side, side)

    def __len__(self):
        return len(self.pixels)

    def __getitem__(self, index):
        return torch.from_numpy(np.array(self.pixels[index])).expand(3, SIDE, SIDE)


def export(name, classes, onnx, weights):
    model = build(name, int(classes))
    torch.save(model.state_dict(), weights)
    images = torch.zeros(2, 3, SIDE, SIDE)
    batch = torch.export.Dim("batch")
    torch.onnx.export(
        model, (images,), onnx, input_names=["pixels"], output_names=["scores"],
        dynamic_shapes=({0: batch},), dynamo=True, external_data=False, verbose=False,
    )  # fmt: skip
    print(json.dumps({"torch": torch.__version__, "parameters": sum(p.numel() for p in model.parameters())}))


def label(name, classes, weights, data, out, threads, batch):
    torch.set_num_threads(int(threads))
    model = build(name, int(classes))
    model.load_state_dict(torch.load(weights))
    images = Raw(int(data.split(":")[0]), data.split(":", 1)[1]) if ":" in data else Folder(data)
    loader = torch.utils.data.DataLoader(images, int(batch), num_workers=int(threads))
    with torch.inference_mode():
        model(torch.zeros(int(batch), 3, SIDE, SIDE))  # warm-up
        start = time.perf_counter()
        scores = [model((pixels.float() / 255 - MEAN) / STD).half() for pixels in loader]
        np.save(out, torch.cat(scores).numpy())
        seconds = time.perf_counter() - start
    print(json.dumps({"torch": torch.__version__, "images": len(images), "seconds": seconds}))


if __name__ == "__main__":
    {"export": export, "label": label}[sys.argv[1]](*sys.argv[2:])
