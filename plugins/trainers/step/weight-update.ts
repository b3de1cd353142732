import type { Scalar, Tensor } from "@tensorflow/tfjs";
import { KdflowError, type Optimizer, type Tf } from "../../../core/index.ts";
import type { TrainState } from "../loop/train-state.ts";

export interface WeightUpdateRequest {
  readonly tf: Tf;
  readonly optimizer: Optimizer;
  readonly state: TrainState;
  /** Global norm that gradients are scaled down to, or `undefined` for no clipping. */
  readonly clipNorm: number | undefined;
}

type Scalars = Readonly<Record<string, Scalar>>;

/** Name of the step's scalar behind a scalar of the optimizer's. */
export function optimizerScalar(scalar: string): string {
  return `optimizer.${scalar}`;
}

/** The same for weights that were frozen at first: their updates are counted from the first of their own. */
export function thawedScalar(scalar: string): string {
  return `thawed.${scalar}`;
}

/** Names of the step's scalars behind the optimizer's. */
export function optimizerScalars({ scalars }: Optimizer, { weights }: Pick<TrainState, "weights">): string[] {
  const names = Object.keys(scalars?.(1) ?? {});
  return [...names.map(optimizerScalar), ...(weights.some(({ thaws }) => thaws) ? names.map(thawedScalar) : [])];
}

/**
 * One batch's gradients, in the order of the trained weights.
 *
 * @throws KDF_TRAIN_NO_GRADIENT naming weights that the loss does not depend on
 */
export function gradientsOf(state: TrainState, grads: Readonly<Record<string, Tensor>>): Tensor[] {
  const missing = state.weights.filter((weight) => grads[weight.variable.name] === undefined);
  if (missing.length > 0) {
    const names = missing.slice(0, 5).map((weight) => `"${weight.name}"`);
    throw new KdflowError(
      "KDF_TRAIN_NO_GRADIENT",
      `no gradient reaches ${missing.length} of ${state.weights.length} trained weights: ${names.join(", ")}`,
      {
        hint: "the loss must depend on every trained layer; a plugin's layer or loss may use an operation without a gradient",
      },
    );
  }
  return state.weights.map((weight) => grads[weight.variable.name] as Tensor);
}

/** The gradients gathered so far and this batch's share; the batch's own where an update takes one batch. */
export function withGathered(
  { tf, state }: Pick<WeightUpdateRequest, "tf" | "state">,
  gradients: readonly Tensor[],
  scalars: Scalars,
): readonly Tensor[] {
  return state.weights.map(({ gathered }, i) => {
    const gradient = gradients[i] as Tensor;
    if (gathered === undefined) return gradient;
    const kept = tf.mul(gathered, scalars["gatheredKeep"] as Scalar);
    return tf.add(kept, tf.mul(gradient, scalars["gradientShare"] as Scalar));
  });
}

/** Changes every trained weight once. */
export function updateWeights(request: WeightUpdateRequest, gradients: readonly Tensor[], scalars: Scalars): void {
  const { tf, optimizer, state } = request;
  const clipped = clip(request, gradients);
  const base = scalars["learningRate"] as Scalar;
  const ofOffsets = scalars["biasRate"] ?? base;
  const rates = new Map<string, Scalar>();
  const own = scalarsBehind(optimizer, scalars, optimizerScalar);
  const thawed = scalarsBehind(optimizer, scalars, thawedScalar);
  state.weights.forEach(({ name, variable, slots, rateFactor, weightDecay, thaws }, i) => {
    const rate = ofOffsets !== base && isOffset(name) ? ofOffsets : base;
    const key = `${rate.id} ${rateFactor}`;
    const learningRate = rates.get(key) ?? (rateFactor === 1 ? rate : (tf.mul(rate, rateFactor) as Scalar));
    rates.set(key, learningRate);
    const gradient = clipped[i] as Tensor;
    optimizer.apply({
      weight: variable,
      gradient,
      slots,
      learningRate,
      scalars: thaws ? thawed : own,
      weightDecay,
      momentum: scalars["momentum"],
    });
  });
}

/** Biases, and offsets of batch norms. */
function isOffset(weight: string): boolean {
  return weight.endsWith("/bias") || weight.endsWith("/beta");
}

function scalarsBehind({ scalars }: Optimizer, all: Scalars, nameOf: (scalar: string) => string): Scalars {
  return Object.fromEntries(Object.keys(scalars?.(1) ?? {}).map((name) => [name, all[nameOf(name)] as Scalar]));
}

/** Scales all gradients by min(1, clipNorm / ‖g‖), as torch.nn.utils.clip_grad_norm_ does. */
function clip({ tf, clipNorm }: WeightUpdateRequest, gradients: readonly Tensor[]): readonly Tensor[] {
  if (clipNorm === undefined) return gradients;
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)));
  const norm = tf.sqrt(tf.addN(squares));
  // torch adds 1e-6 to the norm so that a zero gradient does not divide by zero
  const factor = tf.minimum(tf.div(clipNorm, tf.add(norm, 1e-6)), 1);
  return gradients.map((gradient) => tf.mul(gradient, factor));
}
