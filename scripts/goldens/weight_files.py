"""Small files of weights in every form that PyTorch and NumPy write, for tests/unit/networks/weights/readers.test.ts.

    pip install torch numpy safetensors
    python scripts/goldens/weight_files.py tests/fixtures/weights
"""

import os
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import safetensors.torch
import torch

kernel = torch.arange(12, dtype=torch.float32).reshape(2, 3, 2, 1) / 8
STATE = OrderedDict(
    [
        ("conv.weight", kernel),
        ("conv.half", (kernel[0, :, 0, 0] - 1).half()),
        ("conv.brain", (kernel[0, :, 0, 0] * -4).bfloat16()),
        ("conv.double", kernel[1, :, 1, 0].double()),
        ("bn.num_batches_tracked", torch.tensor(7)),
    ]
)


class Payload:
    """What an attacker would put into a checkpoint."""

    def __reduce__(self):
        return os.system, ("touch kdflow-was-here",)


class Net(torch.nn.Module):
    pass


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(STATE, folder / "zip.pt")
    torch.save(STATE, folder / "legacy.pt", _use_new_zipfile_serialization=False)
    module = torch.nn.BatchNorm1d(2)
    torch.save({"epoch": 3, "best": 0.5, "note": "text", "state_dict": {f"module.{k}": v for k, v in module.state_dict().items()}}, folder / "checkpoint.pt")
    torch.save({"strided": kernel.permute(3, 2, 1, 0), "slice": kernel[:, 1:]}, folder / "strided.pt")
    torch.save({"model": Net()}, folder / "whole-model.pt")
    torch.save({"weight": torch.zeros(1), "payload": Payload()}, folder / "payload.pt")
    torch.save({"weight": torch.zeros(1), "payload": Payload()}, folder / "payload-legacy.pt", _use_new_zipfile_serialization=False)
    safetensors.torch.save_file(STATE, folder / "state.safetensors")
    arrays = {k: v.float().numpy() if v.dtype == torch.bfloat16 else v.numpy() for k, v in STATE.items()}
    np.savez(folder / "stored.npz", **arrays)
    np.savez_compressed(folder / "deflated.npz", **arrays)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
