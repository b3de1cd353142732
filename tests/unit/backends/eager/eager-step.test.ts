import { createRequire } from "node:module";
import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import type { StepSpec, Tf } from "../../../../core/index.ts";
import { createEagerStep } from "../../../../plugins/backends/eager/eager-step.ts";
import { testBackend } from "../../../support/backend.ts";

let tf: Tf;

beforeAll(async () => {
  tf = (await testBackend()).tf;
});

interface Sum {
  readonly spec: StepSpec;
  readonly total: Variable;
}

/** Adds rate·Σ pixels of each batch to `total`. */
function summing(): Sum {
  const total = tf.variable(tf.scalar(0), false);
  const sumOf = (pixels: Tensor | undefined) => tf.sum(tf.cast(pixels as Tensor, "float32"), [1, 2]); // [batch]
  const spec: StepSpec = {
    inputs: { pixels: { shape: [2, 2], dtype: "uint8" } },
    scalars: ["rate"],
    state: [{ name: "total", variable: total }],
    body({ pixels }, { rate }) {
      const sums = sumOf(pixels);
      total.assign(tf.add(total, tf.mul(tf.sum(sums), rate as Scalar)));
      return { sums, total };
    },
    predictInputs: ["pixels"],
    predict: ({ pixels }) => ({ sums: sumOf(pixels) }),
  };
  return { spec, total };
}

const fourPixels = Uint8Array.of(1, 2, 3, 250);

describe("a step", () => {
  test("widens uint8 inputs, passes scalars, updates state and reads results back when asked", async () => {
    const { spec, total } = summing();
    const step = createEagerStep(tf, spec);

    const unread = await step.run({ pixels: fourPixels }, 1, { rate: 1 }, { fetch: false });
    const read = await step.run({ pixels: fourPixels }, 1, { rate: 0.5 }, { fetch: true });

    expect(unread).toBeUndefined();
    expect(read).toEqual({ sums: Float32Array.of(256), total: Float32Array.of(256 * 1 + 256 * 0.5) });
    expect((await step.readState()).get("total")).toEqual(Float32Array.of(384));
    expect(total.isDisposed).toBe(false);
    tf.dispose(total);
  });

  test("takes a smaller last batch, from an array of its size or from the beginning of a larger one", async () => {
    const { spec, total } = summing();
    const step = createEagerStep(tf, spec);
    const two = Uint8Array.of(1, 1, 1, 1, 2, 2, 2, 2);

    expect((await step.predict({ pixels: two }, 2))["sums"]).toEqual(Float32Array.of(4, 8));
    expect((await step.predict({ pixels: two.subarray(4) }, 1))["sums"]).toEqual(Float32Array.of(8));
    expect((await step.predict({ pixels: two }, 1))["sums"]).toEqual(Float32Array.of(4));
    tf.dispose(total);
  });

  test("keeps no tensors over many steps, whether results are fetched or not", async () => {
    const { spec, total } = summing();
    const step = createEagerStep(tf, spec);
    await step.run({ pixels: fourPixels }, 1, { rate: 1 }, { fetch: true });
    const { numTensors, numDataBuffers } = tf.memory();

    for (let i = 0; i < 50; i++) await step.run({ pixels: fourPixels }, 1, { rate: 1 }, { fetch: i % 5 === 0 });
    await step.predict({ pixels: fourPixels }, 1);
    await step.writeState(await step.readState());

    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
    tf.dispose(total);
  });

  test("keeps no tensors when the body throws", async () => {
    const { spec, total } = summing();
    const failing = createEagerStep(tf, {
      ...spec,
      body: () => {
        tf.scalar(1);
        throw new Error("a plugin's mistake");
      },
    });
    const { numTensors } = tf.memory();

    await expect(failing.run({ pixels: fourPixels }, 1, { rate: 1 }, { fetch: true })).rejects.toThrow(
      "a plugin's mistake",
    );

    expect(tf.memory().numTensors).toBe(numTensors);
    tf.dispose(total);
  });

  test("gives state that takes over an input memory of its own, so that the next batch cannot change it", async () => {
    const bank = tf.variable(tf.zeros([1, 2]), false);
    const step = createEagerStep(tf, {
      inputs: { features: { shape: [2], dtype: "float32" } },
      scalars: [],
      state: [{ name: "bank", variable: bank }],
      body({ features }) {
        bank.assign(features as Tensor);
        return {};
      },
      predictInputs: [],
      predict: () => ({}),
    });
    const features = Float32Array.of(1, 2);

    await step.run({ features }, 1, {}, { fetch: false });
    features.fill(9);

    expect((await step.readState()).get("bank")).toEqual(Float32Array.of(1, 2));
    tf.dispose(bank);
  });
});

describe("the state of a step", () => {
  test("is a copy when read, and is restored by name", async () => {
    const { spec, total } = summing();
    const step = createEagerStep(tf, spec);

    await step.writeState(new Map([["total", Float32Array.of(5)]]));
    const saved = await step.readState();
    await step.run({ pixels: fourPixels }, 1, { rate: 1 }, { fetch: false });

    expect(saved.get("total")).toEqual(Float32Array.of(5));
    expect((await step.readState()).get("total")).toEqual(Float32Array.of(5 + 256));
    tf.dispose(total);
  });

  test.each([
    { host: new Map<string, Float32Array>(), message: /lacks "total"/ },
    {
      host: new Map([["total", Float32Array.of(1, 2)]]),
      message: /"total" has 2 numbers, but the model's \[\] takes 1/,
    },
    {
      host: new Map([
        ["total", Float32Array.of(1)],
        ["other", Float32Array.of(1)],
      ]),
      message: /the model has no "other"/,
    },
  ])("is refused where it does not fit: $message", async ({ host, message }) => {
    const { spec, total } = summing();
    const step = createEagerStep(tf, spec);

    await expect(step.writeState(host)).rejects.toMatchObject({
      code: "KDF_TRAIN_CHECKPOINT",
      message: expect.stringMatching(message),
    });

    expect((await step.readState()).get("total")).toEqual(Float32Array.of(0));
    tf.dispose(total);
  });
});

describe("a step refuses", () => {
  test.each([
    { batch: {}, message: 'the batch has no input "pixels"' },
    { batch: { pixels: new Uint8Array(3) }, message: 'input "pixels" holds 3 numbers, but 1 samples of [2, 2] are 4' },
    {
      batch: { pixels: new Float32Array(4) },
      message: 'input "pixels" is declared as uint8, but the batch holds a Float32Array',
    },
  ])("a batch that is not as declared: $message", async ({ batch, message }) => {
    const { spec, total } = summing();
    const step = createEagerStep(tf, spec);

    const run = step.run(batch, 1, { rate: 1 }, { fetch: true });

    await expect(run).rejects.toMatchObject({ code: "KDF_TENSORS_SHAPE", message });
    tf.dispose(total);
  });

  test("a tensor that another copy of TensorFlow.js made, and names it", async () => {
    const { spec, total } = summing();
    const foreign = foreignTensorflow();
    const step = createEagerStep(tf, { ...spec, body: () => ({ loss: foreign.scalar(1) as unknown as Tensor }) });

    const run = step.run({ pixels: fourPixels }, 1, { rate: 1 }, { fetch: true });

    await expect(run).rejects.toMatchObject({
      code: "KDF_PLUGIN_FOREIGN_TENSOR",
      message: 'result "loss" of the training step was made by another copy of TensorFlow.js',
    });
    tf.dispose(total);
  });

  test("a body that is async", async () => {
    const { spec, total } = summing();
    const step = createEagerStep(tf, { ...spec, body: (async () => ({})) as unknown as StepSpec["body"] });

    const run = step.run({ pixels: fourPixels }, 1, { rate: 1 }, { fetch: true });

    await expect(run).rejects.toMatchObject({ code: "KDF_TENSORS_SHAPE" });
    tf.dispose(total);
  });
});

/**
 * A copy with an engine of its own. Copies that simply load into one process find each other's engine and kernels in
 * global variables and share them; those are out of the way here.
 */
function foreignTensorflow(): Tf {
  const require = createRequire(import.meta.url);
  const globals = globalThis as unknown as Record<string, unknown>;
  const { _tfengine: engine, _tfGlobals: registries } = globals;
  const cached = Object.entries(require.cache).filter(([path]) => path.includes("@tensorflow"));
  for (const [path] of cached) delete require.cache[path];
  Object.assign(globals, { _tfengine: undefined, _tfGlobals: undefined });
  try {
    const foreign = require("@tensorflow/tfjs") as Tf;
    foreign.env().set("PROD", true);
    return foreign;
  } finally {
    Object.assign(globals, { _tfengine: engine, _tfGlobals: registries });
    for (const [path, module] of cached) require.cache[path] = module;
  }
}
