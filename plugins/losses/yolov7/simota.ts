import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { type CellBoxes, numberAt } from "./cell-boxes.ts";
import { oneHot } from "./one-hot.ts";

export interface SimotaRequest {
  /** Cells of the candidates, `[batch, candidates, 5 + classes]`. */
  readonly cells: Tensor;
  readonly boxes: CellBoxes;
  /** Column, row, stride of the candidates, `[batch, candidates, 6]`. */
  readonly places: Tensor;
  /** Classes and corners in pixels, `[batch, truths, 6]`. */
  readonly truths: Tensor;
  /** 1 where a truth counts, `[batch, truths]`. */
  readonly truthMask: Tensor;
  /** 1 where there is a candidate, `[batch, candidates]`. */
  readonly mask: Tensor;
  /** Places of the images in the batch, `[batch]` int32. */
  readonly rows: Tensor;
}

export interface Assignment {
  /** 1 for candidates that a truth claims, `[batch, candidates]`. */
  readonly matched: Tensor;
  /** The truth that each is given, `[batch, candidates]` int32; any where none is. */
  readonly truth: Tensor;
}

/** Candidates of highest IoU whose sum tells how many a truth claims, and most that it can claim. */
const most = 10;
const iouShare = 3;
const smallestIou = 1e-8;
/** Cost of a pair that is none; far above any other. */
const noPair = 1e12;

/**
 * SimOTA: each truth claims the candidates of lowest cost, as many as the sum of its ten highest IoUs tells, at least
 * one; a candidate that several claim goes to the truth at which it costs least. The cost is the cross-entropy of
 * √(class · objectness) and 3 · −ln IoU.
 *
 * With l the logit of that root, Σ over classes of the cross-entropy to class c is Σ softplus(l) − l[c]: no tensor has
 * truths, candidates and classes.
 *
 * @see Ge et al. (2021), "YOLOX", arXiv:2107.08430, §2.1; Wang, Bochkovskiy, Liao (2022), arXiv:2207.02696
 */
export function simota(tf: Tf, request: SimotaRequest): Assignment {
  const { truths, truthMask, mask, rows } = request;
  const [batch = 0, truthCount = 0] = truths.shape;
  const [, candidates = 0] = mask.shape;
  const pairs = tf.mul(tf.expandDims(truthMask, 2), tf.expandDims(mask, 1)); // [batch, truths, candidates]
  const iou = tf.mul(pixelIou(tf, request), pairs);
  const iouCost = tf.mul(tf.neg(tf.log(tf.add(iou, smallestIou))), iouShare);
  const cost = tf.add(tf.add(classCost(tf, request), iouCost), tf.mul(tf.sub(1, pairs), noPair));

  const count = tf.maximum(tf.floor(tf.sum(tf.topk(iou, most).values, -1, true)), 1); // [batch, truths, 1]
  const { values, indices } = tf.topk(tf.neg(cost), most);
  const ranks = tf.range(0, most, 1, "float32");
  const picked = tf.mul(tf.cast(tf.less(ranks, count), "float32"), tf.cast(tf.greater(values, -noPair / 2), "float32")); // [batch, truths, most]
  const first = tf.add(
    tf.mul(tf.reshape(rows, [batch, 1, 1]), tf.scalar(truthCount * candidates, "int32")),
    tf.mul(tf.reshape(tf.range(0, truthCount, 1, "int32"), [1, truthCount, 1]), tf.scalar(candidates, "int32")),
  );
  const flat = tf.reshape(tf.add(first, indices), [-1, 1]);
  const size = batch * truthCount * candidates;
  const claims = tf.reshape(tf.scatterND(flat, tf.reshape(picked, [-1]), [size]), [batch, truthCount, candidates]);
  const claimed = tf.sum(claims, 1); // [batch, candidates]
  const truth = tf.where(tf.greater(claimed, 1.5), tf.argMin(cost, 1), tf.argMax(claims, 1));
  return { matched: tf.cast(tf.greater(claimed, 0.5), "float32"), truth };
}

/** Cross-entropy of the candidates to the truths' classes, summed over classes, `[batch, truths, candidates]`. */
function classCost(tf: Tf, { cells, truths }: SimotaRequest): Tensor {
  const [batch = 0, count = 0, numbers = 0] = cells.shape;
  const classes = numbers - 5;
  const logSigmoid = (logits: Tensor): Tensor => tf.neg(tf.softplus(tf.neg(logits)));
  const objectness = logSigmoid(tf.slice(cells, [0, 0, 4], [batch, count, 1]));
  const logRoot = tf.div(tf.add(logSigmoid(tf.slice(cells, [0, 0, 5], [batch, count, classes])), objectness), 2);
  const logits = tf.sub(logRoot, tf.log(tf.maximum(tf.neg(tf.expm1(logRoot)), 1e-30)));
  const own = tf.matMul(oneHot(tf, numberAt(tf, truths, 0), classes), logits, false, true); // [batch, truths, candidates]
  return tf.sub(tf.expandDims(tf.sum(tf.softplus(logits), -1), 1), own);
}

/** Plain IoU of truths and candidates in pixels, `[batch, truths, candidates]`; 0 where both are empty. */
function pixelIou(tf: Tf, { boxes, places, truths }: SimotaRequest): Tensor {
  const stride = numberAt(tf, places, 2);
  const centre = (place: number, own: Tensor): Tensor => tf.mul(tf.add(own, numberAt(tf, places, place)), stride);
  const [x, y] = [centre(0, boxes.x), centre(1, boxes.y)];
  const [width, height] = [tf.mul(boxes.width, stride), tf.mul(boxes.height, stride)];
  const half = (side: Tensor): Tensor => tf.div(side, 2);
  const candidate = [
    tf.sub(x, half(width)),
    tf.sub(y, half(height)),
    tf.add(x, half(width)),
    tf.add(y, half(height)),
  ].map((edge) => tf.expandDims(edge, 1)) as [Tensor, Tensor, Tensor, Tensor];
  const truth = [1, 2, 3, 4].map((place) => tf.expandDims(numberAt(tf, truths, place), 2)) as typeof candidate;
  const across = tf.relu(tf.sub(tf.minimum(candidate[2], truth[2]), tf.maximum(candidate[0], truth[0])));
  const down = tf.relu(tf.sub(tf.minimum(candidate[3], truth[3]), tf.maximum(candidate[1], truth[1])));
  const both = tf.mul(across, down);
  const area = ([left, top, right, bottom]: typeof candidate): Tensor =>
    tf.mul(tf.sub(right, left), tf.sub(bottom, top));
  return tf.div(both, tf.maximum(tf.sub(tf.add(area(candidate), area(truth)), both), 1e-9));
}
