"""What the scripts of the torch goldens share: the formula that weights and batches are drawn by, which
tests/unit/trainers/parity-inputs.ts repeats, and how a file describes trained weights.
"""

import json

import numpy as np

PROJECTIONS = 4


# --- The formula: integers of 32 bits from a name and an index, the same in every language ---


def fnv1a(text):
    value = 0x811C9DC5
    for byte in text.encode("ascii"):
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def hashes(name, size):
    """Integers 0...2^32 - 1, `[size]`: MurmurHash3's finalizer of fnv1a(name) + i * 0x9E3779B9."""
    x = np.arange(size, dtype=np.uint64) * 0x9E3779B9 + fnv1a(name) & 0xFFFFFFFF
    x = (x ^ (x >> 16)) * 0x85EBCA6B & 0xFFFFFFFF
    x = (x ^ (x >> 13)) * 0xC2B2AE35 & 0xFFFFFFFF
    return x ^ (x >> 16)


def uniform(name, size, low, high):
    """float32 between `low` and `high`, `[size]`, computed in float64."""
    return (low + (high - low) * (hashes(name, size) / 2**32)).astype(np.float32)


def weight_range(name, shape, linear_norms):
    """Kernels of variance 2 / fan-in; the rest near batch norm's usual start, or with ReLU's input mostly active."""
    place, kind = name.rsplit("/", 1)
    active = linear_norms is not None and not place.endswith(f"{linear_norms}/norm")
    if kind == "gamma":
        return (0.7, 1.0) if active else (0.7, 1.3)
    if kind == "beta" and active:
        return 2.8, 3.2
    if kind in ("beta", "bias", "moving_mean"):
        return -0.2, 0.2
    if kind == "moving_variance":
        return 0.5, 1.5
    if kind == "values":
        return (0.9, 1.1) if place.endswith("multiply") else (-0.1, 0.1)
    fan_in = shape[0] * shape[1] if kind == "depthwise_kernel" else int(np.prod(shape[:-1]))
    bound = (6 / fan_in) ** 0.5
    return -bound, bound


# --- What a golden file says ---


def describe(name, start, end):
    """The norms of a weight and of what training changed in it, and random projections of that change.

    A projection is the sum with random signs. For any error, the expected square of its projection is the square of
    its norm, so a few projections estimate the norm of the whole tensor's error.
    """
    update = end - start
    signs = [1.0 - 2.0 * (hashes(f"{name}#{i}", update.size) >> 31) for i in range(PROJECTIONS)]
    return {
        "norm": np.linalg.norm(end),
        "updateNorm": np.linalg.norm(update),
        "projections": [sign @ update for sign in signs],
    }


def rounded(value, digits):
    if isinstance(value, (list, np.ndarray)):
        return [rounded(entry, digits) for entry in value]
    if isinstance(value, dict):
        return {key: rounded(entry, digits) for key, entry in value.items()}
    return float(f"{value:.{digits}g}")


def to_json(golden):
    """JSON with one line for each step, image and weight, so that a change reads well."""

    def entries(texts, brackets):
        return f"{brackets[0]}\n    " + ",\n    ".join(texts) + f"\n  {brackets[1]}"

    parts = {key: json.dumps(value) for key, value in golden.items()}
    for key in {"steps", "logits"} & golden.keys():
        parts[key] = entries([json.dumps(row) for row in golden[key]], "[]")
    weights = golden["weights"].items()
    parts["weights"] = entries([f"{json.dumps(name)}: {json.dumps(list(row.values()))}" for name, row in weights], "{}")
    return "{\n  " + ",\n  ".join(f'"{key}": {text}' for key, text in parts.items()) + "\n}\n"
