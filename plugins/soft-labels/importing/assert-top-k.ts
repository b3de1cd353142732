import { KdflowError } from "../../../core/index.ts";

/**
 * Checks that fewer logits of a row are kept than there are classes.
 *
 * @throws KDF_PLAN_OPTIONS where every class would be stored
 */
export function assertTopK(topK: number | undefined, classes: number): void {
  if (topK === undefined || topK < classes) return;
  throw new KdflowError("KDF_PLAN_OPTIONS", `topK is ${topK}, but there are only ${classes} classes`, {
    hint: `give 1 … ${classes - 1}, or leave topK out to store all logits`,
  });
}
