/** Answers images by a SavedModel or a TFLite file, in TensorFlow's own runtime, until there are no more. */
export const answerScript = `
import json
import os
import struct
import sys

import numpy
import tensorflow as tf

kind, path, input_name, sides, batch, outputs = sys.argv[1:]
sides, batch, outputs = json.loads(sides), int(batch), json.loads(outputs)
answers = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # what libraries print does not come between the numbers
questions = sys.stdin.buffer
if kind == "tflite":
    run = tf.lite.Interpreter(model_path=path).get_signature_runner()
else:
    model = tf.saved_model.load(path)
    serving = model.signatures["serving_default"]

    def run(**inputs):
        return {name: value.numpy() for name, value in serving(**{k: tf.constant(v) for k, v in inputs.items()}).items()}

while len(head := questions.read(4)) == 4:
    (count,) = struct.unpack("<I", head)
    shape = [count, *sides]
    pixels = numpy.frombuffer(questions.read(int(numpy.prod(shape))), numpy.uint8).reshape(shape)
    size = batch or count
    parts = []
    for start in range(0, count, size):
        images = pixels[start:start + size]
        filled = numpy.zeros([size, *sides], numpy.uint8)
        filled[:len(images)] = images
        found = run(**{input_name: filled})
        parts.append({name: found[name].reshape([size, -1])[:len(images)] for name in outputs})
    for name in outputs:
        values = numpy.concatenate([part[name] for part in parts]).astype("<f4").tobytes()
        answers.write(struct.pack("<I", len(values)) + values)
    answers.flush()
`;
