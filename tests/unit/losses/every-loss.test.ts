/** All losses in one table: a float64 oracle, a pair that agrees, the teacher's gradient. */
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { createRegistry } from "../../../core/plugins/create-registry.ts";
import { createHooks } from "../../../core/plugins/hooks.ts";
import type { ProviderOf } from "../../../core/plugins/provider.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { defaultOptions, type HostInputs, type HostTensor, lossInputs } from "../../../core/testing/index.ts";
import { createLossProbe, type LossProbe } from "../../../core/testing/loss-probe.ts";
import { createTestContext } from "../../../core/testing/test-context.ts";
import { builtins } from "../../../plugins/index.ts";
import { readVectors } from "../../../plugins/losses/conformance/read-vectors.ts";
import { replayCase } from "../../../plugins/losses/conformance/replay-case.ts";
import { testBackend } from "../../support/backend.ts";
import { smallOptions, smoothInputs } from "../../support/loss-inputs.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { type Options, type Own, oracles as ownOracles } from "./oracles.ts";
import { reviewKd } from "./review-oracle.ts";

const oracles: typeof ownOracles = { ...ownOracles, "review-kd": reviewKd };

interface Row {
  readonly id: string;
  /** What the oracle is for, where it is not for the defaults. */
  readonly options?: object;
  /** The value where student and teacher say the same; left out where that depends on what they say. */
  readonly agreed?: number;
}

const table: readonly Row[] = [
  { id: "cross-entropy" },
  { id: "kd", agreed: 0 },
  { id: "dkd", agreed: 0 },
  { id: "dist", agreed: 0 },
  { id: "nkd" },
  { id: "wsld" },
  { id: "logit-standardization", agreed: 0 },
  { id: "soft-target-bce" },
  { id: "deit-hard" },
  { id: "focal" },
  { id: "hint", agreed: 0 },
  { id: "attention-transfer", agreed: 0, options: { form: "paper" } },
  { id: "similarity-preserving", agreed: 0 },
  { id: "rkd", agreed: 0 },
  { id: "pkt", agreed: 0 },
  { id: "crd" },
  { id: "cwd", agreed: 0 },
  { id: "mgd" },
  { id: "pkd", agreed: 0 },
  { id: "cosine", agreed: 0 },
  { id: "hcl", agreed: 0 },
  { id: "nst", agreed: 0 },
  { id: "correlation-congruence", agreed: 0 },
  { id: "fsp", agreed: 0 },
  { id: "review-kd" },
  { id: "vid" },
  { id: "activation-boundary" },
  { id: "factor-transfer", agreed: 0 },
];

const { tf } = await testBackend();
/** Results of float64 PyTorch; never rewritten by tests. */
const golden = await readVectors(fileURLToPath(new URL("../../golden/loss-vectors.json", import.meta.url)));
const registry = await createRegistry({ hooks: createHooks(), builtins: [builtins], plugins: [], baseDir: "." });

interface Asked {
  readonly provider: ProviderOf<"losses">;
  readonly options: Options;
  readonly inputs: HostInputs;
  readonly probe: LossProbe;
  readonly own: Own;
}

async function ask(id: string, given: object, inputsOf = (inputs: HostInputs): HostInputs => inputs): Promise<Asked> {
  const found = await registry.find("losses", id);
  const provider = found.provider as ProviderOf<"losses">;
  const options = defaultOptions(found.schema, given as Record<string, unknown>) as Options;
  const term = await provider.create(options as never, createTestContext({ tf }));
  const needs = typeof provider.needs === "function" ? provider.needs(options as never) : provider.needs;
  const inputs = inputsOf(smoothInputs[id]?.(3) ?? lossInputs(needs, 3));
  const probe = createLossProbe(tf, term, inputs);
  const weights = [...probe.parts.weights, ...probe.parts.variables].map(({ name, variable }) => {
    return [name.replace(/^loss(-state)?\/term\//, ""), Array.from(variable.dataSync())] as const;
  });
  const prepared =
    term.prepare?.({ inputs: {}, indices: Int32Array.of(0, 1, 2), size: 3 }, createRng(0, "prepare"), {}) ?? {};
  const own: Record<string, number[]> = Object.fromEntries(weights);
  for (const [name, values] of Object.entries(prepared)) own[name] = Array.from(values);
  const start = Object.entries(inputs).find(([name]) => name.startsWith("student"))?.[1].values ?? [];
  return { provider, options, inputs, probe, own: { ...own, start: Array.from(start) } };
}

const numbersOf = (inputs: HostInputs): Record<string, number[]> =>
  Object.fromEntries(Object.entries(inputs).map(([name, { values }]) => [name, Array.from(values)]));

const studentOf = (inputs: HostInputs): string => Object.keys(inputs).find((name) => name.startsWith("student")) ?? "";

/** The teacher says what the student says, where it has as many numbers to say it. */
function agreeing(inputs: HostInputs): HostInputs {
  const agreed = Object.entries(inputs).map(([name, own]): [string, HostTensor] => {
    const said = inputs[name.replace("teacher", "student")];
    return [name, said?.shape.join() === own.shape.join() ? said : own];
  });
  return Object.fromEntries(agreed);
}

/** Losses of detectors read boxes and cells of several levels; they have tests of their own. */
const detectors = ["yolov7", "box-soft", "objectness-scaled", "kd-qfl", "fgd", "score-l2"];

test("every other built-in loss is in the table", () => {
  expect([...table.map(({ id }) => id), ...detectors].sort()).toEqual([...registry.ids("losses")].sort());
});

test.each(golden.map((reference, index) => ({ ...reference, index })))(
  "case $index is the reference's: $loss with $options",
  async (reference) => {
    const { largest } = await replayCase(tf, registry, reference);
    expect(largest).toBeLessThanOrEqual(tolerances.value);
  },
);

describe.each(table)("$id", ({ id, options = {}, agreed }) => {
  const small = smallOptions[id] ?? {};

  test("is held to numbers of others with its default options", async () => {
    const { schema } = await registry.find("losses", id);
    const usual = defaultOptions(schema);
    const cases = golden.filter(({ loss }) => loss === id).map((entry) => entry.options);
    const byReference = cases.some((given) => isDeepStrictEqual(defaultOptions(schema, given), usual));
    expect(byReference || (oracles[id] !== undefined && Object.keys(options).length === 0)).toBe(true);
  });

  const oracle = oracles[id];
  test.skipIf(oracle === undefined)("has the value and the gradient of the float64 oracle", async () => {
    const { probe, inputs, options: all, own } = await ask(id, { ...small, ...options });
    const values = numbersOf(inputs);
    const student = studentOf(inputs);
    const of = (moved: readonly number[]): number =>
      oracle?.({ ...values, [student]: moved }, inputs, all, own) ?? Number.NaN;
    const start = values[student] ?? [];
    const nudge = 1e-5;
    const slope = (place: number): number => {
      const [up, down] = [nudge, -nudge].map((by) => of(start.map((value, i) => (i === place ? value + by : value))));
      return ((up ?? Number.NaN) - (down ?? Number.NaN)) / (2 * nudge);
    };
    const value = probe.evaluate(inputs).value;
    const gradient = probe.inputGradient(inputs, student);
    probe.dispose();
    expect(relativeError([value], [of(start)])).toBeLessThanOrEqual(tolerances.value);
    expect(
      relativeError(
        gradient as Float32Array,
        start.map((_, i) => slope(i)),
      ),
    ).toBeLessThanOrEqual(tolerances.value);
  });

  test("has a finite gradient where student and teacher agree", async () => {
    const { probe, inputs } = await ask(id, small, agreeing);
    const { value } = probe.evaluate(inputs);
    const gradient = probe.inputGradient(inputs, studentOf(inputs)) as Float32Array;
    probe.dispose();
    expect(gradient.every(Number.isFinite)).toBe(true);
    if (agreed !== undefined) expect(value).toBeCloseTo(agreed, 5);
  });

  test("has a finite gradient where the student's numbers are all the same", async () => {
    const { probe, inputs } = await ask(id, small, (usualInputs) => {
      const student = usualInputs[studentOf(usualInputs)] as HostTensor;
      return { ...usualInputs, [studentOf(usualInputs)]: { ...student, values: student.values.map(() => 0) } };
    });
    const gradient = probe.inputGradient(inputs, studentOf(inputs)) as Float32Array;
    probe.dispose();
    expect(gradient.every(Number.isFinite)).toBe(true);
  });

  test("gives nothing to the teacher", async () => {
    const { probe, inputs } = await ask(id, small);
    const teacher = Object.keys(inputs).filter((name) => name.startsWith("teacher"));
    const gradients = teacher.map((name) => probe.inputGradient(inputs, name));
    probe.dispose();
    // a term that reads the teacher in `targets` alone does not depend on it at all
    for (const gradient of gradients) {
      if (typeof gradient === "string") expect(gradient).toContain("Cannot compute gradient");
      else expect(gradient.every((slope) => slope === 0)).toBe(true);
    }
  });
});
