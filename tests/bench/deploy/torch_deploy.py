"""The networks of `npm run bench -- deploy` in PyTorch: exported to ONNX, or answering one image.

Run by the bench, not by hand: `torch_deploy.py FOLDER VARIANT THREADS`. FOLDER is what step-files.ts wrote; VARIANT is
`export`, which writes theirs.onnx, `eager` or `compile`. Says the logits, then times as many runs as each line of stdin asks for.
"""

import json
import sys
import time
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "step"))
from torch_step import build, read_batches, read_weights, say, set_weights  # noqa: E402

SETTLE_RUNS = 10


class Deployed(nn.Module):
    """Takes uint8 `[1, 3, height, width]`, as kdflow's file does."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, pixels):
        return self.network(pixels.float() * (2 / 255) - 1)


def main():
    folder, variant, threads = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    torch.set_num_threads(threads)
    setup = json.loads((folder / "setup.json").read_text())
    network = build(setup["backbone"], setup["classes"])
    set_weights(network, read_weights(folder))
    model = Deployed(network).eval()
    pixels = read_batches(folder, setup, torch.contiguous_format)[0][0]
    if variant == "export":
        torch.onnx.export(model, (pixels,), str(folder / "theirs.onnx"), input_names=["pixels"], output_names=["logits"], dynamo=False, opset_version=18)
        return
    with torch.inference_mode():
        answer = torch.compile(model) if variant == "compile" else model
        try:
            logits = answer(pixels)
        except Exception as error:
            if variant != "compile":
                raise
            return say({"skipped": f"torch.compile: {str(error).strip().splitlines()[0]}"})
        say({"logits": logits.flatten().tolist()})
        for line in sys.stdin:
            times = []
            for run in range(-SETTLE_RUNS, int(line)):
                began = time.perf_counter()
                answer(pixels)
                if run >= 0:
                    times.append((time.perf_counter() - began) * 1000)
            say({"times": times})


if __name__ == "__main__":
    main()
