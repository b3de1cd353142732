import type { Tensor } from "@tensorflow/tfjs";
import type { LossOutputs, LossTerm } from "../../../core/index.ts";
import { withTargets } from "../../../core/tensors/off-tape.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import type { HostInputs } from "../../../core/testing/loss-inputs.ts";
import { defaultAnchors } from "../../../plugins/networks/detector/default-anchors.ts";
import { noParts, tf } from "./run-term.ts";

export const published = { assign: "simota", box: 0.05, class: 0.5, objectness: 1, rescale: false } as const;

/** Class, centre x and y, width and height in shares of the image. */
export type Box = readonly [id: number, x: number, y: number, width: number, height: number, weight?: number];

export const referenceBoxes: readonly Box[] = [
  [0, 0.3, 0.4, 0.25, 0.3],
  [2, 0.7, 0.6, 0.5, 0.6],
  [1, 0.5, 0.5, 0.9, 0.8],
];

export interface LossCase {
  readonly inputs: HostInputs;
  readonly outputs: LossOutputs;
}

/**
 * Cells of an input of `side` pixels, `value` of their place in PyTorch's order `[batch, anchor, row, column, number]`,
 * and the boxes of each image.
 */
export function lossCase(
  images: readonly (readonly Box[])[],
  { side = 64, classes = 3, capacity = 4, anchors = 3, value = (i: number) => Math.sin(0.1 * i) } = {},
): LossCase {
  const batch = images.length;
  const boxes = new Float32Array(batch * capacity * 6).fill(-1);
  images.forEach((own, image) => {
    own.forEach(([id, x, y, width, height, weight = 1], box) => {
      const corners = [x - width / 2, y - height / 2, x + width / 2, y + height / 2].map((edge) => edge * side);
      boxes.set([id, ...corners, weight], (image * capacity + box) * 6);
    });
  });
  const inputs: Record<string, HostInputs[string]> = {
    boxes: { shape: [batch, capacity, 6], dtype: "float32", values: boxes },
  };
  const outputs: Record<string, LossOutputs[string]> = {};
  for (const [level, stride] of [
    ["p3", 8],
    ["p4", 16],
    ["p5", 32],
  ] as const) {
    const [cells, numbers] = [side / stride, 5 + classes];
    const values = new Float32Array(batch * cells * cells * anchors * numbers);
    let i = 0;
    for (let image = 0; image < batch; image++)
      for (let anchor = 0; anchor < anchors; anchor++)
        for (let row = 0; row < cells; row++)
          for (let column = 0; column < cells; column++)
            for (let number = 0; number < numbers; number++)
              values[((image * cells + row) * cells + column) * anchors * numbers + anchor * numbers + number] = value(
                i++,
              );
    const name = `studentP${level.slice(1)}`;
    inputs[name] = { shape: [batch, cells, cells, anchors * numbers], dtype: "float32", values };
    outputs[name] = {
      kind: "cells",
      shape: [cells, cells, anchors * numbers],
      stride,
      anchors: defaultAnchors[level].slice(0, anchors),
    };
  }
  return { inputs, outputs };
}

/** The tensors of a case, those that the loss prepares among them. */
export function tensorsOfCase(term: LossTerm, { inputs, outputs }: LossCase): Record<string, Tensor> {
  const size = inputs["boxes"]?.shape[0] ?? 0;
  const values = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.values]));
  const batch = { inputs: values, indices: Int32Array.from({ length: size }, (_, i) => i), size };
  const prepared = term.prepare?.(batch, createRng(0, "prepare"), outputs) ?? {};
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape.slice(1)]));
  const specs = typeof term.prepared === "function" ? term.prepared(shapes, outputs) : {};
  const tensors = Object.entries(inputs).map(([name, { values, shape }]) => [name, tf.tensor(values, [...shape])]);
  const own = Object.entries(prepared).map(([name, filled]) => {
    const { shape = [], dtype } = specs[name] ?? {};
    return [name, tf.tensor(filled as Float32Array, [size, ...shape], dtype === "float32" ? "float32" : "int32")];
  });
  return Object.fromEntries([...tensors, ...own]);
}

/** The loss, and what it was compared with. */
export function lossOfCase(
  term: LossTerm,
  given: LossCase,
): { readonly value: number; readonly targets: Record<string, Float32Array> } {
  const kept: Record<string, Float32Array> = {};
  const value = tf.tidy(() => {
    const all = withTargets(tf, term, tensorsOfCase(term, given), {});
    for (const [name, tensor] of Object.entries(all)) kept[name] = Float32Array.from(tensor.dataSync());
    return Number(term.compute(all, {}, noParts).dataSync()[0]);
  });
  return { value, targets: kept };
}

/** A small case with matches at two levels, away from places where overlaps have a kink. */
export function smallCase(): LossCase {
  const boxes: readonly Box[] = [
    [0, 0.31, 0.43, 0.33, 0.42],
    [1, 0.62, 0.57, 0.71, 0.83],
  ];
  return lossCase([boxes], {
    side: 32,
    classes: 2,
    capacity: 3,
    anchors: 1,
    value: (i) => 0.9 * Math.sin(1.3 * i + 0.157 * 32),
  });
}
