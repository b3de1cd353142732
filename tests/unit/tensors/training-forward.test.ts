import type { LayersModel, Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import type { Tf } from "../../../core/index.ts";
import { trainingForward } from "../../../plugins/trainers/step/training-forward.ts";
import { loadBackend } from "../../support/backend.ts";

type Forward = (tf: Tf, model: LayersModel, input: Tensor) => Tensor;

const stock: Forward = (_, model, input) => model.apply(input, { training: true }) as Tensor;
const freeing: Forward = (_, model, input) => {
  return trainingForward(tf, model, input, { output: model.outputs[0] as Applied }).output;
};

let tf: Tf;

beforeAll(async () => {
  ({ tf } = await loadBackend("wasm"));
});

const shape = [8, 8, 3];

/** A network's layers between its pixels and its features. */
type Body = (input: ReturnType<Tf["input"]>) => ReturnType<Tf["input"]>;
type Applied = ReturnType<Body>;

function conv(filters: number) {
  return tf.layers.conv2d({ filters, kernelSize: 3, padding: "same", kernelInitializer: tf.initializers.ones() });
}

function joined(layer: { apply(inputs: Applied[]): unknown }, ...inputs: Applied[]): Applied {
  return layer.apply(inputs) as Applied;
}

const bodies: Readonly<Record<string, Body>> = {
  "a chain with a batch norm": (input) => {
    const normed = tf.layers.batchNormalization({}).apply(conv(4).apply(input)) as Applied;
    return tf.layers.reLU({ maxValue: 6 }).apply(normed) as Applied;
  },
  "branches, of which one ends early": (input) => {
    const stem = conv(4).apply(input) as Applied;
    const left = conv(4).apply(tf.layers.reLU().apply(stem) as Applied) as Applied;
    const sum = joined(tf.layers.add(), stem, left);
    return joined(tf.layers.concatenate(), sum, stem, joined(tf.layers.add(), sum, sum));
  },
  "a layer that is used twice": (input) => {
    const shared = conv(3);
    return shared.apply(shared.apply(input) as Applied) as Applied;
  },
  "a layer that is used on two shapes": (input) => {
    const shared = conv(3);
    const half = shared.apply(tf.layers.maxPooling2d({ poolSize: 2 }).apply(input) as Applied) as Applied;
    const whole = tf.layers.averagePooling2d({ poolSize: 2 }).apply(shared.apply(input) as Applied) as Applied;
    return joined(tf.layers.add(), half, whole);
  },
  "layers that give what they take": (input) => {
    const same = tf.layers.activation({ activation: "linear" });
    return tf.layers.dropout({ rate: 0 }).apply(same.apply(conv(4).apply(input) as Applied) as Applied) as Applied;
  },
  "a dropout": (input) => tf.layers.dropout({ rate: 0.5, seed: 7 }).apply(conv(4).apply(input)) as Applied,
  "a model inside": (input) => {
    const inner = tf.input({ shape });
    const model = tf.model({ inputs: inner, outputs: conv(3).apply(conv(2).apply(inner)) as Applied });
    return model.apply(conv(3).apply(input)) as Applied;
  },
  "a model of several outputs inside": (input) => {
    const inner = tf.input({ shape });
    const stem = conv(2).apply(inner) as Applied;
    const model = tf.model({ inputs: inner, outputs: [stem, conv(2).apply(stem) as Applied] });
    const [early, late] = model.apply(input) as unknown as [Applied, Applied];
    return joined(tf.layers.concatenate(), late, early);
  },
  "nothing but its pixels": (input) => input,
};

function modelOf(body: Body): LayersModel {
  const input = tf.input({ shape });
  const features = tf.layers.flatten().apply(body(input)) as Applied;
  return tf.model({ inputs: input, outputs: tf.layers.dense({ units: 2 }).apply(features) as Applied });
}

interface Outcome {
  readonly values: readonly (readonly number[])[];
  readonly kernels: readonly string[];
  /** Arrays in memory when the last layer begins. */
  readonly buffers: number;
  readonly leaked: number;
}

/** Loss and gradients of a step on the same pixels and weights. */
async function run(forward: Forward, model: LayersModel, start: readonly Tensor[]): Promise<Outcome> {
  model.setWeights([...start]);
  const pixels = tf.tensor(
    Float32Array.from({ length: 2 * 192 }, (_, i) => Math.sin(i)),
    [2, ...shape],
  );
  const before = tf.memory();
  let buffers = 0;
  model.layers.at(-1)?.setCallHook(() => {
    buffers = tf.memory().numDataBuffers - before.numDataBuffers;
  });
  const weights = model.trainableWeights.map((weight) => weight.read() as Variable);
  const values: number[][] = [];
  const { kernelNames, kernels } = await tf.profile(() => {
    const { value, grads } = tf.variableGrads(() => {
      return tf.sum(tf.square(forward(tf, model, pixels))) as Scalar;
    }, weights);
    for (const tensor of [value, ...weights.map(({ name }) => grads[name] as Tensor)]) {
      values.push([...tensor.dataSync()]);
      tensor.dispose();
    }
  });
  expect(kernelNames.length).toBeGreaterThan(0);
  for (const weight of model.weights) values.push([...weight.read().dataSync()]);
  expect(pixels.isDisposed).toBe(false);
  const leaked = tf.memory().numTensors - before.numTensors;
  pixels.dispose();
  return { values, kernels: kernels.map(({ name }) => name), buffers, leaked };
}

describe.each(Object.keys(bodies))("a training step of %s", (name) => {
  test("runs the operations of the stock one, in its order, and gives its bits", async () => {
    const model = modelOf(bodies[name] as Body);
    const start = model.getWeights().map((weight) => weight.clone());
    const expected = await run(stock, model, start);
    const own = await run(freeing, model, start);
    expect(own.kernels).toEqual(expected.kernels);
    expect(own.values).toEqual(expected.values);
    expect(own.leaked).toBe(expected.leaked);
    expect(own.buffers).toBeLessThanOrEqual(expected.buffers);
    tf.dispose(start);
    model.dispose();
  });
});

test("what a batch norm gives is freed once the relu behind it has run", async () => {
  const model = modelOf(bodies["a chain with a batch norm"] as Body);
  const start = model.getWeights().map((weight) => weight.clone());
  const stockBuffers = (await run(stock, model, start)).buffers;
  expect(stockBuffers - (await run(freeing, model, start)).buffers).toBe(1);
});

test("masks reach the layers that they are for", () => {
  const input = tf.input({ shape: [3] });
  const embedded = tf.layers.embedding({ inputDim: 5, outputDim: 2, maskZero: true }).apply(input) as Applied;
  const model = tf.model({ inputs: input, outputs: tf.layers.simpleRNN({ units: 2 }).apply(embedded) as Applied });
  const words = tf.tensor2d([[1, 2, 0]]);
  expect(freeing(tf, model, words).arraySync()).toEqual(stock(tf, model, words).arraySync());
});

describe("several places of a network", () => {
  /** A stem, its relu, and two outputs; the places that are asked for, and a model that gives them. */
  function branched() {
    const input = tf.input({ shape });
    const stem = conv(4).apply(input) as Applied;
    const hidden = tf.layers.reLU().apply(stem) as Applied;
    const outputs = [1, 2].map((units) => {
      return tf.layers.dense({ units }).apply(tf.layers.flatten().apply(hidden) as Applied) as Applied;
    });
    const [small, large] = outputs as [Applied, Applied];
    const places = { small, large, stem, again: stem };
    const model = tf.model({ inputs: input, outputs });
    return { model, places, whole: tf.model({ inputs: input, outputs: [...outputs, stem] }) };
  }

  test("come from one pass, with the stock gradients through all of them", () => {
    const { model, places, whole } = branched();
    const pixels = tf.randomUniform([2, ...shape], 0, 1, "float32", 3);
    const weights = model.trainableWeights.map((weight) => weight.read() as Variable);
    const outcome = (forward: () => Tensor[]): unknown => {
      const { value, grads } = tf.variableGrads(() => tf.addN(forward().map((x) => tf.sum(tf.square(x)))), weights);
      return [value, ...weights.map(({ name }) => grads[name] as Tensor)].map((tensor) => tensor.arraySync());
    };
    const own = outcome(() => {
      const { small, large, stem } = trainingForward(tf, model, pixels, places);
      return [small, large, stem] as Tensor[];
    });
    expect(own).toEqual(outcome(() => whole.apply(pixels, { training: true }) as Tensor[]));
  });

  test("are kept, and what lies between them is freed", () => {
    const { model, places } = branched();
    const pixels = tf.ones([1, ...shape]);
    const before = tf.memory().numTensors;
    const given = trainingForward(tf, model, pixels, places);
    expect(Object.values(given).map(({ shape: own }) => own)).toEqual([
      [1, 1],
      [1, 2],
      [1, 8, 8, 4],
      [1, 8, 8, 4],
    ]);
    expect(tf.memory().numTensors - before).toBe(new Set(Object.values(given)).size);
    tf.dispose([given.small, given.large, given.stem]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("may be inside a network that masks", () => {
    const input = tf.input({ shape: [3] });
    const embedded = tf.layers.embedding({ inputDim: 5, outputDim: 2, maskZero: true }).apply(input) as Applied;
    const last = tf.layers.simpleRNN({ units: 2 }).apply(embedded) as Applied;
    const model = tf.model({ inputs: input, outputs: last });
    const words = tf.tensor2d([[1, 2, 0]]);
    const given = trainingForward(tf, model, words, { embedded, last, again: last });
    expect(given.embedded.shape).toEqual([1, 3, 2]);
    expect(given.again).toBe(given.last);
    expect(given.last.arraySync()).toEqual(stock(tf, model, words).arraySync());
  });
});
