/** The gradient of each loss term, measured once an epoch. */

import type { Scalar, Tensor } from "@tensorflow/tfjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LossTerm } from "../../../core/index.ts";
import { measuredImages } from "../../../plugins/trainers/loop/loss-balance.ts";
import { nativeReason } from "../../support/backend.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { type HintTraining, openHintTraining } from "./hint-training.ts";

let training: HintTraining;

beforeAll(async () => {
  training = await openHintTraining();
});

afterAll(() => training[Symbol.asyncDispose]());

const measured = { changes: { lossBalance: true } } as const;

test("each epoch has every term's weight and the norm of its weighted gradient", async () => {
  const trained = await training.train(measured);
  for (const { balance } of trained.history) {
    expect(Object.keys(balance ?? {})).toEqual(["hard", "hint"]);
    expect(balance?.["hard"]?.weight).toBe(1);
    expect(balance?.["hint"]?.weight).toBe(0.01);
    for (const { gradientNorm } of Object.values(balance ?? {})) expect(gradientNorm).toBeGreaterThan(0);
  }
  trained.dispose();
});

test("without being asked it is measured in every epoch, on the first images of the last batch", async () => {
  const few = await training.train({ batchSize: 16 });
  const all = await training.train({ ...measured, batchSize: 16 });
  const normsOf = ({ history }: typeof few): readonly unknown[] =>
    history.map(({ balance }) => Object.values(balance ?? {}).map(({ gradientNorm }) => gradientNorm));
  for (const norm of normsOf(few).flat()) expect(norm).toBeGreaterThan(0);
  expect(normsOf(few)).toHaveLength(few.history.length);
  // the last batch has more than the fewest images
  expect(normsOf(few)).not.toEqual(normsOf(all));
  few.dispose();
  all.dispose();
});

test("so many images are measured that all terms together take a two-hundredth of an epoch", () => {
  const images = (count: number, terms: number, size: number, lossBalance = false): number => {
    const source = { dataset: { splits: { train: { count } } } };
    const request = { lossBalance, objective: { terms: Array(terms).fill({}) }, source };
    return measuredImages(request as unknown as Parameters<typeof measuredImages>[0], size);
  };
  expect(images(50_000, 2, 128)).toBe(125);
  expect(images(10_000, 2, 128)).toBe(25);
  expect(images(100, 2, 32)).toBe(8);
  expect(images(100, 2, 3)).toBe(3);
  expect(images(100, 2, 32, true)).toBe(32);
});

test("a training that was stopped and resumed has the same balance, byte by byte", async () => {
  const undisturbed = await training.train({ ...measured, epochs: 3 });
  const checkpoints = training.checkpointStore();
  const controller = new AbortController();
  let steps = 0;
  const progress = (): void => void (++steps === 2 && controller.abort(new Error("stop")));
  const stopped = training.train({ ...measured, epochs: 3, checkpoints, signal: controller.signal, progress });
  await expect(stopped).rejects.toThrow("stop");
  const resumed = await training.train({ ...measured, epochs: 3, checkpoints });
  expect(JSON.stringify(resumed.history)).toBe(JSON.stringify(undisturbed.history));
  undisturbed.dispose();
  resumed.dispose();
});

test("a term that reaches no weight of the network has the norm 0, and the training goes on", async () => {
  const { tf } = training.backend;
  const inner = await training.hint();
  const term = { ...inner, compute: ({ teacherLogits }: Record<string, Tensor>) => tf.mean(teacherLogits as Tensor) };
  const { layers: _layers, state: _state, ...plain } = term;
  const trained = await training.train({ ...measured, epochs: 1, term: plain as LossTerm });
  expect(trained.history[0]?.balance?.["hint"]?.gradientNorm).toBe(0);
  expect(trained.history[0]?.balance?.["hard"]?.gradientNorm).toBeGreaterThan(0);
  trained.dispose();
});

test("the norm is linear in the term", async () => {
  const inner = await training.hint();
  const norms: number[] = [];
  for (const factor of [1, 3]) {
    const trained = await training.train({
      ...measured,
      epochs: 1,
      learningRate: 1e-12,
      term: {
        ...inner,
        compute: (...given) => training.backend.tf.mul(inner.compute(...given), factor) as Scalar,
      },
    });
    norms.push(trained.history[0]?.balance?.["hint"]?.gradientNorm ?? Number.NaN);
    trained.dispose();
  }
  expect(relativeError([norms[1] ?? 0], [3 * (norms[0] ?? 0)])).toBeLessThanOrEqual(tolerances.value);
});

test("measuring changes no byte of the result, and leaves no tensor behind", async () => {
  const bytes = async (plan: Parameters<HintTraining["train"]>[0]): Promise<readonly (Buffer | undefined)[]> => {
    const files = await training.filesOf(await training.train(plan));
    return [files["weights.bin"], files["adapters.bin"]];
  };
  const plain = await bytes({});
  const before = training.backend.tf.memory().numTensors;
  expect(await bytes(measured)).toEqual(plain);
  expect(training.backend.tf.memory().numTensors).toBe(before);
});

test("a captured step is measured to the same numbers", async (context) => {
  const reason = await nativeReason();
  if (reason !== undefined) return context.skip(reason);
  await using native = await openHintTraining("tensorflow");
  const captured = await native.train(measured);
  const files = await native.filesOf(captured);
  const plain = await native.filesOf(await native.train({}));
  expect(files["weights.bin"]).toEqual(plain["weights.bin"]);
  await using own = await openHintTraining("cpu");
  const eager = await own.train(measured);
  const normsOf = ({ history }: typeof eager): number[] =>
    history.flatMap(({ balance = {} }) => Object.values(balance).map(({ gradientNorm = Number.NaN }) => gradientNorm));
  // two backends, and two epochs of rounding between them
  expect(relativeError(normsOf(captured), normsOf(eager))).toBeLessThanOrEqual(1e-3);
  eager.dispose();
});
