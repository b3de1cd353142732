import type { Scalar, Variable } from "@tensorflow/tfjs";
import type { HostState, StateVariable, Tf } from "../../../core/index.ts";

/** Averages of weights over the updates, which are what is validated and saved. */
export interface AverageOptions {
  /** Share of the average that an update keeps. */
  readonly decay: number;
  /** Lets the first updates count more, so that the seeded start is forgotten soon. */
  readonly warmUp: boolean;
  /** In place of `warmUp`. */
  readonly ramp?: "exponential";
  /** Updates over which the ramp rises. */
  readonly tau?: number;
}

/** That of YOLOv5 and YOLOv7. */
const usualTau = 2000;

/** A weight and its average. */
export interface WeightAverage {
  readonly source: Variable;
  readonly average: Variable;
}

const prefix = "ema/";

/** Makes averages that begin as their weights are now. */
export function createAverages(
  tf: Tf,
  weights: readonly StateVariable[],
): { readonly averages: readonly WeightAverage[]; readonly state: readonly StateVariable[] } {
  const averages = weights.map(({ variable: source }) => {
    // not a clone, which would share the weight's memory
    return { source, average: tf.tidy(() => tf.variable(tf.mul(source, 1), false)) };
  });
  const state = averages.map(({ average }, i) => ({ name: `${prefix}${weights[i]?.name}`, variable: average }));
  return { averages, state };
}

/**
 * average ← average + share · (weight − average); part of the step body, after the update. Running averages of batch
 * norms are averaged like weights, as timm's ModelEmaV2 does.
 *
 * @param share 1 − decay
 */
export function moveAverages(tf: Tf, averages: readonly WeightAverage[], share: Scalar): void {
  for (const { source, average } of averages) {
    average.assign(tf.add(average, tf.mul(tf.sub(source, average), share)));
  }
}

/**
 * What an update takes over of the weights: 1 − decay, with warm-up 1 − min(decay, (1 + n) / (10 + n)); with the
 * exponential ramp 1 − decay · (1 − e^(−(n + 1) / tau)).
 *
 * @param updates n, how many updates there were before this one
 */
export function averageShare({ decay, warmUp, ramp, tau = usualTau }: AverageOptions, updates: number): number {
  if (ramp === "exponential") return 1 + decay * Math.expm1(-(updates + 1) / tau);
  return 1 - (warmUp ? Math.min(decay, (1 + updates) / (10 + updates)) : decay);
}

/** The state with averages in the place of their weights; the same where nothing is averaged. */
export function averagedState(state: HostState): HostState {
  const averages = [...state].filter(([name]) => name.startsWith(prefix));
  if (averages.length === 0) return state;
  return new Map([...state, ...averages.map(([name, values]) => [name.slice(prefix.length), values] as const)]);
}
