"""Trains a small detector in PyTorch on two batches and writes what kdflow's training has to reproduce: with an update
after each of them, and with one after both, whose gradients PyTorch adds up.

The network is ShuffleNetV2 at half width with the neck and head of YOLOv7-tiny at a quarter, written here with PyTorch's
functions on weights in kdflow's names and layouts; the loss is YOLOv7's, written here from its formulas, per image and
with plain indexing; the optimizer is PyTorch's SGD. Weights, images and boxes come from the hash formula of
golden_training.py, so the goldens hold results only.

Run from the repository's root (a minute):

    python3 -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.13.0
    /tmp/torch/bin/python scripts/goldens/torch_detector.py

It rewrites tests/golden/torch-detector/*.json and prints how far PyTorch's own float32 is from its float64.
tests/golden/README.md explains the files.
"""

import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from golden_training import describe, hashes, rounded, to_json, uniform, weight_range

OUTPUT = Path(__file__).resolve().parents[2] / "tests" / "golden" / "torch-detector"

SEED = 3
SIDE = 64
CLASSES = 3
BATCH = 4
LEARNING_RATES = [0.01, 0.02]
MOMENTUM = 0.937
WEIGHT_DECAY = 5e-4
GAINS = {"box": 0.05, "class": 0.5, "objectness": 1.0}
# The published loss is the mean times the images of the batch: the rates of the paper are meant for that.
WEIGHT = float(BATCH)
BALANCE = (4.0, 1.0, 0.4)
STRIDES = (8, 16, 32)
ANCHORS = (
    ((10, 13), (16, 30), (33, 23)),
    ((30, 61), (62, 45), (59, 119)),
    ((116, 90), (156, 198), (373, 326)),
)
LINEAR_NORMS = "depthwise"


# --- What is trained on ---


def images(step, dtype):
    """0...1, `[batch, 3, height, width]`, of uint8 noise `[batch, height, width, 3]`."""
    pixels = hashes(f"{SEED}/images/{step}", BATCH * SIDE * SIDE * 3) % 256
    return torch.from_numpy(pixels.astype(np.float64)).to(dtype).reshape(BATCH, SIDE, SIDE, 3).permute(0, 3, 1, 2) / 255


def boxes(step):
    """Of each image, one to three rows: class, left, top, right, bottom in whole pixels."""
    found = []
    for image in range(BATCH):
        numbers = hashes(f"{SEED}/boxes/{step}/{image}", 16)
        rows = []
        for box in range(1 + int(numbers[15] % 3)):
            id, width, height, left, top = (int(value) for value in numbers[box * 5 : box * 5 + 5])
            width, height = 8 + width % 41, 8 + height % 41
            left, top = left % (SIDE - width), top % (SIDE - height)
            rows.append((id % CLASSES, left, top, left + width, top + height))
        found.append(rows)
    return found


# --- The network, on weights by kdflow's names ---


class Weights:
    """Draws a weight when it is first asked for; keeps it in kdflow's layout."""

    def __init__(self, dtype):
        self.dtype = dtype
        self.start = {}
        self.tensors = {}

    def get(self, name, shape, trained=True):
        if name not in self.tensors:
            low, high = weight_range(name, shape, LINEAR_NORMS)
            self.start[name] = uniform(f"{SEED}/{name}", math.prod(shape), low, high).reshape(shape)
            self.tensors[name] = torch.from_numpy(self.start[name].copy()).to(self.dtype).requires_grad_(trained)
        return self.tensors[name]


class Network:
    def __init__(self, weights):
        self.weights = weights

    def conv(self, x, name, filters, kernel=1, stride=1, depthwise=False, usual=True):
        """A convolution and its batch norm: PyTorch's usual one, or that of YOLOv7."""
        inputs = x.shape[1]
        if depthwise:
            values = self.weights.get(f"{name}/conv/depthwise_kernel", (kernel, kernel, inputs, 1)).permute(2, 3, 0, 1)
        else:
            values = self.weights.get(f"{name}/conv/kernel", (kernel, kernel, inputs, filters)).permute(3, 2, 0, 1)
        x = F.conv2d(x, values, None, stride, kernel // 2, groups=inputs if depthwise else 1)
        channels = (x.shape[1],)
        gamma, beta = (self.weights.get(f"{name}/norm/{part}", channels) for part in ("gamma", "beta"))
        mean, variance = (
            self.weights.get(f"{name}/norm/{part}", channels, False) for part in ("moving_mean", "moving_variance")
        )
        epsilon, momentum = (1e-5, 0.1) if usual else (1e-3, 0.03)
        return F.batch_norm(x, mean, variance, gamma, beta, True, momentum, epsilon)

    def unit(self, x, name, channels, stride):
        if stride == 2:
            kept = self.conv(x, f"{name}/shortcut/depthwise", 0, 3, 2, depthwise=True)
            kept = F.relu(self.conv(kept, f"{name}/shortcut/conv", channels // 2))
            worked = x
        else:
            kept, worked = x.chunk(2, 1)
        worked = F.relu(self.conv(worked, f"{name}/conv1", channels // 2))
        worked = self.conv(worked, f"{name}/depthwise", 0, 3, stride, depthwise=True)
        worked = F.relu(self.conv(worked, f"{name}/conv2", channels // 2))
        batch, _, rows, columns = worked.shape
        joined = torch.cat([kept, worked], 1).reshape(batch, 2, channels // 2, rows, columns)
        return joined.transpose(1, 2).reshape(batch, channels, rows, columns)

    def block(self, x, name, published, kernel=1, stride=1):
        return F.leaky_relu(self.conv(x, f"neck/{name}", published // 4, kernel, stride, usual=False), 0.1)

    def elan(self, x, name, hidden):
        a = self.block(x, f"{name}/a", hidden)
        b = self.block(x, f"{name}/b", hidden)
        c = self.block(b, f"{name}/c", hidden, 3)
        d = self.block(c, f"{name}/d", hidden, 3)
        return self.block(torch.cat([d, c, b, a], 1), f"{name}/out", 2 * hidden)

    def head(self, x, name):
        """`[batch, anchors, rows, columns, 5 + classes]`"""
        filters = 3 * (5 + CLASSES)
        added = self.weights.get(f"head/{name}/implicit-add/values", (x.shape[1],))
        kernel = self.weights.get(f"head/{name}/conv/kernel", (1, 1, x.shape[1], filters)).permute(3, 2, 0, 1)
        bias = self.weights.get(f"head/{name}/conv/bias", (filters,))
        factor = self.weights.get(f"head/{name}/implicit-multiply/values", (filters,))
        x = F.conv2d(x + added.view(1, -1, 1, 1), kernel, bias) * factor.view(1, -1, 1, 1)
        batch, _, rows, columns = x.shape
        return x.view(batch, 3, 5 + CLASSES, rows, columns).permute(0, 1, 3, 4, 2)

    def __call__(self, x):
        x = F.max_pool2d(F.relu(self.conv(x, "stem", 24, 3, 2)), 3, 2, 1)
        levels = []
        for stage, (channels, units) in enumerate(((48, 4), (96, 8), (192, 4)), 2):
            for number in range(1, units + 1):
                x = self.unit(x, f"stage{stage}/unit{number}", channels, 2 if number == 1 else 1)
            levels.append(x)
        side, main = self.block(x, "pool/side", 256), self.block(x, "pool/main", 256)
        pools = [F.max_pool2d(main, size, 1, size // 2) for size in (13, 9, 5)]
        mixed = self.block(torch.cat([*pools, main], 1), "pool/mix", 256)
        coarse = self.block(torch.cat([mixed, side], 1), "pool/out", 256)

        def double(features):
            return F.interpolate(features, scale_factor=2, mode="nearest")

        above = double(self.block(coarse, "reduce4", 128))
        down = self.elan(torch.cat([self.block(levels[1], "route4", 128), above], 1), "down4", 64)
        above = double(self.block(down, "reduce3", 64))
        fine = self.elan(torch.cat([self.block(levels[0], "route3", 64), above], 1), "down3", 32)
        middle = self.elan(torch.cat([self.block(fine, "halve4", 128, 3, 2), down], 1), "up4/elan", 64)
        last = self.elan(torch.cat([self.block(middle, "halve5", 256, 3, 2), coarse], 1), "up5/elan", 128)
        features = {"p3": (fine, 128), "p4": (middle, 256), "p5": (last, 512)}
        return [self.head(self.block(x, name, channels, 3), name) for name, (x, channels) in features.items()]


# --- The loss ---


def overlap(one, other, epsilon):
    """IoU of boxes (middle x and y, width, height) in the last axis, and what CIoU takes besides."""
    low = torch.maximum(one[..., :2] - one[..., 2:] / 2, other[..., :2] - other[..., 2:] / 2)
    high = torch.minimum(one[..., :2] + one[..., 2:] / 2, other[..., :2] + other[..., 2:] / 2)
    both = (high - low).clamp(min=0).prod(-1)
    heights = [box[..., 3] + epsilon for box in (one, other)]
    union = one[..., 2] * heights[0] + other[..., 2] * heights[1] - both + epsilon
    return both / union, heights


def complete_iou(one, other):
    epsilon = 1e-7
    iou, heights = overlap(one, other, epsilon)
    low = torch.minimum(one[..., :2] - one[..., 2:] / 2, other[..., :2] - other[..., 2:] / 2)
    high = torch.maximum(one[..., :2] + one[..., 2:] / 2, other[..., :2] + other[..., 2:] / 2)
    distance = ((one[..., :2] - other[..., :2]) ** 2).sum(-1) / (((high - low) ** 2).sum(-1) + epsilon)
    angles = [torch.atan(box[..., 2] / height) for box, height in zip((one, other), heights)]
    ratio = 4 / math.pi**2 * (angles[1] - angles[0]) ** 2
    weight = (ratio / (ratio - iou + 1 + epsilon)).detach()
    return iou - distance - weight * ratio


def candidates(shape, level, truths):
    """Cells of one level that boxes may claim: (image, anchor, row, column, truth) in the order of the published code."""
    _, _, rows, columns, _ = shape
    stride = STRIDES[level]
    found = []
    for move in ((0, 0), (0.5, 0), (0, 0.5), (-0.5, 0), (0, -0.5)):
        for anchor, size in enumerate(ANCHORS[level]):
            for number, (image, _, x, y, width, height) in enumerate(truths):
                if max(width / size[0], size[0] / width, height / size[1], size[1] / height) >= 4:
                    continue
                place = [x / stride, y / stride]
                axis = 0 if move[0] != 0 else 1
                if move[axis] != 0:
                    from_edge = place[axis] if move[axis] > 0 else (columns, rows)[axis] - place[axis]
                    if not (from_edge % 1 < 0.5 and from_edge > 1):
                        continue
                column = min(columns - 1, max(0, int(place[0] - move[0])))
                row = min(rows - 1, max(0, int(place[1] - move[1])))
                found.append((image, anchor, row, column, number))
    return found


def boxes_of(cells, level, found, dtype):
    """Boxes of cells in pixels of the level's grid, from each cell's own corner."""
    sizes = torch.tensor([ANCHORS[level][anchor] for _, anchor, _, _, _ in found], dtype=dtype) / STRIDES[level]
    return torch.cat([2 * cells[:, :2].sigmoid() - 0.5, (2 * cells[:, 2:4].sigmoid()) ** 2 * sizes], 1)


def pick(level, found):
    return level[tuple(torch.tensor(axis) for axis in list(zip(*found))[:4])]


def simota(levels, found, truths, dtype):
    """Of the candidates of each level, those that a truth claims, with that truth."""
    kept = [[] for _ in levels]
    for image in range(BATCH):
        own = [number for number, truth in enumerate(truths) if truth[0] == image]
        places = [(level, candidate) for level, rows in enumerate(found) for candidate in rows if candidate[0] == image]
        if not places:
            continue
        cells, pixels = [], []
        for level, candidate in places:
            cell = pick(levels[level], [candidate]).detach()
            corner = torch.tensor([[candidate[3], candidate[2]]], dtype=dtype)
            box = boxes_of(cell, level, [candidate], dtype)
            cells.append(cell)
            pixels.append(torch.cat([box[:, :2] + corner, box[:, 2:]], 1) * STRIDES[level])
        cells, pixels = torch.cat(cells), torch.cat(pixels)
        truth = torch.tensor([truths[number][2:] for number in own], dtype=dtype)
        iou, _ = overlap(truth[:, None], pixels[None], 0.0)
        root = (cells[:, 5:].sigmoid() * cells[:, 4:5].sigmoid()).sqrt()
        logits = torch.log(root / (1 - root))
        cost = torch.zeros_like(iou)
        for row, number in enumerate(own):
            hot = F.one_hot(torch.tensor(truths[number][1]), CLASSES).to(dtype).expand_as(logits)
            of_class = F.binary_cross_entropy_with_logits(logits, hot, reduction="none").sum(-1)
            cost[row] = of_class - 3 * torch.log(iou[row] + 1e-8)
        claims = torch.zeros_like(cost)
        for row in range(len(own)):
            count = max(1, int(iou[row].topk(min(10, len(places))).values.sum()))
            claims[row, cost[row].topk(count, largest=False).indices] = 1
        for column in range(len(places)):
            if claims[:, column].sum() == 0:
                continue
            several = claims[:, column].sum() > 1
            winner = int(cost[:, column].argmin() if several else claims[:, column].argmax())
            level, (_, anchor, row, at, _) = places[column]
            kept[level].append((image, anchor, row, at, own[winner]))
    return kept


def loss(levels, rows, assign, dtype):
    truths = [
        (image, id, (left + right) / 2, (top + bottom) / 2, right - left, bottom - top)
        for image, own in enumerate(rows)
        for id, left, top, right, bottom in own
    ]
    found = [candidates(level.shape, place, truths) for place, level in enumerate(levels)]
    if assign == "simota":
        found = simota(levels, found, truths, dtype)
    parts = {name: torch.zeros((), dtype=dtype) for name in GAINS}
    for place, (level, own) in enumerate(zip(levels, found)):
        target = torch.zeros(level.shape[:4], dtype=dtype)
        if own:
            cells = pick(level, own)
            boxes = boxes_of(cells, place, own, dtype)
            truth = torch.tensor([truths[candidate[4]][2:] for candidate in own], dtype=dtype) / STRIDES[place]
            corners = torch.tensor([[column, row] for _, _, row, column, _ in own], dtype=dtype)
            iou = complete_iou(boxes, torch.cat([truth[:, :2] - corners, truth[:, 2:]], 1))
            parts["box"] = parts["box"] + (1 - iou).mean()
            ids = torch.tensor([truths[candidate[4]][1] for candidate in own])
            hot = F.one_hot(ids, CLASSES).to(dtype)
            parts["class"] = parts["class"] + F.binary_cross_entropy_with_logits(cells[:, 5:], hot)
            for candidate, value in zip(own, iou.detach().clamp(min=0)):
                target[candidate[:4]] = value
        objectness = F.binary_cross_entropy_with_logits(level[..., 4], target)
        parts["objectness"] = parts["objectness"] + BALANCE[place] * objectness
    return parts, sum(len(own) for own in found)


# --- Training ---


def train(assign, dtype, accumulate):
    weights = Weights(dtype)
    network = Network(weights)
    with torch.no_grad():
        network(images(0, dtype))
    # batch norms have seen that batch
    for name, start in weights.start.items():
        weights.tensors[name].data.copy_(torch.from_numpy(start))
    trained = [tensor for tensor in weights.tensors.values() if tensor.requires_grad]
    groups = [
        {"params": [tensor for tensor in trained if tensor.dim() > 1], "weight_decay": WEIGHT_DECAY},
        {"params": [tensor for tensor in trained if tensor.dim() <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.SGD(groups, lr=LEARNING_RATES[0], momentum=MOMENTUM, nesterov=True)
    steps = []
    for step, rate in enumerate(LEARNING_RATES):
        parts, positives = loss(network(images(step, dtype)), boxes(step), assign, dtype)
        value = sum(GAINS[name] * part for name, part in parts.items())
        (WEIGHT * value).backward()
        if (step + 1) % accumulate == 0:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            optimizer.zero_grad()
        told = {f"yolov7/{name}": part.item() for name, part in parts.items()}
        steps.append({"loss": WEIGHT * value.item(), "yolov7": value.item(), **told, "yolov7/positives": positives})
    described = {
        name: describe(name, weights.start[name].astype(np.float64).ravel(), tensor.detach().double().numpy().ravel())
        for name, tensor in weights.tensors.items()
    }
    return {"steps": steps, "weights": described}


def float32_noise(float64, float32):
    """The largest deviations of PyTorch's float32 from its float64, measured as the test measures kdflow's."""
    weight, update = 0.0, 0.0
    for name, expected in float64["weights"].items():
        differences = np.subtract(float32["weights"][name]["projections"], expected["projections"])
        error = np.sqrt(np.mean(differences**2))
        weight = max(weight, error / expected["norm"])
        rounding = 2**-24 * expected["norm"]
        if expected["updateNorm"] > rounding:
            update = max(update, (error - len(LEARNING_RATES) * rounding) / expected["updateNorm"])
    pairs = zip(float64["steps"], float32["steps"])
    return {
        "loss": max(abs(a[key] - b[key]) / abs(a[key]) for a, b in pairs for key in a),
        "weight": weight,
        "update": update,
    }


def main():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for name, assign, accumulate in (("anchor", "anchor", 1), ("simota", "simota", 1), ("accumulated", "anchor", 2)):
        float64, float32 = train(assign, torch.float64, accumulate), train(assign, torch.float32, accumulate)
        noise = float32_noise(float64, float32)
        golden = {
            "writtenBy": f"scripts/goldens/torch_detector.py, torch {torch.__version__.split('+')[0]}, float64",
            "seed": SEED,
            "side": SIDE,
            "classes": CLASSES,
            "batchSize": BATCH,
            "assign": assign,
            **({"accumulate": accumulate} if accumulate > 1 else {}),
            "gains": GAINS,
            "weight": WEIGHT,
            "learningRates": LEARNING_RATES,
            "optimizer": {"momentum": MOMENTUM, "weightDecay": WEIGHT_DECAY, "nesterov": True},
            "linearNorms": LINEAR_NORMS,
            "float32": rounded(noise, 2),
            "steps": rounded(float64["steps"], 12),
            "weights": rounded(float64["weights"], 12),
        }
        (OUTPUT / f"{name}.json").write_text(to_json(golden))
        print(name, noise, float64["steps"])


if __name__ == "__main__":
    main()
