import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { boxesOfCells, type CellBoxes, completeIou, numberAt, overlapOf, ratioWeight } from "./cell-boxes.ts";
import { cellInputs } from "./levels-of-outputs.ts";
import { oneHot } from "./one-hot.ts";
import type { Prepared } from "./prepare-batch.ts";
import { type Assignment, simota } from "./simota.ts";

export type CellInput = (typeof cellInputs)[number];
export type LossTensors = Readonly<Record<CellInput | "boxes" | Prepared, Tensor>>;
export type Target = "truthBoxes" | "ratioWeights" | "weights" | "classTargets" | "objectness" | "objectWeights";

/** Weight of the objectness of each level, finest first. */
const balance = [4, 1, 0.4] as const;

/** All cells of a batch by image, `[batch, cells, 5 + classes]`, and those of the candidates. */
export function gatherCells(tf: Tf, inputs: LossTensors): { readonly all: Tensor; readonly candidates: Tensor } {
  const { batch, anchors, numbers, cells } = layoutOf(inputs);
  const levels = cellInputs.map((name) => {
    const [, rows = 0, columns = 0] = inputs[name].shape;
    return tf.reshape(inputs[name], [batch, rows * columns * anchors, numbers]);
  });
  const all = tf.concat(levels, 1);
  const flat = tf.reshape(all, [batch * cells, numbers]);
  return { all, candidates: tf.gather(flat, inputs.cells) }; // [batch, candidates, 5 + classes]
}

interface Layout {
  readonly batch: number;
  /** Of an image. */
  readonly cells: number;
  /** Of a cell's place. */
  readonly anchors: number;
  /** 5 + classes. */
  readonly numbers: number;
  /** Cells of each level. */
  readonly levels: readonly number[];
}

/** Sizes that follow from the shapes of the inputs. */
export function layoutOf(inputs: LossTensors): Layout {
  const places = cellInputs.map((name) => (inputs[name].shape[1] ?? 0) * (inputs[name].shape[2] ?? 0));
  const [batch = 0, cells = 0] = inputs.open.shape;
  const anchors = cells / places.reduce((sum, count) => sum + count, 0);
  const numbers = (inputs.studentP3.shape[3] ?? 0) / anchors;
  return { batch, cells, anchors, numbers, levels: places.map((count) => count * anchors) };
}

/**
 * What the loss compares with:
 *
 * - `truthBoxes` `[batch, candidates, 4]`: the box of each, in cells from its own; that of its anchor where none is
 * - `ratioWeights` `[batch, candidates]`: α of the complete IoU
 * - `weights` `[batch, candidates]`: 1 / matches of the level, 0 where there is no match
 * - `classTargets` `[batch, candidates, classes]`
 * - `objectness` `[batch, cells]`: the complete IoU of the match that has the cell, at least 0; 0 for background
 * - `objectWeights` `[batch, cells]`: balance / cells that count of the level; 0 inside crowds
 */
export function assignTargets(tf: Tf, inputs: LossTensors, assign: "anchor" | "simota"): Record<Target, Tensor> {
  const { batch, cells, numbers, levels } = layoutOf(inputs);
  const { places, owners, rows, boxes: truths } = inputs;
  const [, count = 0] = owners.shape;
  const { candidates } = gatherCells(tf, inputs);
  const boxes = boxesOfCells(tf, candidates, places);
  const mask = tf.cast(tf.greaterEqual(owners, 0), "float32");
  const assigned: Assignment =
    assign === "anchor"
      ? { matched: mask, truth: tf.maximum(owners, tf.scalar(0, "int32")) }
      : simota(tf, { cells: candidates, boxes, places, truths, truthMask: truthMaskOf(tf, truths), mask, rows });
  const matched = tf.mul(assigned.matched, mask);

  const [, truthCount = 0, perTruth = 0] = truths.shape;
  const flatTruths = tf.reshape(truths, [batch * truthCount, perTruth]);
  const firsts = tf.mul(tf.expandDims(rows, 1), tf.scalar(truthCount, "int32"));
  const own = tf.gather(flatTruths, tf.add(assigned.truth, firsts)); // [batch, candidates, 6]
  const truthBoxes = truthsFromCells(tf, own, places, matched);
  const overlap = overlapOf(tf, boxes, truthBoxes);
  const ratioWeights = ratioWeight(tf, overlap);
  const iou = tf.relu(completeIou(tf, overlap, ratioWeights));

  const writes = lastOfCell(tf, matched, inputs.ends);
  const flatCells = tf.reshape(inputs.cells, [batch * count, 1]);
  const scatter = (values: Tensor): Tensor =>
    tf.reshape(tf.scatterND(flatCells, tf.reshape(values, [batch * count]), [batch * cells]), [batch, cells]);
  const open = tf.maximum(tf.cast(inputs.open, "float32"), scatter(writes));
  return {
    truthBoxes: tf.stack([truthBoxes.x, truthBoxes.y, truthBoxes.width, truthBoxes.height], -1),
    ratioWeights,
    weights: shareByLevel(tf, matched, numberAt(tf, places, 5), levels.length),
    classTargets: oneHot(tf, numberAt(tf, own, 0), numbers - 5),
    objectness: scatter(tf.mul(iou, writes)),
    objectWeights: objectWeights(tf, open, levels),
  };
}

/** 1 for rows that hold a box to be found, `[batch, truths]`. */
function truthMaskOf(tf: Tf, truths: Tensor): Tensor {
  const at = (place: number): Tensor => numberAt(tf, truths, place);
  const isThere = tf.logicalAnd(tf.greaterEqual(at(0), 0), tf.greater(at(5), 0));
  const hasArea = tf.logicalAnd(tf.greater(at(3), at(1)), tf.greater(at(4), at(2)));
  return tf.cast(tf.logicalAnd(isThere, hasArea), "float32");
}

/** Truths in cells from each candidate's own; where none is, a box of the anchor, so that all stays finite. */
function truthsFromCells(tf: Tf, own: Tensor, places: Tensor, matched: Tensor): CellBoxes {
  const stride = numberAt(tf, places, 2);
  const isThere = tf.greater(matched, 0.5);
  const axis = (from: number, to: number, place: number, anchor: number) => {
    const [low, high] = [numberAt(tf, own, from), numberAt(tf, own, to)];
    const middle = tf.sub(tf.div(tf.div(tf.add(low, high), 2), stride), numberAt(tf, places, place));
    const side = tf.div(tf.sub(high, low), stride);
    return [
      tf.where(isThere, middle, tf.fill(middle.shape, 0.5)),
      tf.where(isThere, side, tf.div(numberAt(tf, places, anchor), stride)),
    ] as const;
  };
  const [x, width] = axis(1, 3, 0, 3);
  const [y, height] = axis(2, 4, 1, 4);
  return { x, y, width, height };
}

/** 1 for the last match of each cell. */
function lastOfCell(tf: Tf, matched: Tensor, ends: Tensor): Tensor {
  const sums = tf.cumsum(matched, 1);
  const atEnd = tf.gather(tf.reshape(sums, [-1]), ends); // [batch, candidates]
  return tf.mul(matched, tf.cast(tf.less(tf.sub(atEnd, sums), 0.5), "float32"));
}

function shareByLevel(tf: Tf, matched: Tensor, level: Tensor, count: number): Tensor {
  const shares = Array.from({ length: count }, (_, at) => {
    const own = tf.mul(matched, tf.cast(tf.equal(level, at), "float32"));
    return tf.div(own, tf.maximum(tf.sum(own), 1));
  });
  return tf.addN(shares);
}

function objectWeights(tf: Tf, open: Tensor, levels: readonly number[]): Tensor {
  const [batch = 0] = open.shape;
  let first = 0;
  const weights = levels.map((count, level) => {
    const own = tf.slice(open, [0, first], [batch, count]);
    first += count;
    return tf.mul(tf.div(own, tf.maximum(tf.sum(own), 1)), balance[level] ?? 1);
  });
  return tf.concat(weights, 1);
}
