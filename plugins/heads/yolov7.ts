import type { SymbolicTensor } from "@tensorflow/tfjs";
import {
  defineProvider,
  type Head,
  type HeadRequest,
  KdflowError,
  type NamedWeights,
  type ProviderOf,
  type Pyramid,
  type PyramidLevel,
  type Rng,
  type Tf,
} from "../../core/index.ts";
import { applyLayer } from "../networks/detector/conv-block.ts";
import { levelNames, strideOf } from "../networks/detector/levels.ts";
import type { HeadsYolov7Options } from "../options.ts";
import { boxNumbers } from "../tasks/detection/names.ts";
import { implicit } from "./parts/implicit.ts";

type Weights = Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;

const implicitDeviation = 0.02;
/** Objects that an image is taken to have at the start, and at which size. */
const expectedObjects = { count: 8, side: 640 };
/** Share of the classes that a cell is taken to be of at the start. */
const expectedClasses = { share: 0.6, taken: 0.99 };

const names = (level: PyramidLevel) => ({
  add: `head/${level}/implicit-add`,
  conv: `head/${level}/conv`,
  multiply: `head/${level}/implicit-multiply`,
});

function build(tf: Tf, features: Pyramid, { classes, anchors }: HeadRequest, isTrained: boolean): Pyramid {
  const level = (name: PyramidLevel): SymbolicTensor => {
    const { add, conv, multiply } = names(name);
    const before = isTrained ? implicit(tf, features[name], "add", add) : features[name];
    const filters = anchors * (boxNumbers + classes);
    const layer = tf.layers.conv2d({ name: conv, filters, kernelSize: 1, kernelInitializer: "zeros" });
    const cells = applyLayer(layer, before); // [batch, height, width, anchors · (5 + classes)]
    return isTrained ? implicit(tf, cells, "multiply", multiply) : cells;
  };
  return { p3: level("p3"), p4: level("p4"), p5: level("p5") };
}

/**
 * Kernels and biases uniform within ±1/√inputs, as PyTorch fills convolutions; biases of objectness are raised by
 * ln(8 / (area / stride²)), so that as many cells as a usual image of 640² has objects are sure of one, those of classes by
 * ln(0.6 / (classes − 0.99)). Implicit tensors are normal: 0 ± 0.02 and 1 ± 0.02.
 */
function initialWeights(
  { classes, anchors, rng }: HeadRequest & { readonly rng: Rng },
  built: NamedWeights,
): NamedWeights {
  const start: Weights = new Map();
  const fill = (name: string, value: () => number): Float32Array => {
    const { shape } = weightOf(built, name);
    const values = Float32Array.from({ length: shape.reduce((size, length) => size * length, 1) }, value);
    start.set(name, { shape, values });
    return values;
  };
  for (const level of levelNames) {
    const { add, conv, multiply } = names(level);
    const [, , inputs = 1] = weightOf(built, `${conv}/kernel`).shape;
    const bound = 1 / Math.sqrt(inputs);
    const uniform = (): number => bound * (2 * rng.uniform() - 1);
    fill(`${add}/values`, () => implicitDeviation * rng.normal());
    fill(`${conv}/kernel`, uniform);
    const bias = fill(`${conv}/bias`, uniform);
    const objectness = Math.log(expectedObjects.count / (expectedObjects.side / strideOf[level]) ** 2);
    const ofClass = Math.log(expectedClasses.share / (classes - expectedClasses.taken));
    for (let anchor = 0; anchor < anchors; anchor++) {
      const from = anchor * (boxNumbers + classes);
      bias[from + 4] = (bias[from + 4] ?? 0) + objectness;
      for (let at = from + boxNumbers; at < from + boxNumbers + classes; at++) bias[at] = (bias[at] ?? 0) + ofClass;
    }
    fill(`${multiply}/values`, () => 1 + implicitDeviation * rng.normal());
  }
  return start;
}

/** (W (x + a) + b) · m as one convolution: W' = W · m, b' = (b + W a) · m. */
function fuse(trained: NamedWeights): NamedWeights {
  const fused: Weights = new Map();
  for (const level of levelNames) {
    const { add, conv, multiply } = names(level);
    const { values: offsets } = weightOf(trained, `${add}/values`);
    const { values: factors } = weightOf(trained, `${multiply}/values`);
    const kernel = weightOf(trained, `${conv}/kernel`); // [1, 1, inputs, outputs]
    const bias = weightOf(trained, `${conv}/bias`);
    const outputs = factors.length;
    const at = (input: number, output: number): number => kernel.values[input * outputs + output] ?? 0;
    fused.set(`${conv}/kernel`, {
      shape: kernel.shape,
      values: kernel.values.map((value, place) => value * (factors[place % outputs] ?? 0)),
    });
    const values = bias.values.map((value, output) => {
      const shift = offsets.reduce((sum, offset, input) => sum + offset * at(input, output), 0);
      return (value + shift) * (factors[output] ?? 0);
    });
    fused.set(`${conv}/bias`, { shape: bias.shape, values });
  }
  return fused;
}

function weightOf(weights: NamedWeights, name: string): { shape: readonly number[]; values: Float32Array } {
  const weight = weights.get(name);
  if (weight === undefined) throw new KdflowError("KDF_INTERNAL", `a YOLOv7 head has no weight "${name}"`);
  return weight;
}

/**
 * The head of YOLOv7 with implicit knowledge.
 *
 * @see Wang, Bochkovskiy, Liao (2022), arXiv:2207.02696; Wang, Yeh, Liao (2021), arXiv:2105.04206
 */
export const yolov7: ProviderOf<"heads"> = defineProvider<"heads", HeadsYolov7Options>("heads", {
  id: "yolov7",
  summary: "the head of YOLOv7, with implicit knowledge",
  reference: "arXiv:2207.02696",
  cacheVersion: 1,
  create: (_options, { tf }): Head => ({
    build: (features, request) => build(tf, features, request, true),
    initialWeights,
    deployed: { build: (features, request) => build(tf, features, request, false), fuse },
  }),
});
