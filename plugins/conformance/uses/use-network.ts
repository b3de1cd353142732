import { createHash } from "node:crypto";
import type { SymbolicTensor, Tensor } from "@tensorflow/tfjs";
import {
  type Backbone,
  type CreateContext,
  type Head,
  layerVariable,
  type Neck,
  type Network,
  type Pyramid,
  sidesOf,
  type Tf,
} from "../../../core/index.ts";
import { readWeights } from "../../networks/building/host-weights.ts";
import { assertPromise } from "./assert-promise.ts";

/** Height and width of the images. */
const side = 64;
const classes = 3;
const anchors = 3;

/** Taps whose strides and channels are those of their tensors, in growing order; finite answers. */
export async function useBackbone(backbone: Backbone, { tf }: CreateContext): Promise<unknown> {
  assertPromise(backbone.name !== "", "it has no name");
  const input = tf.input({ shape: [side, side, 3] });
  const { taps, output, hidden } = backbone.build(input);
  const places = Object.entries(taps);
  assertPromise(places.length > 0, "it has no taps");
  for (const [name, { tensor, channels, stride }] of places) {
    const { shape } = tensor;
    assertPromise(shape.at(-1) === channels, `the tap "${name}" says ${channels} channels, and has ${shape.at(-1)}`);
    const rows = shape.length === 2 ? stride === 0 : shape[1] === Math.ceil(side / stride);
    assertPromise(rows, `the tap "${name}" says stride ${stride}, and has ${shape[1]} of ${side} rows`);
  }
  const strides = places.map(([, { stride }]) => stride).filter((stride) => stride > 0);
  assertPromise(
    strides.every((stride, at) => stride >= (strides[at - 1] ?? 0)),
    `taps are not in order of growing stride: ${strides.join(", ")}`,
  );
  assertPromise(output.shape.length === 4, `the output has the shape [${output.shape}], it has to have places`);
  const pooled = tf.layers.globalAveragePooling2d({}).apply(output) as SymbolicTensor;
  const answers = await answersOf(tf, [input], [output, hidden?.(pooled) ?? pooled]);
  return { answers, taps: places.map(([name, { channels, stride }]) => ({ name, channels, stride })) };
}

/** Levels of as many rows and columns as those that it is given; finite answers. */
export async function useNeck(neck: Neck, { tf }: CreateContext): Promise<unknown> {
  const features = pyramidOf(tf);
  const activate = (input: SymbolicTensor, name: string): SymbolicTensor =>
    tf.layers.reLU({ name }).apply(input) as SymbolicTensor;
  const levels = neck.build(features, activate);
  assertSameRows(features, levels);
  return answersOf(tf, Object.values(features), Object.values(levels));
}

/** Cells of all anchors and classes; finite answers; the same first weights for the same `rng`. */
export async function useHead(head: Head, { tf, rng }: CreateContext): Promise<unknown> {
  const features = pyramidOf(tf);
  const request = { classes, anchors };
  const cells = head.build(features, request);
  assertSameRows(features, cells);
  for (const [level, { shape }] of Object.entries(cells)) {
    const wanted = anchors * (5 + classes);
    assertPromise(shape[3] === wanted, `cells of ${level} have ${shape[3]} numbers, wanted ${wanted}`);
  }
  const model = tf.model({ inputs: Object.values(features), outputs: Object.values(cells) });
  const first = head.initialWeights?.({ ...request, rng: rng("head") }, await readWeights(model));
  model.dispose();
  return [...(first ?? [])];
}

/** Outputs of the shapes that it announces; the same first weights for the same `rng`. */
export async function useNetwork(network: Network, { rng }: CreateContext): Promise<unknown> {
  const imageSize = { ...sidesOf(network.imageSize ?? side), channels: 3 };
  const { model, outputs } = network.build({ imageSize, classes, rng: rng("network") });
  const weights = await readWeights(model);
  const shapes = model.outputs.map(({ shape }) => shape.slice(1).join("×"));
  model.dispose();
  const announced = Object.values(outputs).map(({ shape }) => shape.join("×"));
  assertPromise(shapes.join() === announced.join(), `it announces outputs of ${announced}, and has ${shapes}`);
  const digest = createHash("sha256");
  for (const [name, { values }] of weights) {
    assertPromise(values.every(Number.isFinite), `the weight "${name}" is not finite`);
    digest.update(name).update(values);
  }
  return { outputs, weights: digest.digest("hex") };
}

function pyramidOf(tf: Tf): Pyramid {
  const level = (rows: number, channels: number): SymbolicTensor => tf.input({ shape: [rows, rows, channels] });
  return { p3: level(8, 16), p4: level(4, 32), p5: level(2, 64) };
}

function assertSameRows(given: Pyramid, made: Pyramid): void {
  for (const level of ["p3", "p4", "p5"] as const) {
    const [before, after] = [given[level].shape, made[level].shape].map((shape) => shape.slice(1, 3).join("×"));
    assertPromise(before === after, `the level ${level} of ${before} comes out as ${after}`);
  }
}

/** Answers to one image where weights are waves: matrices of variance 1 / inputs, vectors around 1. */
async function answersOf(tf: Tf, inputs: SymbolicTensor[], outputs: SymbolicTensor[]): Promise<unknown> {
  const model = tf.model({ inputs, outputs });
  const answers = tf.tidy(() => {
    for (const weight of model.weights) {
      const { shape, size } = layerVariable(weight);
      const waves = tf.cos(tf.range(0, size)).reshape(shape);
      const inputsOf = size / (shape.at(-1) ?? 1);
      layerVariable(weight).assign(
        shape.length === 1 ? tf.add(1, tf.mul(waves, 0.5)) : tf.mul(waves, Math.sqrt(2 / inputsOf)),
      );
    }
    const images = inputs.map(({ shape }) => {
      const own = [1, ...shape.slice(1).map((length) => length ?? 1)];
      return tf
        .sin(
          tf.range(
            0,
            own.reduce((product, length) => product * length),
          ),
        )
        .reshape(own);
    });
    return [model.predict(images)].flat() as Tensor[];
  });
  const values = await Promise.all(answers.map((answer) => answer.data()));
  for (const answer of answers) answer.dispose();
  model.dispose();
  assertPromise(
    values.every((numbers) => numbers.every(Number.isFinite)),
    "its answers are not finite",
  );
  return values;
}
