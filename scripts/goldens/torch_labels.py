"""Writes values and gradients of PyTorch's cross-entropy with two labels, class weights and label smoothing, float64.

One label: `CrossEntropyLoss` itself, `weight` and `label_smoothing` included. Two labels without weights:
`CrossEntropyLoss` on the mixed probabilities. Two labels with weights: its unreduced losses of both labels by their
shares, over the weights of both labels by their shares, which with one label is its own weighted mean.

Run from the repository's root (seconds):

    python3 -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.13.0
    /tmp/torch/bin/python scripts/goldens/torch_labels.py

It rewrites tests/golden/label-losses.json. tests/golden/README.md explains the file.
"""

import json
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy, one_hot

OUTPUT = Path(__file__).resolve().parents[2] / "tests" / "golden" / "label-losses.json"

CLASSES = 4
LOGITS = [[1.5, -0.25, 0.75, 2.0], [-1.0, 0.5, 3.25, 0.0], [0.125, 0.25, -2.5, 1.0], [4.0, -3.0, 0.5, 0.5], [0.0, 0.0, 1.0, -1.0]]
LABELS = [3, 1, 0, 2, 2]
SECOND = [0, 1, 2, 3, 1]
SHARES = [0.75, 0.5, 1.0, 0.125, 0.0]
WEIGHTS = [0.5, 2.0, 1.25, 0.0]


def loss(logits, mixed: bool, weighted: bool, smoothing: float):
    labels, second = torch.tensor(LABELS), torch.tensor(SECOND)
    weight = torch.tensor(WEIGHTS, dtype=torch.float64) if weighted else None
    if not mixed:
        return cross_entropy(logits, labels, weight=weight, label_smoothing=smoothing)
    shares = torch.tensor(SHARES, dtype=torch.float64)
    if not weighted:
        first, other = (one_hot(each, CLASSES).to(torch.float64) for each in (labels, second))
        return cross_entropy(logits, shares[:, None] * first + (1 - shares[:, None]) * other, label_smoothing=smoothing)
    rows = [cross_entropy(logits, each, weight=weight, label_smoothing=smoothing, reduction="none") for each in (labels, second)]
    total = (shares * weight[labels] + (1 - shares) * weight[second]).sum()
    return (shares * rows[0] + (1 - shares) * rows[1]).sum() / total


def main() -> None:
    cases = []
    for mixed in (False, True):
        for weighted in (False, True):
            for smoothing in (0.0, 0.1):
                logits = torch.tensor(LOGITS, dtype=torch.float64, requires_grad=True)
                value = loss(logits, mixed, weighted, smoothing)
                value.backward()
                gradient = logits.grad.reshape(-1).tolist()
                cases.append({"mixed": mixed, "weighted": weighted, "labelSmoothing": smoothing, "value": value.item(), "gradient": gradient})
    inputs = {"studentLogits": LOGITS, "labels": LABELS, "secondLabels": SECOND, "labelShares": SHARES, "classWeights": WEIGHTS}
    OUTPUT.write_text(json.dumps({"inputs": inputs, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
