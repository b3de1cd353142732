/**
 * Writes ONNX files with weights of eight bits. Reads a request as JSON; where it asks for suspects, ranks layers by the
 * signal-to-noise ratio that is lost from their inputs to their outputs, and writes one file more for each of the worst,
 * in which that layer stays float32.
 */
export const quantizeScript = `
import json
import sys

import numpy
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_dynamic, quantize_static)

with open(sys.argv[1]) as file:
    request = json.load(file)
model = onnx.load(request["model"])
weighted = [node for node in model.graph.node if node.op_type in ("Conv", "Gemm", "MatMul")]


def layer_of(node):
    return node.name.rsplit("/", 1)[0]


class Batches(CalibrationDataReader):
    def __init__(self, limit=None):
        pixels = numpy.fromfile(request["pixels"], numpy.uint8).reshape(request["shape"])
        if request["layout"] == "nchw":
            pixels = numpy.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
        size = request["batch"] if request["fixed"] else min(request["batch"], len(pixels))
        pixels = pixels[numpy.arange(max(size, len(pixels))) % len(pixels)]  # a fixed batch is filled up
        starts = range(0, len(pixels) - size + 1, size)
        self.batches = iter([pixels[start:start + size] for start in starts][:limit])

    def get_next(self):
        batch = next(self.batches, None)
        return None if batch is None else {request["input"]: batch}


def static(target, left_out):
    skipped = set(left_out) | {request["decoding"]}
    # ONNX Runtime multiplies no tensors of whole numbers by a scale for each channel, matrices (Gemm) it does
    constants = {constant.name for constant in model.graph.initializer}
    whole = {"quant_type": QuantType.QInt8, "symmetric": True}
    one_scale = {name: [whole] for node in weighted if node.op_type == "MatMul" for name in node.input if name in constants}
    methods = {"minmax": CalibrationMethod.MinMax, "percentile": CalibrationMethod.Percentile}
    quantize_static(
        request["model"], target, Batches(), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QInt8, weight_type=QuantType.QInt8,
        calibrate_method=methods[request["calibration"]], extra_options={"TensorQuantOverrides": one_scale},
        nodes_to_exclude=[node.name for node in model.graph.node if layer_of(node) in skipped])


def dynamic(target, left_out):
    # ONNX Runtime's convolutions of whole numbers take no scales by channel
    quantize_dynamic(
        request["model"], target, weight_type=QuantType.QUInt8,
        nodes_to_exclude=[node.name for node in model.graph.node if layer_of(node) in left_out])


write = static if request["mode"] == "int8" else dynamic


def decibels(exact, rounded):
    noise = sum(float(numpy.sum(numpy.square(a - b, dtype=numpy.float64))) for a, b in zip(exact, rounded))
    power = sum(float(numpy.sum(numpy.square(a, dtype=numpy.float64))) for a in exact)
    return 100.0 if noise == 0 else 10 * numpy.log10(max(power, 1e-30) / noise)


def values_of(path, names):
    import onnxruntime
    changed = onnx.load(path)
    known = {output.name for output in changed.graph.output}
    made = {name for node in changed.graph.node for name in node.output}
    wanted = [name for name in names if name in made]
    changed.graph.output.extend(onnx.ValueInfoProto(name=name) for name in wanted if name not in known)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        changed.SerializeToString(), options, providers=["CPUExecutionProvider"])
    found = {name: [] for name in wanted}
    reader = Batches(2)
    while (batch := reader.get_next()) is not None:
        for name, value in zip(wanted, session.run(wanted, batch)):
            found[name].append(value)
    return found


def suspects():
    names = sorted({name for node in weighted for name in (node.input[0], node.output[0])})
    exact, rounded = values_of(request["model"], names), values_of(request["target"], names)
    ratio = {
        name: decibels(exact[name], rounded[name]) for name in names
        if name in exact and name in rounded and exact[name][0].dtype == numpy.float32}
    lost = {}
    for node in weighted:
        if node.output[0] in ratio:
            drop = ratio.get(node.input[0], 100.0) - ratio[node.output[0]]
            lost[layer_of(node)] = max(drop, lost.get(layer_of(node), drop))
    return sorted(lost, key=lost.get, reverse=True)[:request["suspects"]]


found = []
if request["suspects"] == 0:
    write(request["target"], [])
else:
    for place, layer in enumerate(suspects()):
        path = "%s%d.onnx" % (request["others"], place)
        write(path, [layer])
        found.append({"layer": layer, "path": path})
with open(request["result"], "w") as file:
    json.dump(found, file)
`;
