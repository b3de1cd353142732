import { type HostState, KdflowError } from "../../../core/index.ts";

/**
 * Refuses state that is not finite, so that none is scored, kept or gone on from: a gradient may be NaN where the loss is
 * finite.
 *
 * @param epoch from 0
 * @param step steps of the epoch that are done
 * @throws KDF_TRAIN_NOT_FINITE naming the first such weight
 */
export function assertFiniteState(state: HostState, epoch: number, step: number): void {
  for (const [name, values] of state) {
    if (values.every(Number.isFinite)) continue;
    const [place = "", ...own] = name.split("/");
    const what = place === "model" ? "weight" : place === "loss" ? "weight of the loss" : "state";
    throw new KdflowError(
      "KDF_TRAIN_NOT_FINITE",
      `${what} "${own.join("/") || name}" became NaN or infinite in epoch ${epoch + 1}, by step ${step}, though the loss was finite`,
      {
        hint: [
          "a gradient is not finite: roots, norms and logarithms have none at zero, where a small number has to be added inside",
          "or the step was too large: lower optimizer.learningRate, or add `clipNorm: 1`",
          "no checkpoint holds it: the run continues from the last one before it, if there is one",
        ],
      },
    );
  }
}
