import type { LayersModel } from "@tensorflow/tfjs";
import type { OutputSpec, Tap } from "../../../core/index.ts";
import { countMultiplyAdds, countParameters } from "../measures/multiply-adds.ts";

/**
 * What a detector is, in a sentence: its taps with channels and strides, the cells of each level, trained weights and
 * multiply-adds of one image.
 */
export function shapeNote(
  model: LayersModel,
  outputs: Readonly<Record<string, OutputSpec>>,
  taps: Readonly<Record<string, Tap>>,
): string {
  const features = Object.entries(taps)
    .filter(([name]) => !name.includes("/"))
    .map(([name, { channels, stride }]) => `${name} ${channels} at ${stride}`);
  const { trainable } = countParameters(model);
  const work = (countMultiplyAdds(model) / 1e6).toPrecision(4);
  const levels = Object.values(outputs).map(({ shape: [rows = 0, columns = 0], anchors = [] }) => {
    return { rows, columns, anchors: anchors.length };
  });
  return [
    `${model.name}: ${trainable} trained weights, ${work} M multiply-adds an image`,
    `channels and strides ${features.join(", ")}`,
    cellWords(levels),
  ].join("; ");
}

interface Grid {
  readonly rows: number;
  readonly columns: number;
  /** Of each place. */
  readonly anchors: number;
}

/** `cells 20×20, 10×10, 5×5, 3 anchors at each: 1575`; rows before columns. */
export function cellWords(levels: readonly Grid[]): string {
  const places = levels.map(({ rows, columns }) => `${rows}×${columns}`).join(", ");
  const all = levels.reduce((sum, { rows, columns, anchors }) => sum + rows * columns * anchors, 0);
  return `cells ${places}, ${levels[0]?.anchors ?? 0} anchors at each: ${all}`;
}
