import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { numberAt } from "../yolov7/cell-boxes.ts";

/**
 * |s − t|^β · BCE(s, t) of every class of a row, s = σ(objectness) · σ(class), or σ(objectness) where there is one class.
 * Made of logarithms of s and 1 − s that no logit overflows. The gradient flows through the factor too, as in the
 * published code.
 *
 * @param rows `[batch, rows, 5 + classes]`, logits
 * @param targets t, `[batch, rows, classes]` or of a shape that spreads to it
 * @returns `[batch, rows, classes]`
 * @see Li and others (2020), "Generalized Focal Loss", arXiv:2006.04388, equation 2
 */
export function qualityFocal(tf: Tf, rows: Tensor, targets: Tensor, beta: number): Tensor {
  const { ofTrue, ofFalse } = logScores(tf, rows);
  const entropy = tf.neg(tf.add(tf.mul(targets, ofTrue), tf.mul(tf.sub(1, targets), ofFalse)));
  const apart = tf.sub(tf.exp(ofTrue), targets);
  return tf.mul(entropy, beta === 2 ? tf.square(apart) : tf.pow(tf.abs(apart), tf.scalar(beta)));
}

/** log s and log (1 − s). */
function logScores(tf: Tf, rows: Tensor): { readonly ofTrue: Tensor; readonly ofFalse: Tensor } {
  const [batch = 0, count = 0, numbers = 0] = rows.shape;
  const objects = tf.expandDims(numberAt(tf, rows, 4), -1);
  const noObject = tf.neg(tf.softplus(objects));
  const object = tf.neg(tf.softplus(tf.neg(objects)));
  if (numbers === 6) return { ofTrue: object, ofFalse: noObject };
  const classes = tf.slice(rows, [0, 0, 5], [batch, count, numbers - 5]);
  // 1 − s is no object, or an object of another class
  const other = tf.sub(object, tf.softplus(classes));
  // the gradient of tf.maximum does not sum over axes that were spread
  const none = tf.add(noObject, tf.zerosLike(other));
  return {
    ofTrue: tf.sub(object, tf.softplus(tf.neg(classes))),
    ofFalse: tf.add(tf.maximum(none, other), tf.softplus(tf.neg(tf.abs(tf.sub(none, other))))),
  };
}
