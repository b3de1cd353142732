/** Loss terms with layers, state and scalars of their own, in the real training loop. */
import type { Scalar, Tensor } from "@tensorflow/tfjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend, LossTerm, Step } from "../../../core/index.ts";
import { loadBackend, nativeReason } from "../../support/backend.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { type HintTraining, openHintTraining } from "./hint-training.ts";

let backend: Backend;
let training: HintTraining;
const train: HintTraining["train"] = (plan) => training.train(plan);
const filesOf: HintTraining["filesOf"] = (trained) => training.filesOf(trained);

beforeAll(async () => {
  training = await openHintTraining();
  ({ backend } = training);
});

afterAll(() => training[Symbol.asyncDispose]());

test("a term's layer is trained and stays beside the model, which does not know it", async () => {
  const files = await filesOf(await train({}));
  expect(Object.keys(files)).toEqual([
    "adapters.bin",
    "adapters.json",
    "description.json",
    "model.json",
    "weights.bin",
  ]);
  const { weights } = JSON.parse(String(files["adapters.json"]));
  expect(weights).toEqual([
    { name: "loss/hint/projection/kernel", shape: [10, 10], offset: 0 },
    { name: "loss/hint/projection/bias", shape: [10], offset: 10 * 10 },
  ]);
  expect(files["adapters.bin"]).toHaveLength(4 * (10 * 10 + 10));
  const { trainableParameters, parameters, sizeBytes } = JSON.parse(String(files["description.json"]));
  expect([trainableParameters, parameters]).toEqual([28 * 28 * 10 + 10, 28 * 28 * 10 + 10]);
  expect(sizeBytes).toBe(Buffer.concat([files["model.json"] as Buffer, files["weights.bin"] as Buffer]).length);
  expect(String(files["model.json"])).not.toContain("projection");
});

test("without such terms the artifact has the same files as ever", async () => {
  const files = await filesOf(await train({ hardAlone: true }));
  expect(Object.keys(files)).toEqual(["description.json", "model.json", "weights.bin"]);
});

test("numbers that a term tells are in the history beside its value, means over the epoch, and change nothing else", async () => {
  const { tf } = backend;
  const inner = await training.hint();
  const plain = await train({});
  const telling = await train({
    term: {
      ...inner,
      told: ["double"],
      compute(inputs, scalars, parts, tell) {
        const value = inner.compute(inputs, scalars, parts);
        tell?.("double", tf.mul(value, 2) as Scalar);
        return value;
      },
    },
  });
  const [silent, told] = [plain, telling].map(({ history }) => history.map(({ losses }) => losses));
  expect(told?.map(({ "hint/double": _, ...others }) => others)).toEqual(silent);
  for (const losses of told ?? []) {
    expect(relativeError([losses["hint/double"] ?? Number.NaN], [2 * (losses["hint"] ?? 0)])).toBeLessThanOrEqual(
      tolerances.value,
    );
  }
  const [silentFiles, toldFiles] = [await filesOf(plain), await filesOf(telling)];
  expect(toldFiles["weights.bin"]).toEqual(silentFiles["weights.bin"]);
});

test("a training that was killed and resumed ends in the same bytes, adapters and state included", async () => {
  const undisturbed = await filesOf(await train({}));
  const checkpoints = training.checkpointStore();
  const controller = new AbortController();
  const inner = await training.hint();
  let computed = 0;
  const stopped = train({
    checkpoints,
    signal: controller.signal,
    term: {
      ...inner,
      compute(inputs, scalars, parts) {
        // once more at the end of the first epoch, where the balance is measured
        if (++computed === training.stepsPerEpoch + 1 + 3) controller.abort(new Error("stop"));
        return inner.compute(inputs, scalars, parts);
      },
    },
  });
  await expect(stopped).rejects.toThrow("stop");
  const saved = String(Buffer.from((await checkpoints.load())?.["progress.json"] ?? []));
  expect(JSON.parse(saved)).toMatchObject({ epoch: 1, step: 3 });
  for (const name of [
    "loss/hint/projection/kernel",
    "loss-state/hint/centre",
    "optimizer/loss/hint/projection/kernel/velocity",
  ]) {
    expect(saved).toContain(`"${name}"`);
  }
  expect(await filesOf(await train({ checkpoints }))).toEqual(undisturbed);
});

test("the layers are those of the best epoch, as the model is", async () => {
  const constant = { momentum: 0.9, sharpen: 1 };
  const uphill = { factor: (epoch: number) => (epoch < 2 ? 1 : -1) };
  const long = await train({ epochs: 3, term: await training.hint(constant), schedule: uphill });
  expect(long.best?.epoch).toBe(2);
  const short = await train({ epochs: 2, term: await training.hint(constant) });
  const [expected, files] = [await filesOf(short), await filesOf(long)];
  expect(files["weights.bin"]).toEqual(expected["weights.bin"]);
  expect(files["adapters.bin"]).toEqual(expected["adapters.bin"]);
});

test("nothing is left in memory, whether the training ends or throws", async () => {
  const { tf } = backend;
  (await train({ epochs: 1 })).dispose();
  const before = tf.memory().numTensors;
  (await train({ epochs: 2 })).dispose();
  expect(tf.memory().numTensors).toBe(before);
  const controller = new AbortController();
  const progress = (): void => controller.abort(new Error("stop"));
  await expect(train({ signal: controller.signal, progress })).rejects.toThrow("stop");
  expect(tf.memory().numTensors).toBe(before);
});

test("scalars of a term's own follow the run, and state is what the step before left", async () => {
  const { tf } = backend;
  const seen: number[] = [];
  const term: LossTerm = {
    layers: () => ({}),
    state: () => ({ count: { shape: [], initial: 10 } }),
    scalars: { late: (epoch, epochs) => epoch / epochs },
    compute: ({ studentLogits }, { late }, { state }) => {
      seen.push(Number(state["count"]?.dataSync()[0]), Number(late?.dataSync()[0]));
      state["count"]?.assign(tf.add(state["count"] as Tensor, 1) as Scalar);
      return tf.mul(0, tf.mean(studentLogits as Tensor)) as Scalar;
    },
  };
  (await train({ term, epochs: 2 })).dispose();
  const steps = training.stepsPerEpoch;
  const late = (step: number): number => Math.fround(step / steps / 2);
  const expected = Array.from({ length: 2 * steps }, (_, i) => [10 + i, late(i)]);
  // the balance of each epoch is measured on what the state is then, and moves nothing
  expected.splice(steps, 0, [10 + steps, late(steps - 1)]);
  expected.push([10 + 2 * steps, late(2 * steps - 1)]);
  expect(relativeError(seen, expected.flat())).toBeLessThanOrEqual(tolerances.value);
});

test("one step moves layer and state as the formulas say", async () => {
  const given: { logits: number[][]; teacher: number[][]; kernel: number[][] }[] = [];
  const inner = await training.hint({ momentum: 0.9, sharpen: 1 });
  const kernelOf = (parts: Parameters<LossTerm["compute"]>[2]): number[][] =>
    parts.layers["projection"]?.getWeights()[0]?.arraySync() as number[][];
  const centres: number[][] = [];
  const term: LossTerm = {
    ...inner,
    compute(inputs, scalars, parts) {
      const { studentLogits, teacherLogits } = inputs as { studentLogits: Tensor; teacherLogits: Tensor };
      const logits = studentLogits.arraySync() as number[][];
      given.push({ logits, teacher: teacherLogits.arraySync() as number[][], kernel: kernelOf(parts) });
      const value = inner.compute(inputs, scalars, parts);
      centres.push(parts.state["centre"]?.arraySync() as number[]);
      return value;
    },
  };
  (await train({ term, epochs: 1 })).dispose();
  const [first, second] = given;
  if (first === undefined || second === undefined) throw new Error("there were less than two steps");
  const { logits, teacher, kernel } = first;
  const rows = logits.length;
  const residual = logits.map((row, n) =>
    teacher[n]?.map((target, j) => row.reduce((sum, x, i) => sum + x * (kernel[i]?.[j] ?? 0), 0) - target),
  );
  const moved = kernel.map((weights, i) =>
    weights.map((w, j) => {
      const slope = logits.reduce((sum, row, n) => sum + (2 / rows) * (row[i] ?? 0) * (residual[n]?.[j] ?? 0), 0);
      return w - 0.1 * (0.01 * slope + 5e-4 * w);
    }),
  );
  expect(relativeError(second.kernel.flat(), moved.flat())).toBeLessThanOrEqual(tolerances.value);
  const mean = kernel.map((_, j) => teacher.reduce((sum, row) => sum + (row[j] ?? 0), 0) / rows);
  const centre = mean.map((value) => 0.1 * value);
  expect(relativeError(centres[0] ?? [], centre)).toBeLessThanOrEqual(tolerances.value);
});

test("gradients of a term's layers count when gradients are clipped", async () => {
  const free = await filesOf(await train({ epochs: 1, learningRate: 0.2 }));
  const clipped = await filesOf(await train({ epochs: 1, learningRate: 0.2, clipNorm: 1e-3 }));
  const start = await filesOf(await train({ epochs: 1, learningRate: 0 }));
  const change = (files: Record<string, Buffer>): number =>
    relativeError(numbers(files["adapters.bin"]), numbers(start["adapters.bin"]));
  expect(change(clipped)).toBeLessThan(change(free) / 10);
});

function numbers(bytes: Buffer | undefined): Float32Array {
  return new Float32Array(new Uint8Array(bytes ?? []).buffer);
}

test("a layer that the loss does not depend on is named", async () => {
  const inner = await training.hint();
  const term: LossTerm = {
    ...inner,
    compute: ({ studentLogits }) => backend.tf.mean(studentLogits as Tensor) as Scalar,
  };
  await expect(train({ term })).rejects.toMatchObject({
    code: "KDF_TRAIN_NO_GRADIENT",
    message: expect.stringContaining('2 of 4 trained weights: "loss/hint/projection/kernel"'),
  });
});

test("a layer that is not built and a state that does not fit are refused, and nothing is left behind", async () => {
  const inner = await training.hint();
  const before = backend.tf.memory().numTensors;
  const unbuilt: LossTerm = { ...inner, layers: () => ({ projection: backend.tf.layers.dense({ units: 3 }) }) };
  await expect(train({ term: unbuilt })).rejects.toMatchObject({
    code: "KDF_PLUGIN_INVALID",
    message: 'the layer "projection" of the loss term "hint" is not built',
  });
  const misfit: LossTerm = { ...inner, state: () => ({ centre: { shape: [10], initial: Float32Array.of(1, 2) } }) };
  await expect(train({ term: misfit })).rejects.toMatchObject({
    code: "KDF_TENSORS_SHAPE",
    message: 'the initial value of state "centre" of the loss term "hint" has 2 numbers where [10] takes 10',
  });
  expect(backend.tf.memory().numTensors).toBe(before);
});

test("layers, state and scalars are captured with the step, to the same numbers", async (context) => {
  const reason = await nativeReason();
  if (reason !== undefined) return context.skip(reason);
  await using native = await openHintTraining("tensorflow");
  const modes: Step["mode"][] = [];
  const noting = async (made: Promise<Step>): Promise<Step> => {
    modes.push((await made).mode);
    return made;
  };
  const { createStep } = native.backend;
  const captured = await native.train({ createStep: (spec) => noting(createStep(spec)) });
  const eager = await native.train({ createStep: ({ example: _, ...spec }) => noting(createStep(spec)) });
  expect(modes).toEqual(["captured", "eager"]);
  const [actual, expected] = [await native.filesOf(captured), await native.filesOf(eager)];
  for (const file of ["adapters.bin", "weights.bin"]) {
    expect(relativeError(numbers(actual[file]), numbers(expected[file]))).toBeLessThanOrEqual(tolerances.value);
  }
  await loadBackend("cpu");
});
