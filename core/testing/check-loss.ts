import type { Scalar, Tensor } from "@tensorflow/tfjs";
import type { LossInputName, LossTerm } from "../contracts/loss-term.ts";
import type { Provider, ProviderOf } from "../plugins/provider.ts";
import type { Tf } from "../tensors/backend.ts";
import { createRng } from "../tensors/rng.ts";
import { ContractError } from "./contract-error.ts";
import { relativeDifference, slopes } from "./finite-differences.ts";
import { createTestContext } from "./test-context.ts";

/** One input on the host. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32";
  readonly values: Float32Array | Int32Array;
}

export type HostInputs = Readonly<Record<string, HostTensor>>;

export interface CheckLossOptions {
  readonly tf: Tf;
  /** Options as a pipeline would give them, defaults applied. */
  readonly options: object;
  /** Inputs for terms that need more than logits, labels and plain feature maps. */
  readonly inputs?: (batch: number) => HostInputs;
}

const classes = 5;
const batch = 3;

/**
 * max|Δ| / max|reference| of a gradient against differences of float32 values: rounding of the values, divided by the
 * step, leaves about three digits.
 */
const slopeTolerance = 1e-3;

/**
 * Checks a loss term: a finite scalar, the same twice, no tensor left behind, a gradient that agrees with finite
 * differences in every input of the student, a batch of one, and logits of ±10⁴ without overflow.
 *
 * @throws ContractError
 */
export async function checkLoss(provider: Provider, options: CheckLossOptions): Promise<void> {
  const { tf } = options;
  const loss = provider as ProviderOf<"losses">;
  const term = await loss.create(options.options as never, createTestContext({ tf }));
  const needs = typeof loss.needs === "function" ? loss.needs(options.options as never) : loss.needs;
  const inputsOf = options.inputs ?? ((size: number) => randomInputs(needs, size));
  const problems = [
    ...checkValue(tf, term, inputsOf(batch)),
    ...checkSlopes(tf, term, inputsOf(batch)),
    ...checkFinite(tf, term, inputsOf(1), "a batch of one"),
    ...extremes.flatMap(({ factor, name }) => checkFinite(tf, term, extreme(inputsOf(batch), factor), name)),
  ];
  if (problems.length > 0) throw new ContractError(`losses/${provider.id}`, problems);
}

const extremes = [
  { factor: 1, name: "logits of ±10⁴" },
  { factor: -1, name: "logits of ∓10⁴" },
];

function checkValue(tf: Tf, term: LossTerm, inputs: HostInputs): string[] {
  const first = evaluate(tf, term, inputs);
  const tensors = tf.memory().numTensors;
  const second = evaluate(tf, term, inputs);
  const left = tf.memory().numTensors - tensors;
  return [
    ...(first.shape.length === 0 ? [] : [`the value has the shape [${first.shape}], it has to be a scalar`]),
    ...(Number.isFinite(first.value) ? [] : [`the value is ${first.value}`]),
    ...(Object.is(first.value, second.value)
      ? []
      : [`the value differs from call to call: ${first.value}, ${second.value}`]),
    ...(left === 0 ? [] : [`${left} tensors are left behind by each call`]),
  ];
}

function checkSlopes(tf: Tf, term: LossTerm, inputs: HostInputs): string[] {
  return studentInputs(inputs).flatMap((name) => {
    const input = inputs[name] as HostTensor;
    const gradient = gradientOf(tf, term, inputs, name);
    if (typeof gradient === "string") return [`no gradient in ${name}: ${gradient}`];
    const expected = slopes(input.values, (values) => {
      return evaluate(tf, term, { ...inputs, [name]: { ...input, values } }).value;
    });
    const difference = relativeDifference(gradient, expected);
    if (difference <= slopeTolerance) return [];
    return [`the gradient in ${name} differs from finite differences by ${difference.toExponential(1)}`];
  });
}

function checkFinite(tf: Tf, term: LossTerm, inputs: HostInputs, name: string): string[] {
  const { value } = evaluate(tf, term, inputs);
  const problems = Number.isFinite(value) ? [] : [`the value is ${value} for ${name}`];
  for (const input of studentInputs(inputs)) {
    const gradient = gradientOf(tf, term, inputs, input);
    if (typeof gradient === "string" || gradient.every(Number.isFinite)) continue;
    problems.push(`the gradient in ${input} is not finite for ${name}`);
  }
  return problems;
}

function studentInputs(inputs: HostInputs): string[] {
  return Object.keys(inputs).filter((name) => name.startsWith("student"));
}

function evaluate(tf: Tf, term: LossTerm, inputs: HostInputs): { readonly value: number; readonly shape: number[] } {
  const result = tf.tidy(() => term.compute(tensorsOf(tf, term, inputs), {}));
  const [value = Number.NaN] = result.dataSync();
  const { shape } = result as Tensor;
  result.dispose();
  return { value, shape };
}

/** The gradient in one input, or why there is none. */
function gradientOf(tf: Tf, term: LossTerm, inputs: HostInputs, name: string): Float32Array | string {
  try {
    return tf.tidy(() => {
      const tensors = tensorsOf(tf, term, inputs);
      const input = tensors[name] as Tensor;
      const gradient = tf.grad((x) => term.compute({ ...tensors, [name]: x }, {}) as Scalar)(input);
      return Float32Array.from(gradient.dataSync());
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function tensorsOf(tf: Tf, term: LossTerm, inputs: HostInputs): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const [name, { shape, dtype, values }] of Object.entries(inputs)) {
    tensors[name] = tf.tensor(values, [...shape], dtype);
  }
  const labels = inputs["labels"]?.values;
  const size = Object.values(inputs)[0]?.shape[0] ?? 0;
  const indices = Int32Array.from({ length: size }, (_, index) => index);
  const hostBatch = { labels: labels instanceof Int32Array ? labels : new Int32Array(size), indices, size };
  const prepared = term.prepare?.(hostBatch, createRng(0, "prepare")) ?? {};
  for (const [name, values] of Object.entries(prepared)) {
    const spec = term.prepared?.[name];
    if (spec === undefined) throw new Error(`prepare fills "${name}", which \`prepared\` does not declare`);
    tensors[name] = tf.tensor(values, [size, ...spec.shape], spec.dtype === "float32" ? "float32" : "int32");
  }
  return tensors;
}

/** Seeded inputs: logits of about ±3, labels of every class in turn, feature maps of 4×4×6. */
function randomInputs(needs: readonly LossInputName[], size: number): HostInputs {
  return Object.fromEntries(needs.map((name) => [name, randomInput(name, size)]));
}

function randomInput(name: LossInputName, size: number): HostTensor {
  if (name === "labels") {
    return { shape: [size], dtype: "int32", values: Int32Array.from({ length: size }, (_, i) => (i * 2) % classes) };
  }
  if (name.endsWith("Boxes")) throw new Error(`give \`inputs\`: there are no standard ${name}`);
  const each = name.endsWith("Logits") ? [classes] : name.endsWith("Embedding") ? [8] : [4, 4, 6];
  const shape = [size, ...each];
  const rng = createRng(7, name);
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 1.5 * rng.normal());
  return { shape, dtype: "float32", values };
}

/** The same inputs with logits of alternating sign and size 10⁴; `factor` turns those of the student round. */
function extreme(inputs: HostInputs, factor: number): HostInputs {
  const changed = Object.entries(inputs).map(([name, input]): [string, HostTensor] => {
    if (!name.endsWith("Logits")) return [name, input];
    const size = 1e4 * (name.startsWith("student") ? factor : 1);
    return [name, { ...input, values: Float32Array.from(input.values, (_, i) => (i % 2 === 0 ? size : -size)) }];
  });
  return Object.fromEntries(changed);
}
