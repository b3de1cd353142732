"""Where the time of a captured training step goes: runs the graph that write-graph.ts wrote with TensorFlow's own trace.

Run by the bench, not by hand: `profile_graph.py FOLDER STEPS`. Prints one line of JSON: the median milliseconds of a step
without the trace, and for each kind of kernel how often it runs in a step and how many milliseconds it takes, a kernel's
time counted once however many threads work on it.
"""

import json
import os
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

v1 = tf.compat.v1
v1.disable_eager_execution()


def read_feeds(folder, call):
    return {
        feed["node"]: np.fromfile(folder / feed["file"], tf.dtypes.as_dtype(feed["dtype"]).as_numpy_dtype).reshape(feed["shape"])
        for feed in call["feeds"]
    }


def kernel_of(stats):
    """`name = Op(inputs)` or `name:Op`, as traces label a kernel."""
    label = stats.timeline_label
    if " = " in label:
        return label.split(" = ", 1)[1].split("(", 1)[0]
    return stats.node_name.rsplit(":", 1)[-1]


def main(folder, steps):
    graph = Path(folder) / "graph"
    calls = json.loads((graph / "calls.json").read_text())
    saved = saved_model_pb2.SavedModel.FromString((graph / "saved_model.pb").read_bytes())
    tf.import_graph_def(saved.meta_graphs[0].graph_def, name="")
    session = v1.Session()
    session.run(calls["assign"]["fetches"], read_feeds(graph, calls["assign"]))
    step = session.make_callable(calls["step"]["fetches"], list(read_feeds(graph, calls["step"])))
    values = list(read_feeds(graph, calls["step"]).values())
    times = []
    for _ in range(steps + 5):
        began = time.perf_counter()
        step(*values)
        times.append((time.perf_counter() - began) * 1000)
    feeds = read_feeds(graph, calls["step"])
    options = v1.RunOptions(trace_level=v1.RunOptions.FULL_TRACE)
    total = defaultdict(lambda: [0, 0.0])
    for run in range(steps + 2):
        metadata = v1.RunMetadata()
        session.run(calls["step"]["fetches"], feeds, options=options, run_metadata=metadata)
        if run < 2:
            continue
        for device in metadata.step_stats.dev_stats:
            for stats in device.node_stats:
                entry = total[kernel_of(stats)]
                entry[0] += 1
                entry[1] += (stats.op_end_rel_micros - stats.op_start_rel_micros) / 1000
    kernels = [{"kernel": name, "count": count / steps, "ms": ms / steps} for name, (count, ms) in total.items()]
    kernels.sort(key=lambda entry: -entry["ms"])
    print(json.dumps({"tensorflow": tf.__version__, "stepMs": statistics.median(times[5:]), "kernels": kernels}))


main(sys.argv[1], int(sys.argv[2]))
