/** Every loss, trained for three steps: the captured step follows the eager one, and nothing makes it fall back. */
import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { preparedInputs } from "../../../core/contracts/loss-term.ts";
import type { Backend, ProviderOf, Step, TensorSpec } from "../../../core/index.ts";
import { createRegistry } from "../../../core/plugins/create-registry.ts";
import { createHooks } from "../../../core/plugins/hooks.ts";
import { withTargets } from "../../../core/tensors/off-tape.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { defaultOptions, type HostInputs, lossInputs } from "../../../core/testing/index.ts";
import { createParts } from "../../../core/testing/loss-probe.ts";
import { createTestContext } from "../../../core/testing/test-context.ts";
import { createEagerStep } from "../../../plugins/backends/eager/eager-step.ts";
import { builtins } from "../../../plugins/index.ts";
import { loadBackend, nativeReason } from "../../support/backend.ts";
import { smallOptions, smoothInputs } from "../../support/loss-inputs.ts";
import { relativeError } from "../../support/tolerances.ts";

const registry = await createRegistry({ hooks: createHooks(), builtins: [builtins], plugins: [], baseDir: "." });
/** Those of detectors are captured in trainings of their own: taught-detector and detector-features. */
const detectors = ["yolov7", "box-soft", "objectness-scaled", "kd-qfl", "fgd", "score-l2"];
const ids = [...registry.ids("losses")].filter((id) => !detectors.includes(id));

const batch = 3;
const learningRate = 0.01;
/** Captured and eager steps differ by the rounding of another order of operations. */
const tolerance = 1e-5;
const reason = await nativeReason();

interface LossStep extends Disposable {
  readonly step: Step;
  run(): Promise<ArrayLike<number>>;
}

/** The student's inputs, each bent by a trained number (a factor alone would not move losses of angles), under the loss. */
async function lossStep(backend: Backend, id: string, eager: boolean): Promise<LossStep> {
  const { tf } = backend;
  const { provider: found, schema } = await registry.find("losses", id);
  const provider = found as ProviderOf<"losses">;
  const options = defaultOptions(schema, { ...smallOptions[id] });
  const term = await provider.create(options as never, createTestContext({ tf }));
  const needs = typeof provider.needs === "function" ? provider.needs(options as never) : provider.needs;
  const inputs: HostInputs = smoothInputs[id]?.(batch) ?? lossInputs(needs, batch);
  const parts = createParts(tf, term, inputs);
  const factors = tf.tidy(() => tf.variable(tf.tensor1d([1.1]), true));
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape.slice(1)]));
  const scalars = Object.keys(term.scalars ?? {});
  const given: [string, TensorSpec][] = Object.entries(inputs).map(([name, { dtype }]) => [
    name,
    { dtype, shape: shapes[name] ?? [] },
  ]);
  const prepared = term.prepare?.(
    {
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, { values }]) => [name, values])),
      indices: Int32Array.from({ length: batch }, (_, i) => i),
      size: batch,
    },
    createRng(0, "prepare"),
    {},
  );
  const trained = [factors, ...parts.weights.filter(({ trainable }) => trainable).map(({ variable }) => variable)];
  const descend = (variable: Variable, gradient: Tensor | undefined, rate: Scalar): void => {
    if (gradient !== undefined) variable.assign(tf.sub(variable, tf.mul(gradient, rate)));
  };
  const spec = {
    inputs: Object.fromEntries([...given, ...Object.entries(preparedInputs(term, shapes))]),
    scalars: [...scalars, "learningRate"],
    state: [{ name: "factor", variable: factors }, ...parts.weights, ...parts.variables],
    body: (fed: Readonly<Record<string, Tensor>>, numbers: Readonly<Record<string, Scalar>>) => {
      const { value, grads } = tf.variableGrads(() => {
        const own = Object.entries(fed).map(([name, tensor]): [string, Tensor] => [
          name,
          name.startsWith("student") ? tf.add(tensor, tf.mul(factors, tf.sin(tensor))) : tensor,
        ]);
        const tensors = Object.fromEntries(own);
        return term.compute({ ...withTargets(tf, term, tensors, numbers), ...tensors }, numbers, parts);
      }, trained);
      for (const variable of trained) descend(variable, grads[variable.name], numbers["learningRate"] as Scalar);
      return { loss: value };
    },
    predictInputs: [],
    predict: () => ({}),
  };
  const values = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.values]));
  const example = {
    batch: { ...values, ...prepared },
    batchSizes: [batch],
    scalars: Object.fromEntries([
      ...Object.entries(term.scalars ?? {}).map(([name, at]) => [name, at(0, 10)] as const),
      ["learningRate", learningRate],
    ]),
  };
  const step = eager ? createEagerStep(tf, spec) : await backend.createStep({ ...spec, example });
  return {
    step,
    run: async () => (await step.run(example.batch, batch, example.scalars, { fetch: true }))?.["loss"] ?? [],
    [Symbol.dispose]() {
      step.dispose();
      parts.dispose();
      tf.dispose(factors);
    },
  };
}

describe.skipIf(reason !== undefined)("the captured step follows the eager one", () => {
  test.each(ids)("of %s", async (id) => {
    const backend = await loadBackend("tensorflow");
    using captured = await lossStep(backend, id, false);
    using eager = await lossStep(backend, id, true);

    expect([captured.step.mode, captured.step.eagerReason]).toEqual(["captured", undefined]);
    for (let step = 0; step < 3; step++) {
      expect(relativeError(await captured.run(), await eager.run())).toBeLessThanOrEqual(tolerance);
    }
    const [own, expected] = [await captured.step.readState(), await eager.step.readState()];
    for (const [name, values] of expected) {
      expect(relativeError(own.get(name) ?? [], values), name).toBeLessThanOrEqual(tolerance);
    }
    expect(expected.get("factor")?.[0]).not.toBe(Math.fround(1.1));
  });
});
