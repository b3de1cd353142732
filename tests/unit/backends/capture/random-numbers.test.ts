/** Random numbers inside a step are made on the host: a seed would make them the same in every replay. */
import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import { expect } from "vitest";
import type { Backend, Tf } from "../../../../core/index.ts";
import { nativeBackend } from "../../../../plugins/backends/tensorflow/native-backend.ts";
import { nativeTest } from "./native-test.ts";
import { author, type SmallLoss, smallBatch, smallScalars, smallStep } from "./small-step.ts";

const seed = 7;
const shape: [number, number] = [4, 4];

/** Everything in TensorFlow.js that draws, with and without a seed. */
const draws: Readonly<Record<string, SmallLoss>> = {
  "tf.dropout": ({ tf, x, weight }) => tf.dropout(tf.mul(x, weight), 0.5),
  "tf.dropout, seeded": ({ tf, x, weight }) => tf.dropout(tf.mul(x, weight), 0.5, undefined, seed),
  "tf.randomUniform": ({ tf, x, weight }) => tf.mul(tf.mul(x, weight), tf.randomUniform(shape)),
  "tf.randomUniform, seeded": ({ tf, x, weight }) =>
    tf.mul(tf.mul(x, weight), tf.randomUniform(shape, 0, 1, "float32", seed)),
  "tf.randomUniformInt, seeded": ({ tf, x, weight }) =>
    tf.mul(tf.mul(x, weight), tf.cast(tf.randomUniformInt(shape, 0, 9, seed), "float32")),
  "tf.randomNormal, seeded": ({ tf, x, weight }) =>
    tf.mul(tf.mul(x, weight), tf.randomNormal(shape, 0, 1, "float32", seed)),
  "tf.randomStandardNormal, seeded": ({ tf, x, weight }) =>
    tf.mul(tf.mul(x, weight), tf.randomStandardNormal(shape, "float32", seed)),
  "tf.truncatedNormal, seeded": ({ tf, x, weight }) =>
    tf.mul(tf.mul(x, weight), tf.truncatedNormal(shape, 0, 1, "float32", seed)),
  "tf.randomGamma, seeded": ({ tf, x, weight }) =>
    tf.mul(tf.mul(x, weight), tf.randomGamma(shape, 2, 2, "float32", seed)),
  "tf.rand": ({ tf, x, weight }) =>
    tf.mul(
      tf.mul(x, weight),
      tf.rand(shape, () => 0.5),
    ),
  "tf.multinomial, seeded": ({ tf, x, weight }) =>
    tf.mul(tf.mul(x, weight), tf.cast(tf.multinomial(tf.mul(x, 1) as never, 4, seed), "float32")),
};

/** Why a step with this loss is eager; `undefined` where it was captured. */
async function reasonOf(backend: Backend, loss: SmallLoss): Promise<string | undefined> {
  using small = await smallStep(backend, { loss });
  await small.step.run(smallBatch(4), 4, smallScalars(0), { fetch: false });
  return small.step.eagerReason;
}

nativeTest("every function that draws random numbers is refused by name, seeded or not", async (backend) => {
  for (const [title, loss] of Object.entries(draws)) {
    const [name] = title.split(",");
    const reason = await reasonOf(backend, loss);
    expect.soft(reason, title).toContain(`${author}: it draws random numbers with ${name},`);
  }
});

nativeTest("an operation of TensorFlow that draws is refused by name", async (backend) => {
  const native = nativeBackend(backend.tf);
  const { TF_ATTR_TYPE, TF_ATTR_INT, TF_FLOAT, TF_INT32 } = native.binding;
  const attributes = [
    { name: "dtype", type: TF_ATTR_TYPE, value: TF_FLOAT },
    { name: "T", type: TF_ATTR_TYPE, value: TF_INT32 },
    { name: "seed", type: TF_ATTR_INT, value: seed },
    { name: "seed2", type: TF_ATTR_INT, value: seed },
  ];
  const loss: SmallLoss = ({ tf, x, weight }) => {
    const noise = native.executeSingleOutput("RandomUniform", attributes, [tf.tensor1d(shape, "int32")]);
    return tf.mul(tf.mul(x, weight), noise);
  };
  expect(await reasonOf(backend, loss)).toContain("with the operation RandomUniform");
});

nativeTest("numbers drawn before the step are constants of it", async (backend) => {
  const fixed = backend.tf.randomUniform(shape, 0, 1, "float32", seed);
  expect(await reasonOf(backend, ({ tf, x, weight }) => tf.mul(tf.mul(x, weight), fixed))).toBeUndefined();
  fixed.dispose();
});

nativeTest("dropout of rate zero draws nothing and is captured", async (backend) => {
  expect(await reasonOf(backend, ({ tf, x, weight }) => tf.dropout(tf.mul(x, weight), 0))).toBeUndefined();
});

/** A layer between input and output. */
function modelOf(tf: Tf, layer: (tf: Tf) => { apply(x: unknown): unknown }): LayersModel {
  const x = tf.input({ shape: [4] });
  return tf.model({ inputs: x, outputs: layer(tf).apply(x) as typeof x });
}

const layers: Readonly<Record<string, (tf: Tf) => { apply(x: unknown): unknown }>> = {
  dropout: (tf) => tf.layers.dropout({ rate: 0.5 }),
  "dropout, seeded": (tf) => tf.layers.dropout({ rate: 0.5, seed }),
  gaussianNoise: (tf) => tf.layers.gaussianNoise({ stddev: 1 }),
  gaussianDropout: (tf) => tf.layers.gaussianDropout({ rate: 0.5 }),
  alphaDropout: (tf) => tf.layers.alphaDropout({ rate: 0.5 }),
};

nativeTest(
  "layers that drop or add noise are refused while they train, and captured where they do nothing",
  async (backend) => {
    for (const [title, layer] of Object.entries(layers)) {
      const model = modelOf(backend.tf, layer);
      const through = (x: Tensor, training: boolean): Tensor => model.apply(x, { training }) as Tensor;
      const training = await reasonOf(backend, ({ tf, x, weight }) => through(tf.mul(x, weight), true));
      expect.soft(training, title).toMatch(/it draws random numbers with tf\.(dropout|random\w+),/);
      const still = await reasonOf(backend, ({ tf, x, weight }) => through(tf.mul(x, weight), false));
      expect.soft(still, title).toBeUndefined();
      model.dispose();
    }
  },
);

nativeTest("a refused step with dropout draws a new mask in every step", async (backend) => {
  using small = await smallStep(backend, { loss: ({ tf, x, weight }) => tf.dropout(tf.mul(x, weight), 0.5) });
  const losses = new Set<number>();
  for (let i = 0; i < 8; i++) {
    const fetched = await small.step.run(smallBatch(4), 4, { learningRate: 0, termWeight: 1 }, { fetch: true });
    losses.add(fetched?.["loss"]?.[0] ?? Number.NaN);
  }
  expect(losses.size).toBeGreaterThan(1);
});
