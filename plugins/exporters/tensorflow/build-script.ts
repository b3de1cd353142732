/**
 * Rebuilds a graph of TensorFlow's plain operations from its JSON and its file of weights, and saves it with a signature
 * whose inputs and outputs have names; where the request asks for it, converts that to TFLite.
 */
export const buildScript = `
import json
import sys

import numpy
import tensorflow as tf
from google.protobuf import json_format

with open(sys.argv[1]) as file:
    request = json.load(file)
with open(request["graph"]) as file:
    stored = json.load(file)
graph = json_format.ParseDict(stored["modelTopology"], tf.compat.v1.GraphDef())
nodes = {node.name: node for node in graph.node}
with open(request["weights"], "rb") as file:
    for weight in stored["weightsManifest"][0]["weights"]:
        kind = numpy.dtype(weight["dtype"])
        count = int(numpy.prod(weight["shape"], dtype=numpy.int64))
        values = numpy.frombuffer(file.read(count * kind.itemsize), kind).reshape(weight["shape"])
        nodes[weight["name"]].attr["value"].tensor.CopyFrom(tf.make_tensor_proto(values))

names = request["outputs"]
pixels = nodes[request["input"]]
shape = [None if side.size < 0 else side.size for side in pixels.attr["shape"].shape.dim]


@tf.function(input_signature=[tf.TensorSpec(shape, tf.uint8, name=request["input"])])
def serve(images):
    values = tf.graph_util.import_graph_def(
        graph, input_map={request["input"]: images}, name="",
        return_elements=[node + ":0" for node in names.values()])
    return dict(zip(names, values))


graph.node.remove(pixels)
module = tf.Module()
module.serve = serve
tf.saved_model.save(module, request["savedModel"], signatures={"serving_default": serve})

for lite in request["lites"]:
    converter = tf.lite.TFLiteConverter.from_saved_model(request["savedModel"])
    if lite["type"] != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if lite["type"] == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if lite["type"] == "int8":
        images = numpy.fromfile(lite["pixels"], numpy.uint8).reshape([-1, *shape[1:]])
        images = images[numpy.arange(max(len(images), shape[0])) % len(images)]  # a batch is filled up

        def batches():
            for start in range(0, len(images) - shape[0] + 1, shape[0]):
                yield {request["input"]: images[start:start + shape[0]]}

        converter.representative_dataset = batches
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8, tf.lite.OpsSet.TFLITE_BUILTINS]
    with open(lite["path"], "wb") as file:
        file.write(converter.convert())
`;
