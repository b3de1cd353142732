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
export const balance = [4, 1, 0.4] as const;

/** What cells are found by: the outputs, places of candidates among all cells, and a mask of all cells. */
export type CellTensors = Readonly<Record<CellInput | "cells" | "open", Tensor>>;

/** All cells of a batch by image, `[batch, cells, 5 + classes]`, and those of the candidates. */
export function gatherCells(tf: Tf, inputs: CellTensors): { readonly all: Tensor; readonly candidates: Tensor } {
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
export function layoutOf(inputs: CellTensors): Layout {
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
export function assignTargets(tf: Tf, inputs: LossTensors, assign: Assign): Record<Target, Tensor> {
  const { numbers, levels } = layoutOf(inputs);
  const matches = matchCandidates(tf, inputs, assign);
  const { matched, truths, truthBoxes, ratioWeights, iou, claims } = matches;
  const open = tf.maximum(tf.cast(inputs.open, "float32"), toCells(tf, inputs, claims));
  return {
    truthBoxes: stackBoxes(tf, truthBoxes),
    ratioWeights,
    weights: shareByLevel(tf, matched, numberAt(tf, inputs.places, 5), levels.length),
    classTargets: oneHot(tf, numberAt(tf, truths, 0), numbers - 5),
    objectness: toCells(tf, inputs, tf.mul(iou, claims)),
    objectWeights: objectWeights(tf, open, levels),
  };
}

export type Assign = "anchor" | "simota";

/** Which boxes candidates learn. */
export interface Matches {
  /** 1 for candidates that learn a box, `[batch, candidates]`. */
  readonly matched: Tensor;
  /** The row of that box among all rows of the batch, `[batch, candidates]` int32; any where there is none. */
  readonly places: Tensor;
  /** Those rows, `[batch, candidates, 6]`. */
  readonly truths: Tensor;
  /** In cells from the candidate's own; a box of the anchor where there is none. */
  readonly truthBoxes: CellBoxes;
  /** α of the complete IoU, `[batch, candidates]`. */
  readonly ratioWeights: Tensor;
  /** Complete IoU of the candidate's box, at least 0, `[batch, candidates]`. */
  readonly iou: Tensor;
  /** 1 for the last match of each cell, `[batch, candidates]`. */
  readonly claims: Tensor;
}

export function matchCandidates(tf: Tf, inputs: LossTensors, assign: Assign): Matches {
  const { batch } = layoutOf(inputs);
  const { places, owners, rows, boxes: truths } = inputs;
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
  const own = tf.add(assigned.truth, firsts);
  const ownTruths = tf.gather(flatTruths, own); // [batch, candidates, 6]
  const truthBoxes = truthsFromCells(tf, ownTruths, places, matched);
  const overlap = overlapOf(tf, boxes, truthBoxes);
  const ratioWeights = ratioWeight(tf, overlap);
  const iou = tf.relu(completeIou(tf, overlap, ratioWeights));
  const claims = lastOfCell(tf, matched, inputs.ends);
  return { matched, places: own, truths: ownTruths, truthBoxes, ratioWeights, iou, claims };
}

/** Values of candidates, 0 but for one of each cell, at their cells: `[batch, candidates]` → `[batch, cells]`. */
export function toCells(tf: Tf, inputs: CellTensors, values: Tensor): Tensor {
  const { batch, cells } = layoutOf(inputs);
  const [, count = 0] = values.shape;
  const flat = tf.reshape(inputs.cells, [batch * count, 1]);
  return tf.reshape(tf.scatterND(flat, tf.reshape(values, [batch * count]), [batch * cells]), [batch, cells]);
}

/** `[batch, candidates, 4]` */
export function stackBoxes(tf: Tf, { x, y, width, height }: CellBoxes): Tensor {
  return tf.stack([x, y, width, height], -1);
}

/** The inverse of {@link stackBoxes}. */
export function unstackBoxes(tf: Tf, boxes: Tensor): CellBoxes {
  const [x, y, width, height] = [0, 1, 2, 3].map((place) => numberAt(tf, boxes, place)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  return { x, y, width, height };
}

/** 1 for rows that hold a box to be found, `[batch, truths]`. */
function truthMaskOf(tf: Tf, truths: Tensor): Tensor {
  const at = (place: number): Tensor => numberAt(tf, truths, place);
  const isThere = tf.logicalAnd(tf.greaterEqual(at(0), 0), tf.greater(at(5), 0));
  const hasArea = tf.logicalAnd(tf.greater(at(3), at(1)), tf.greater(at(4), at(2)));
  return tf.cast(tf.logicalAnd(isThere, hasArea), "float32");
}

/** Rows `[batch, candidates, 6]` in cells from each candidate's own; where none is, a box of the anchor, so that all stays finite. */
export function truthsFromCells(tf: Tf, own: Tensor, places: Tensor, matched: Tensor): CellBoxes {
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

/** Weights of matches as shares of their sum at their level, which is 1 at least. */
export function shareByLevel(tf: Tf, matched: Tensor, level: Tensor, count: number): Tensor {
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
