import type { SymbolicTensor, Tensor } from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import type { KdflowError } from "../../../core/index.ts";
import type { EmitterTable } from "../../../plugins/exporters/onnx/emitter.ts";
import { inputOf, outputOf } from "../../../plugins/exporters/onnx/emitter.ts";
import { isPerImage } from "../../../plugins/exporters/trace/traced-graph.ts";
import { caught } from "../../support/caught.ts";
import { exported, tryExport } from "../../support/onnx-run.ts";
import { tolerances } from "../../support/tolerances.ts";
import { tf } from "../networks/build-network.ts";

const size = [6, 6, 2] as const;

/** A layer of another package: TensorFlow.js knows nothing of it but what it computes. */
class OwnLayer extends tf.layers.Layer {
  static className = "OwnLayer";
  readonly #compute: (x: Tensor) => Tensor;

  constructor(name: string, compute: (x: Tensor) => Tensor) {
    super({ name });
    this.#compute = compute;
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => this.#compute([inputs].flat()[0] as Tensor));
  }

  override computeOutputShape(shape: (number | null)[]): (number | null)[] {
    return shape;
  }
}

function around(compute: (x: Tensor) => Tensor) {
  const input = tf.input({ shape: [...size] });
  const inner = tf.input({ shape: [...size] });
  const own = new OwnLayer("mine", compute).apply(inner) as SymbolicTensor;
  const nested = tf.model({ name: "nested", inputs: inner, outputs: own });
  const scaled = tf.layers.rescaling({ scale: 1 / 128, offset: -1 }).apply(input) as SymbolicTensor;
  const outputs = tf.layers.dense({ name: "last", units: 3 }).apply(nested.apply(scaled)) as SymbolicTensor;
  return tf.model({ inputs: input, outputs });
}

const rejected = async (compute: (x: Tensor) => Tensor): Promise<KdflowError> =>
  caught(() => exported({ tf, model: around(compute), size }));

describe("a traced model", () => {
  test("holds layers of other packages, and those of models inside it", async () => {
    const model = around((x) => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702))));

    const { graph } = await exported({ tf, model, size });
    const { difference } = await tryExport({ tf, model, size });

    expect(graph.nodes.find(({ kernel }) => kernel === "Sigmoid")?.layer).toEqual({
      name: "mine",
      className: "OwnLayer",
    });
    expect(difference).toBeLessThanOrEqual(tolerances.value);
  });

  test("knows what follows the batch, and nothing does where it is fixed", async () => {
    const model = around(tf.relu);

    const dynamic = await exported({ tf, model, size });
    const fixed = await exported({ tf, model, size, batch: 2 });

    expect(dynamic.graph.outputs["y"]?.shape).toEqual([{ perImage: 1 }, 6, 6, 3]);
    expect(fixed.graph.nodes.flatMap(({ outputs }) => outputs.flatMap(({ shape }) => shape)).some(isPerImage)).toBe(
      false,
    );
    expect((await tryExport({ tf, model, size, batch: 2 }, 2)).difference).toBeLessThanOrEqual(tolerances.value);
  });

  test("takes and gives channels first where it is told to", async () => {
    const { bytes } = await exported({ tf, model: around(tf.relu), size, layout: "nchw" });

    expect(Buffer.from(bytes).includes("Transpose")).toBe(true);
  });

  test("has batch norm, bias and padding inside its convolutions, in double precision", async () => {
    const input = tf.input({ shape: [...size] });
    const padded = tf.layers.zeroPadding2d({ padding: 1 }).apply(input) as SymbolicTensor;
    const summed = tf.layers.conv2d({ filters: 3, kernelSize: 3, useBias: false }).apply(padded) as SymbolicTensor;
    const norm = tf.layers.batchNormalization({ betaInitializer: "ones", movingVarianceInitializer: "ones" });
    const depthwise = tf.layers.depthwiseConv2d({ kernelSize: 3, biasInitializer: "ones" });
    const model = tf.model({ inputs: input, outputs: depthwise.apply(norm.apply(summed)) as SymbolicTensor });

    const { kernels, graph } = await exported({ tf, model, size });

    expect(kernels).toContain("FusedBatchNorm");
    expect(graph.nodes.map(({ kernel }) => kernel).filter((kernel) => kernel !== "Reshape")).toEqual([
      "FusedConv2D",
      "FusedDepthwiseConv2D",
    ]);
    expect((await tryExport({ tf, model, size })).difference).toBeLessThanOrEqual(tolerances.value);
  });

  test("leaves a batch norm alone where something else sees the convolution too", async () => {
    const input = tf.input({ shape: [...size] });
    const summed = tf.layers.conv2d({ filters: 2, kernelSize: 1, useBias: false }).apply(input) as SymbolicTensor;
    const norm = tf.layers.batchNormalization({ betaInitializer: "ones" }).apply(summed) as SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: tf.layers.add().apply([summed, norm]) as SymbolicTensor });

    const { graph } = await exported({ tf, model, size });

    expect(graph.nodes.map(({ kernel }) => kernel)).toContain("FusedBatchNorm");
    expect((await tryExport({ tf, model, size })).difference).toBeLessThanOrEqual(tolerances.value);
  });

  test("names kernel, layer and its class where no emitter writes the kernel", async () => {
    const error = await rejected((x) => tf.cumsum(x, 1));

    expect(error.code).toBe("KDF_EXPORT_KERNEL");
    expect(error.message).toContain('Cumsum in the layer "mine" (OwnLayer)');
  });

  test("is written by an emitter of another package", async () => {
    const emitters: EmitterTable = {
      Cumsum(node, onnx) {
        const axis = onnx.integers([1]);
        onnx.give(outputOf(node), onnx.node("CumSum", [onnx.plain(inputOf(node, "x")), axis]));
      },
    };
    const { difference } = await tryExport({ tf, model: around((x) => tf.cumsum(x, 1)), size, emitters });

    expect(difference).toBeLessThanOrEqual(tolerances.value);
  });

  test.each([
    ["branches on values", (x: Tensor) => ((x.dataSync()[7] ?? 0) > -0.9 ? tf.relu(x) : tf.neg(x))],
    ["takes a value for a constant", (x: Tensor) => tf.mul(x, tf.scalar(x.dataSync()[7] ?? 0))],
    ["draws random numbers", (x: Tensor) => tf.mul(x, tf.randomUniform([2]))],
  ])("is refused where a layer %s", async (_title, compute) => {
    expect((await rejected(compute)).code).toBe("KDF_EXPORT_TRACE");
  });

  test("leaves no tensor behind, refused or not", async () => {
    const fine = around(tf.relu);
    const refused = around((x) => tf.mul(x, tf.randomUniform([2])));
    const before = tf.memory().numTensors;

    await exported({ tf, model: fine, size });
    await caught(() => exported({ tf, model: refused, size }));

    expect(tf.memory().numTensors).toBe(before);
  });
});
