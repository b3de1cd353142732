import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import { KdflowError, type StateVariable, type Tf } from "../../../core/index.ts";

/** Means since the epoch began, and how far all values were finite. */
export interface MeterReading {
  /** Mean of each value over the epoch so far; `loss` is the weighted total. */
  readonly means: Readonly<Record<string, number>>;
}

/**
 * Sums the loss and its terms inside the step, so that the host reads them only now and then and still knows the mean
 * of every step and the very step and term at which a value stopped being finite.
 */
export interface LossMeter {
  readonly state: readonly StateVariable[];
  /**
   * Adds one step's values; part of the step body.
   *
   * @param keep 0 at the first step of an epoch, else 1: forgets what was summed before
   */
  add(values: Readonly<Record<string, Scalar>>, keep: Scalar): Readonly<Record<string, Tensor>>;
  /**
   * Reads what a step fetched.
   *
   * @param steps steps since the epoch began
   * @throws KDF_TRAIN_NOT_FINITE naming epoch, step and term
   */
  read(fetched: Readonly<Record<string, Float32Array>>, steps: number, epoch: number): MeterReading;
}

/** @param names `loss` first, then the terms */
export function createLossMeter(tf: Tf, names: readonly string[]): LossMeter {
  const zeros = (): Variable => tf.tidy(() => tf.variable(tf.zeros([names.length]), false, undefined, "float32"));
  const sums = zeros();
  /** 1 while every value since the epoch's start was finite. */
  const alive = zeros();
  /** How many steps each value was finite before it first was not. */
  const finiteSteps = zeros();
  return {
    state: [
      { name: "meter/sums", variable: sums },
      { name: "meter/alive", variable: alive },
      { name: "meter/finite-steps", variable: finiteSteps },
    ],
    add(values, keep) {
      const step = tf.stack(names.map((name) => values[name] as Scalar));
      const finite = tf.cast(tf.isFinite(step), "float32");
      sums.assign(tf.add(tf.mul(sums, keep), step));
      alive.assign(tf.mul(tf.add(tf.mul(alive, keep), tf.sub(1, keep)), finite));
      finiteSteps.assign(tf.add(tf.mul(finiteSteps, keep), alive));
      return { sums: sums.clone(), finiteSteps: finiteSteps.clone() };
    },
    read({ sums: summed, finiteSteps: counted }, steps, epoch) {
      if (summed === undefined || counted === undefined) {
        throw new KdflowError("KDF_INTERNAL", "a training step did not fetch its meter");
      }
      const firstBad = Math.min(...counted);
      if (firstBad < steps) throw notFinite(names, counted, firstBad, epoch);
      const means = Object.fromEntries(names.map((name, i) => [name, (summed[i] ?? Number.NaN) / steps]));
      return { means };
    },
  };
}

/** The terms are looked at before the total, since a bad term makes the total bad in the same step. */
function notFinite(names: readonly string[], counted: Float32Array, firstBad: number, epoch: number): KdflowError {
  const terms = names.filter((name, i) => name !== "loss" && counted[i] === firstBad);
  const culprit =
    terms.length > 0 ? `term${terms.length > 1 ? "s" : ""} "${terms.join('", "')}"` : "the weighted sum of the terms";
  return new KdflowError(
    "KDF_TRAIN_NOT_FINITE",
    `${culprit} of the loss became NaN or infinite in epoch ${epoch + 1}, step ${firstBad + 1}`,
    {
      hint: [
        ...(firstBad > 0 && terms.length === names.length - 1
          ? [
              "the weights may have become NaN in the step before: a gradient can be NaN where its loss is finite, as that of a root at zero",
            ]
          : []),
        "lower optimizer.learningRate, add `clipNorm: 1`, or warm up: `schedule: { use: warm-up, epochs: 1, then: cosine }`",
        "the last good checkpoint is kept; the run continues from it if the options allow",
      ],
    },
  );
}
