import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { topologyProblem, withKnownNames } from "../../../core/tensors/layers-topology.ts";
import { modelJsonProblem } from "../../../core/tensors/model-json.ts";

const layer = (name: string, ...uses: readonly unknown[]): object => ({
  name,
  class_name: "Dense",
  config: { name, units: 3 },
  inbound_nodes: uses,
});
const model = (...layers: readonly unknown[]): object => ({ class_name: "Model", config: { layers } });

describe("a topology", () => {
  test("of layers that follow each other, are shared and are nested, can be built", () => {
    const inner = { ...layer("inner", [["a", 0, 0, {}]]), class_name: "Sequential", config: model(layer("")) };
    const shared = layer("b", [["a", 0, 0, {}]], [["inner", 0, 0, {}]]);
    expect(topologyProblem(model(layer("a"), inner, shared, layer("c", [["b", 1, 0, {}]])))).toBeUndefined();
    expect(topologyProblem({ model_config: model(layer("a"), layer("b")) })).toBeUndefined();
  });

  test.each([
    [
      "that takes a layer that is not there",
      [layer("a"), layer("b", [["x", 0, 0, {}]])],
      '"b" takes "x", which is no layer of it',
    ],
    [
      "that takes a use that is not there",
      [layer("a"), layer("b", [["a", 2, 0, {}]])],
      '"b" takes use 2 of "a", which is used 1 times',
    ],
    [
      "in a circle",
      [layer("a", [["b", 0, 0, {}]]), layer("b", [["a", 0, 0, {}]])],
      '"a" takes "b", which takes it in turn',
    ],
    ["of two layers of one name", [layer("a"), layer("a", [["a", 0, 0, {}]])], "two layers have one name"],
    [
      "of Keras 3",
      [layer("a"), layer("b", { args: [] })],
      "layer 2 takes tensors as no layer of Keras 2 does; save the model with tf_keras, or as a SavedModel",
    ],
    ["of a layer without a class", [{ config: {} }], "layer 1 has no class or no configuration"],
  ])("%s is told before TensorFlow.js waits for it", (_, layers, problem) => {
    expect(topologyProblem(model(...layers))).toBe(problem);
  });

  test("of Keras 3 gets the names that TensorFlow.js reads", () => {
    const policy = { class_name: "DTypePolicy", config: { name: "float32" } };
    const keras3 = { config: { batch_shape: [null, 8, 8, 3], dtype: policy } };
    expect(withKnownNames(keras3)).toEqual({ config: { batch_input_shape: [null, 8, 8, 3], dtype: "float32" } });
  });

  const tensor = (from: string): object => ({
    class_name: "__keras_tensor__",
    config: { keras_history: [from, 0, 0] },
  });
  const join = (kwargs: object): object => ({
    class_name: "Functional",
    config: {
      name: "two-ways",
      layers: [
        { class_name: "InputLayer", name: "in", config: { batch_shape: [null, 2], name: "in" }, inbound_nodes: [] },
        {
          class_name: "Activation",
          name: "relu",
          config: { name: "relu", activation: "relu" },
          inbound_nodes: [{ args: [tensor("in")], kwargs: {} }],
        },
        {
          class_name: "Add",
          name: "sum",
          config: { name: "sum" },
          inbound_nodes: [{ args: [[tensor("in"), tensor("relu")]], kwargs }],
        },
      ],
      input_layers: ["in", 0, 0],
      output_layers: ["sum", 0, 0],
    },
  });

  test("of Keras 3 whose layers branch and meet is built as it stands", async () => {
    expect(topologyProblem(join({}))).toBeUndefined();
    const model = await tf.models.modelFromJSON(
      withKnownNames(join({})) as Parameters<typeof tf.models.modelFromJSON>[0],
    );
    const sums = model.predict(tf.tensor2d([[-1, 3]])) as tf.Tensor;
    // x + relu(x)
    expect([...(await sums.data())]).toEqual([-1, 6]);
  });

  test("of Keras 3 that takes tensors by name is told", () => {
    expect(topologyProblem(join({ mask: tensor("in") }))).toMatch(/^layer 3 takes tensors as no layer of Keras 2 does/);
  });
});

test.each([
  [[{ paths: ["../w.bin"], weights: [] }], 'its weights "../w.bin" lie outside its folder'],
  [[{ paths: ["/etc/passwd"], weights: [] }], 'its weights "/etc/passwd" lie outside its folder'],
  [[{ paths: [null], weights: [] }], "a path of weights is no text"],
  [[{ paths: [], weights: [{ name: "w", dtype: "float32" }] }], 'the weight "w" has no shape'],
  [[{ paths: [], weights: [{ name: "w", dtype: "float32", shape: [-1] }] }], 'the weight "w" has no shape'],
  [[{ weights: [] }], "a group of weights has no paths or no list"],
  [{}, "its list of weights is none"],
])("weights such as %j are refused", (weightsManifest, problem) => {
  expect(modelJsonProblem({ modelTopology: model(layer("a")), weightsManifest })).toBe(problem);
});
