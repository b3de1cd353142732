import type { Outputs, RawOutput } from "../../../core/index.ts";

/** The task's id. */
export const classificationId = "classification";

/** Kinds of output that a classifier may have: raw scores, or what a softmax made of them. */
export const logitsKind = "softmax-logits";
export const probsKind = "softmax-probs";
/** Of heads whose classes are independent. */
export const sigmoidKind = "sigmoid-logits";

/** The outputs of a classifier: `logits` `[batch, classes]`. */
export function classifierOutputs(classes: number, kind: string = logitsKind): Outputs {
  return { logits: { kind, shape: [classes] } };
}

/** A model with one output, a row of scores. */
export function recogniseClassifier([output, ...others]: readonly RawOutput[]): Outputs | undefined {
  const [classes, ...rest] = output?.shape ?? [];
  if (!classes || rest.length > 0 || others.length > 0) return undefined;
  return { logits: { kind: output?.isSoftmax === true ? probsKind : logitsKind, shape: [classes] } };
}
