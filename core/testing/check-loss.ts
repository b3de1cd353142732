import type { Tf } from "../contracts/backend.ts";
import type { LossInputName, LossOutputs, LossTerm } from "../contracts/loss-term.ts";
import type { Provider, ProviderOf } from "../plugins/provider.ts";
import type { LossWeight } from "../tensors/loss-parts.ts";
import { ContractError } from "./contract-error.ts";
import { relativeDifference, slopes } from "./finite-differences.ts";
import { extremeLogits, type HostInputs, type HostTensor, lossInputs } from "./loss-inputs.ts";
import { createLossProbe, createParts, type LossProbe, probeEpochs } from "./loss-probe.ts";
import { createTestContext, planContextOf } from "./test-context.ts";

export interface CheckLossOptions {
  readonly tf: Tf;
  /** Options as a pipeline would give them, defaults applied. */
  readonly options: object;
  /** Inputs for terms that need others than {@link lossInputs} gives. */
  readonly inputs?: (batch: number) => HostInputs;
  /** What those of the inputs are that are named outputs, for terms that ask. */
  readonly outputs?: LossOutputs;
}

const batch = 3;

/**
 * max|Δ| / max|reference| of a gradient against differences of float32 values: rounding of the values, divided by the
 * step, leaves about three digits.
 */
const slopeTolerance = 1e-3;

/** Numbers of a weight at which its gradient is held against differences. */
const probedNumbers = 64;

/**
 * Checks a loss term: a finite scalar, the same twice, no tensor left behind, a gradient that agrees with finite
 * differences in every input of the student and every weight of the term's own layers, where targets stay as they are, a batch of one, and logits of
 * ±10⁴ without overflow. Layers must start from the same weights for the same `rng`, a second step on what the term
 * kept in its state must be finite, and so must its scalars over a whole run. All of it is asked again with the inputs
 * of `takes`.
 *
 * @throws ContractError
 */
export async function checkLoss(provider: Provider, options: CheckLossOptions): Promise<void> {
  const { tf } = options;
  const loss = provider as ProviderOf<"losses">;
  const context = createTestContext({ tf });
  const term = await loss.create(options.options as never, context);
  const needs = typeof loss.needs === "function" ? loss.needs(options.options as never) : loss.needs;
  const ask = (names: readonly LossInputName[]) => options.inputs ?? ((size: number) => lossInputs(names, size));
  const problems = problemsOf(tf, loss, options, term, ask(needs));
  const { takes = [] } = loss;
  if (takes.length > 0) {
    const given = problemsOf(tf, loss, options, term, ask([...needs, ...takes]));
    problems.push(...given.map((problem) => `with ${takes.join(", ")}: ${problem}`));
  }
  if (problems.length > 0) throw new ContractError(`losses/${provider.id}`, problems);
}

function problemsOf(
  tf: Tf,
  loss: ProviderOf<"losses">,
  { options, outputs = {} }: CheckLossOptions,
  term: LossTerm,
  inputsOf: (batch: number) => HostInputs,
): string[] {
  const probe = createLossProbe(tf, term, inputsOf(batch), outputs);
  try {
    return [
      ...checkValue(tf, probe, inputsOf(batch)),
      ...checkInputSlopes(probe, inputsOf(batch)),
      ...checkWeightSlopes(probe, inputsOf(batch)),
      ...checkParts(tf, term, probe, inputsOf(batch), outputs),
      ...checkScalars(
        term,
        loss.dependsOnEpochs?.(options as never, planContextOf(createTestContext({ tf }))) !== undefined,
      ),
      ...checkFinite(probe, inputsOf(1), "a batch of one"),
      ...extremes.flatMap(({ factor, name }) => checkFinite(probe, extremeLogits(inputsOf(batch), factor), name)),
    ];
  } finally {
    probe.dispose();
  }
}

const extremes = [
  { factor: 1, name: "logits of ±10⁴" },
  { factor: -1, name: "logits of ∓10⁴" },
];

function checkValue(tf: Tf, probe: LossProbe, inputs: HostInputs): string[] {
  const first = probe.evaluate(inputs);
  const tensors = tf.memory().numTensors;
  const second = probe.evaluate(inputs);
  const left = tf.memory().numTensors - tensors;
  const next = probe.evaluateTwice(inputs);
  return [
    ...(first.shape.length === 0 ? [] : [`the value has the shape [${first.shape}], it has to be a scalar`]),
    ...(Number.isFinite(first.value) ? [] : [`the value is ${first.value}`]),
    ...(Object.is(first.value, second.value)
      ? []
      : [`the value differs from call to call: ${first.value}, ${second.value}`]),
    ...(left === 0 ? [] : [`${left} tensors are left behind by each call`]),
    ...(Number.isFinite(next) ? [] : [`the value is ${next} in a second step`]),
  ];
}

function checkInputSlopes(probe: LossProbe, inputs: HostInputs): string[] {
  return studentInputs(inputs).flatMap((name) => {
    const input = inputs[name] as HostTensor;
    const gradient = probe.inputGradient(inputs, name);
    if (typeof gradient === "string") return [`no gradient in ${name}: ${gradient}`];
    const expected = slopes(input.values, (values) => {
      return probe.evaluate({ ...inputs, [name]: { ...input, values } }, inputs).value;
    });
    return wrongSlopes(name, gradient, expected);
  });
}

function checkWeightSlopes(probe: LossProbe, inputs: HostInputs): string[] {
  return probe.parts.weights
    .filter(({ trainable }) => trainable)
    .flatMap((weight) => weightSlopes(probe, inputs, weight));
}

function weightSlopes(probe: LossProbe, inputs: HostInputs, weight: LossWeight): string[] {
  const name = weight.name.replace("loss/term/", "layers/");
  const gradient = probe.weightGradient(inputs, weight);
  if (typeof gradient === "string") return [`no gradient in ${name}: ${gradient}`];
  const start = Float32Array.from(weight.variable.dataSync());
  const stride = Math.ceil(start.length / probedNumbers);
  const places = Int32Array.from({ length: Math.ceil(start.length / stride) }, (_, i) => i * stride);
  const expected = slopes(
    Array.from(places, (place) => start[place] as number),
    (chosen) => {
      const values = Float32Array.from(start);
      for (const [i, place] of places.entries()) values[place] = chosen[i] as number;
      return probe.evaluateMoved(inputs, weight, values);
    },
  );
  return wrongSlopes(
    name,
    Array.from(places, (place) => gradient[place] as number),
    expected,
  );
}

function wrongSlopes(name: string, gradient: ArrayLike<number>, expected: ArrayLike<number>): string[] {
  const difference = relativeDifference(gradient, expected);
  if (difference <= slopeTolerance) return [];
  return [`the gradient in ${name} differs from finite differences by ${difference.toExponential(1)}`];
}

/** The parts made anew, from the same streams of chance, have to be the same. */
function checkParts(tf: Tf, term: LossTerm, { parts }: LossProbe, inputs: HostInputs, outputs: LossOutputs): string[] {
  const tensors = tf.memory().numTensors;
  const again = createParts(tf, term, inputs, outputs);
  const before = [...parts.weights, ...parts.variables];
  const after = [...again.weights, ...again.variables];
  const other = before.filter(({ variable }, i) => {
    const values = after[i]?.variable.dataSync();
    return !variable.dataSync().every((value, place) => Object.is(value, values?.[place]));
  });
  again.dispose();
  const left = tf.memory().numTensors - tensors;
  return [
    ...other.map(
      ({ name }) => `${name.replace("/term/", "/")} starts otherwise in every run; take chance from \`rng\``,
    ),
    ...(left === 0 ? [] : [`${left} tensors are left behind where the layers and the state are made`]),
  ];
}

/** @param dependent whether the provider says that the length of the run changes what an epoch sees */
function checkScalars(term: LossTerm, dependent: boolean): string[] {
  const moments = [0, probeEpochs / 2, probeEpochs];
  return Object.entries(term.scalars ?? {}).flatMap(([name, at]) => {
    const odd = moments.find((epoch) => !Number.isFinite(at(epoch, probeEpochs)));
    if (odd !== undefined) return [`the scalar ${name} is ${at(odd, probeEpochs)} at epoch ${odd} of ${probeEpochs}`];
    if (dependent || moments.every((epoch) => at(epoch, probeEpochs) === at(epoch, 2 * probeEpochs))) return [];
    return [`the scalar ${name} depends on the number of epochs, which the provider's \`dependsOnEpochs\` has to say`];
  });
}

function checkFinite(probe: LossProbe, inputs: HostInputs, name: string): string[] {
  const { value } = probe.evaluate(inputs);
  const problems = Number.isFinite(value) ? [] : [`the value is ${value} for ${name}`];
  for (const input of studentInputs(inputs)) {
    const gradient = probe.inputGradient(inputs, input);
    if (typeof gradient === "string" || gradient.every(Number.isFinite)) continue;
    problems.push(`the gradient in ${input} is not finite for ${name}`);
  }
  return problems;
}

function studentInputs(inputs: HostInputs): string[] {
  return Object.keys(inputs).filter((name) => name.startsWith("student"));
}
