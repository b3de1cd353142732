"""The training step of `npm run bench -- detector-step` in PyTorch: same network, weights, batches, loss and optimizer as
kdflow's.

Run by the bench, not by hand: `torch_detector_step.py FOLDER VARIANT THREADS`. FOLDER is what detector-files.ts wrote;
VARIANT is `eager`, `channels-last`, `compile` or `compile-channels-last`. Network parts and the talk with the bench are
those of torch_step.py. The assignment has fixed shapes, for all boxes of the batch at once, and is under `no_grad`.
"""

import json
import math
import sys
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "step"))
from torch_step import (  # noqa: E402
    ConvNorm,
    mobilenet_v2,
    read_array,
    read_images,
    read_weights,
    rounded,
    serve,
    set_weights,
    shufflenet_v2,
)

STRIDES = (8, 16, 32)
BALANCE = (4.0, 1.0, 0.4)
ANCHORS = (
    ((10, 13), (16, 30), (33, 23)),
    ((30, 61), (62, 45), (59, 119)),
    ((116, 90), (156, 198), (373, 326)),
)
MOST_RATIO = 4
"""A box and an anchor are of like size below this ratio of their sides."""
EPSILON = 1e-7
MOST = 10
"""Candidates of highest IoU that tell how many a box claims, and most that it claims."""


# --- The network, under kdflow's names for its weights ---


class NeckConv(ConvNorm):
    """A convolution with YOLOv7's batch norm and activation."""

    def __init__(self, name, inputs, outputs, kernel=1, stride=1):
        activation = partial(nn.LeakyReLU, 0.1)
        super().__init__(f"neck/{name}", inputs, outputs, kernel, stride, activation=activation)
        self[1].eps, self[1].momentum = 1e-3, 0.03


class Elan(nn.Module):
    def __init__(self, name, inputs, hidden, outputs):
        super().__init__()
        self.a = NeckConv(f"{name}/a", inputs, hidden)
        self.b = NeckConv(f"{name}/b", inputs, hidden)
        self.c = NeckConv(f"{name}/c", hidden, hidden, 3)
        self.d = NeckConv(f"{name}/d", hidden, hidden, 3)
        self.out = NeckConv(f"{name}/out", 4 * hidden, outputs)

    def forward(self, x):
        b = self.b(x)
        c = self.c(b)
        return self.out(torch.cat((self.d(c), c, b, self.a(x)), 1))


class Neck(nn.Module):
    """YOLOv7-tiny's, at a width; the larger pools are several of 5, which is less work."""

    def __init__(self, inputs, width):
        super().__init__()

        def scaled(channels):
            return max(8, 8 * math.floor(channels * width / 8 + 0.5))

        c32, c64, c128, c256, c512 = (scaled(channels) for channels in (32, 64, 128, 256, 512))
        self.side, self.main = NeckConv("pool/side", inputs[2], c256), NeckConv("pool/main", inputs[2], c256)
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.mix, self.out = NeckConv("pool/mix", 4 * c256, c256), NeckConv("pool/out", 2 * c256, c256)
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.route4, self.reduce4 = NeckConv("route4", inputs[1], c128), NeckConv("reduce4", c256, c128)
        self.route3, self.reduce3 = NeckConv("route3", inputs[0], c64), NeckConv("reduce3", c128, c64)
        self.down4, self.down3 = Elan("down4", 2 * c128, c64, c128), Elan("down3", 2 * c64, c32, c64)
        self.halve4, self.halve5 = NeckConv("halve4", c64, c128, 3, 2), NeckConv("halve5", c128, c256, 3, 2)
        self.up4, self.up5 = Elan("up4/elan", 2 * c128, c64, c128), Elan("up5/elan", 2 * c256, c128, c256)
        self.p3, self.p4, self.p5 = (
            NeckConv(*each, 3) for each in (("p3", c64, c128), ("p4", c128, c256), ("p5", c256, c512))
        )
        self.channels = (c128, c256, c512)

    def forward(self, p3, p4, p5):
        main = self.main(p5)
        five = self.pool(main)
        nine = self.pool(five)
        mixed = self.mix(torch.cat((self.pool(nine), nine, five, main), 1))
        coarse = self.out(torch.cat((mixed, self.side(p5)), 1))
        down = self.down4(torch.cat((self.route4(p4), self.up(self.reduce4(coarse))), 1))
        fine = self.down3(torch.cat((self.route3(p3), self.up(self.reduce3(down))), 1))
        middle = self.up4(torch.cat((self.halve4(fine), down), 1))
        last = self.up5(torch.cat((self.halve5(middle), coarse), 1))
        return self.p3(fine), self.p4(middle), self.p5(last)


class Head(nn.Module):
    """Cells of one level, with what is added before and multiplied behind."""

    def __init__(self, name, inputs, outputs):
        super().__init__()
        self.name = name
        self.added = nn.Parameter(torch.zeros(inputs))
        self.conv = nn.Conv2d(inputs, outputs, 1)
        self.factor = nn.Parameter(torch.ones(outputs))

    def forward(self, x):
        return self.conv(x + self.added.view(1, -1, 1, 1)) * self.factor.view(1, -1, 1, 1)

    def take_weights(self, take):
        take(f"head/{self.name}/implicit-add/values", self.added)
        take(f"head/{self.name}/conv/kernel", self.conv.weight, (3, 2, 0, 1))
        take(f"head/{self.name}/conv/bias", self.conv.bias)
        take(f"head/{self.name}/implicit-multiply/values", self.factor)


def stages(backbone):
    """The layers up to strides 8, 16 and 32, and the channels there; a classifier's last convolution is left out."""
    width = backbone["width"]
    if backbone["use"] == "mobilenet-v2":
        layers, ends, channels = mobilenet_v2(width)[0], (7, 14, 18), [rounded(each * width) for each in (32, 96, 320)]
    else:
        layers, ends, channels = shufflenet_v2(width)[0], (6, 14, 18), {0.5: (48, 96, 192)}[width]
    return [layers[start:end] for start, end in zip((0, *ends), ends)], channels


class Detector(nn.Module):
    def __init__(self, setup):
        super().__init__()
        parts, channels = stages(setup["backbone"])
        self.stages = nn.ModuleList(parts)
        self.neck = Neck(channels, setup["neckWidth"])
        numbers = 3 * (5 + setup["classes"])
        names = ("p3", "p4", "p5")
        self.heads = nn.ModuleList(Head(*each, numbers) for each in zip(names, self.neck.channels))

    def forward(self, x):
        levels = []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        return [head(level) for head, level in zip(self.heads, self.neck(*levels))]


# --- The loss ---


def complete_iou(x, y, width, height, truth):
    """Of boxes and truths (the same four, last axis), middles and sides; the weight of the ratio is constant."""
    their_x, their_y, their_width, their_height = truth.unbind(-1)
    left, right = torch.stack((x - width / 2, their_x - their_width / 2)), torch.stack((x + width / 2, their_x + their_width / 2))
    top, bottom = torch.stack((y - height / 2, their_y - their_height / 2)), torch.stack((y + height / 2, their_y + their_height / 2))
    both = (right.amin(0) - left.amax(0)).clamp(min=0) * (bottom.amin(0) - top.amax(0)).clamp(min=0)
    tall, their_tall = height + EPSILON, their_height + EPSILON
    iou = both / (width * tall + their_width * their_tall - both + EPSILON)
    around = (right.amax(0) - left.amin(0)) ** 2 + (bottom.amax(0) - top.amin(0)) ** 2
    apart = (x - their_x) ** 2 + (y - their_y) ** 2
    ratio = 4 / math.pi**2 * (torch.atan(their_width / their_tall) - torch.atan(width / tall)) ** 2
    weight = (ratio / (ratio - iou + 1 + EPSILON)).detach()
    return iou - apart / (around + EPSILON) - weight * ratio


class Loss(nn.Module):
    """YOLOv7's, a mean over the batch; `assign` is `anchor` or `simota`. Cells of a level are ordered by row, column, anchor."""

    def __init__(self, setup):
        super().__init__()
        self.setup = setup
        sides = [setup["side"] // stride for stride in STRIDES]
        self.counts = [3 * side * side for side in sides]
        # by level: row and column of moves, and what is constant
        self.sides, self.firsts = sides, [sum(self.counts[:level]) for level in range(3)]
        self.register_buffer("anchors", torch.tensor(ANCHORS, dtype=torch.float32))
        self.register_buffer("moves", torch.tensor([[0, 0], [0.5, 0], [0, 0.5], [-0.5, 0], [0, -0.5]]))
        weights = [torch.full((count,), share / count) for count, share in zip(self.counts, BALANCE)]
        self.register_buffer("cell_weights", torch.cat(weights) / setup["batchSize"])

    @torch.no_grad()
    def candidates(self, truths):
        """Of `[batch, boxes, 6]`: of each candidate the cell in the batch, its column, row, stride and anchor, its box, whether
        there is one; by level, move, box and anchor.
        """
        batch, boxes, _ = truths.shape
        middles, sizes = (truths[..., 1:3] + truths[..., 3:5]) / 2, truths[..., 3:5] - truths[..., 1:3]
        is_there = truths[..., 0] >= 0
        images = torch.arange(batch).view(-1, 1, 1, 1) * sum(self.counts)
        found = []
        for level, (stride, side) in enumerate(zip(STRIDES, self.sides)):
            anchors = self.anchors[level]
            ratios = sizes[:, :, None] / anchors  # [batch, boxes, anchors, 2]
            like = torch.maximum(ratios, 1 / ratios).amax(-1) < MOST_RATIO
            place = middles / stride
            from_end = side - place
            near = torch.stack([(each % 1 < 0.5) & (each > 1) for each in (place, from_end)], 2)  # [batch, boxes, 2, 2]
            near = torch.cat((torch.ones(batch, boxes, 1, dtype=torch.bool), near.flatten(2)), 2)
            cells = (place[:, :, None] - self.moves).trunc().clamp(0, side - 1)  # [batch, boxes, moves, 2]
            mask = (like & is_there[..., None])[:, None] & near.transpose(1, 2)[..., None]  # [batch, moves, boxes, anchors]
            column, row = (cells[..., axis].transpose(1, 2)[..., None] for axis in (0, 1))
            flat = images + self.firsts[level] + (row * side + column).long() * 3 + torch.arange(3)
            shape = mask.shape
            found.append(
                {
                    "flat": flat.reshape(batch, -1),
                    "mask": mask.reshape(batch, -1),
                    "column": column.expand(shape).reshape(batch, -1),
                    "row": row.expand(shape).reshape(batch, -1),
                    "box": torch.arange(boxes).view(1, 1, -1, 1).expand(shape).reshape(batch, -1),
                    "rank": (torch.arange(5).view(-1, 1, 1) * boxes + torch.arange(boxes).view(1, -1, 1) + 1)
                    .expand(shape)
                    .reshape(batch, -1),
                    "anchor": anchors.expand(*shape, 2).reshape(batch, -1, 2),
                    "stride": torch.full_like(mask, stride, dtype=torch.float32).reshape(batch, -1),
                    "level": torch.full_like(mask, level, dtype=torch.long).reshape(batch, -1),
                }
            )
        return {name: torch.cat([each[name] for each in found], 1) for name in found[0]}

    @torch.no_grad()
    def simota(self, own, boxes, found, truths):
        """Which candidates `[batch, candidates]` a box claims, and which box."""
        x, y, width, height = boxes
        stride = found["stride"]
        x, y = (x + found["column"]) * stride, (y + found["row"]) * stride
        low = torch.stack((x - width * stride / 2, y - height * stride / 2), -1)[:, None]
        high = torch.stack((x + width * stride / 2, y + height * stride / 2), -1)[:, None]
        their_low, their_high = truths[:, :, None, 1:3], truths[:, :, None, 3:5]
        both = (torch.minimum(high, their_high) - torch.maximum(low, their_low)).clamp(min=0).prod(-1)
        areas = (high - low).prod(-1) + (their_high - their_low).prod(-1)
        pairs = (truths[..., 0] >= 0)[..., None] & found["mask"][:, None]  # [batch, boxes, candidates]
        iou = torch.where(pairs, both / (areas - both).clamp(min=1e-9), 0.0)
        root = (F.logsigmoid(own[..., 5:]) + F.logsigmoid(own[..., 4:5])) / 2
        logits = root - torch.log(-torch.expm1(root))
        hot = F.one_hot(truths[..., 0].long().clamp(min=0), own.shape[-1] - 5).float()
        of_class = F.softplus(logits).sum(-1)[:, None] - hot @ logits.transpose(1, 2)
        cost = torch.where(pairs, of_class - 3 * torch.log(iou + 1e-8), math.inf)
        count = iou.topk(MOST).values.sum(-1, keepdim=True).floor().clamp(min=1)
        # several candidates of one cell cost the same: the first one is taken, which `topk` does not promise
        least, at = (each[..., :MOST] for each in cost.sort(stable=True))
        picked = (torch.arange(MOST) < count) & (least < math.inf)
        claims = torch.zeros_like(cost).scatter(2, at, picked.float())
        claimed = claims.sum(1)
        box = torch.where(claimed > 1.5, cost.argmin(1), claims.argmax(1))
        return found["mask"] & (claimed > 0.5), box

    def forward(self, outputs, truths):
        batch = truths.shape[0]
        numbers = 5 + self.setup["classes"]
        levels = [level.permute(0, 2, 3, 1).reshape(batch, -1, numbers) for level in outputs]
        cells = torch.cat(levels, 1).view(-1, numbers)
        found = self.candidates(truths)
        own = cells[found["flat"].view(-1)].view(batch, -1, numbers)
        place, size = 2 * own[..., :2].sigmoid() - 0.5, (2 * own[..., 2:4].sigmoid()) ** 2
        size = size * found["anchor"] / found["stride"][..., None]
        boxes = (place[..., 0], place[..., 1], size[..., 0], size[..., 1])
        matched, box = found["mask"], found["box"]
        if self.setup["assign"] == "simota":
            matched, box = self.simota(own, boxes, found, truths)
        with torch.no_grad():
            truth = truths.gather(1, box[..., None].expand(-1, -1, 6))
            stride = found["stride"][..., None]
            corner = torch.stack((found["column"], found["row"]), -1)
            middle, sides = (truth[..., 1:3] + truth[..., 3:5]) / 2 / stride - corner, (truth[..., 3:5] - truth[..., 1:3]) / stride
            like_anchor = torch.cat((torch.full_like(middle, 0.5), found["anchor"] / stride), -1)
            target = torch.where(matched[..., None], torch.cat((middle, sides), -1), like_anchor)
            shares = torch.zeros_like(middle[..., 0])
            for level in range(3):
                of_level = matched & (found["level"] == level)
                shares = shares + of_level / of_level.sum().clamp(min=1)
        iou = complete_iou(*boxes, target)
        with torch.no_grad():
            # of several matches of a cell the last one tells its objectness
            flat, rank = found["flat"].view(-1), (found["rank"] * matched).view(-1)
            last = torch.zeros(cells.shape[0], dtype=torch.long).scatter_reduce(0, flat, rank, "amax")
            wins = matched.view(-1) & (rank == last[flat])
            value = iou.view(-1).clamp(min=0) * wins
            objects = torch.zeros(cells.shape[0]).scatter_add(0, flat, value).view(batch, -1)
            classes = F.one_hot(truth[..., 0].long().clamp(min=0), numbers - 5).float()
        box_part = ((1 - iou) * shares).sum()
        objectness = F.binary_cross_entropy_with_logits(
            cells[:, 4].view(batch, -1), objects, self.cell_weights.expand(batch, -1), reduction="sum"
        )
        of_class = F.binary_cross_entropy_with_logits(own[..., 5:], classes, reduction="none").mean(-1)
        gains = self.setup["gains"]
        return gains["box"] * box_part + gains["objectness"] * objectness + gains["class"] * (of_class * shares).sum()


# --- The step ---


def create_step(model, setup, compiled):
    """A function of one batch that trains and returns the loss."""
    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": setup["weightDecay"]}, {"params": others, "weight_decay": 0.0}]
    rates = {"lr": setup["learningRate"], "momentum": setup["momentum"], "nesterov": True}
    optimizer = torch.optim.SGD(groups, **rates, fused=True)
    loss = Loss(setup)

    def loss_of(pixels, truths):
        return loss(model(pixels.float() / 255), truths)

    if compiled:
        loss_of = torch.compile(loss_of)

    def step(batch):
        value = loss_of(*batch)
        value.backward()
        optimizer.step()
        optimizer.zero_grad()
        return value.item()

    return step


def main():
    folder, variant, threads = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    torch.set_num_threads(threads)
    setup = json.loads((folder / "setup.json").read_text())
    memory_format = torch.channels_last if variant.endswith("channels-last") else torch.contiguous_format
    model = Detector(setup)
    set_weights(model, read_weights(folder))
    model.to(memory_format=memory_format).train()
    step = create_step(model, setup, variant.startswith("compile"))
    shape = (setup["batches"], setup["batchSize"], setup["mostBoxes"], 6)
    boxes = read_array(folder, "boxes.f32", shape, torch.float32)
    serve(model, step, list(zip(read_images(folder, setup, memory_format), boxes)), setup, variant)


if __name__ == "__main__":
    main()
