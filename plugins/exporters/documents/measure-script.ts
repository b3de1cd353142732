/** Name of the script that is written beside exported files. */
export const measureScriptName = "measure.py";

/**
 * Measures the latency of an exported ONNX file where it will run, with numpy and onnxruntime alone, and writes what it
 * found as JSON. It reads sizes from the file, so that it is the same for all.
 */
export const measureScript = `#!/usr/bin/env python3
"""Measures how long model.onnx takes for one batch. Needs numpy and onnxruntime.

    python3 measure.py [--model model.onnx] [--threads 0] [--batch 1] [--runs 100] [--warm-up 10] [--out result.json]
"""
import argparse
import glob
import json
import os
import platform
import statistics
import time

import numpy
import onnxruntime


def temperature():
    """Degrees Celsius of the hottest sensor that can be read, or None."""
    found = []
    for path in glob.glob("/sys/class/thermal/thermal_zone*/temp"):
        try:
            with open(path) as sensor:
                found.append(int(sensor.read()) / 1000)
        except (OSError, ValueError):
            pass
    return max(found) if found else None


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description="Measures the latency of an ONNX file.")
    parser.add_argument("--model", default=os.path.join(here, "model.onnx"))
    parser.add_argument("--threads", type=int, default=0, help="0: as many as ONNX Runtime takes")
    parser.add_argument("--batch", type=int, default=1, help="images at a time, where the file leaves it free")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--warm-up", type=int, default=10)
    parser.add_argument("--out", default="result.json")
    options = parser.parse_args()

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    session = onnxruntime.InferenceSession(options.model, settings, providers=["CPUExecutionProvider"])
    (pixels,) = session.get_inputs()
    shape = [side if isinstance(side, int) else options.batch for side in pixels.shape]
    images = numpy.random.default_rng(0).integers(0, 256, shape, dtype=numpy.uint8)

    before = temperature()
    times = []
    for run in range(-options.warm_up, options.runs):
        start = time.perf_counter()
        session.run(None, {pixels.name: images})
        if run >= 0:
            times.append((time.perf_counter() - start) * 1000)

    quantiles = numpy.quantile(times, [0.1, 0.9])
    result = {
        "format": "kdflow-board-1",
        "modelDigest": session.get_modelmeta().custom_metadata_map.get("modelDigest"),
        "runtime": "onnxruntime " + onnxruntime.__version__,
        "machine": platform.machine(),
        "system": platform.platform(),
        "threads": options.threads,
        "batch": shape[0],
        "runs": options.runs,
        "warmUp": options.warm_up,
        "latencyMs": {
            "median": statistics.median(times),
            "p10": float(quantiles[0]),
            "p90": float(quantiles[1]),
        },
        "temperatureC": {"before": before, "after": temperature()},
    }
    with open(options.out, "w") as file:
        json.dump(result, file, indent=2)
        file.write("\\n")
    print("%.3f ms for a batch of %d, median of %d" % (result["latencyMs"]["median"], shape[0], options.runs))


if __name__ == "__main__":
    main()
`;
