import type { DecoderName, DecodeSettings, DetectorOutput } from "./decoder.ts";
import { recogniseDecoder } from "./recognise.ts";

const cells = "at strides 8, 16, 32";
const grid = `three anchors for each cell ${cells}, with objectness`;
const free = `one row for each cell ${cells}`;
const queries = "queries without cells, without objectness";
const finished = "boxes that were chosen in the graph, without objectness";

/** What the rows of each family's outputs are, in words for the plan. */
const words: Readonly<Record<DecoderName, string>> = {
  yolov5: grid,
  "yolov7-raw": grid,
  "yolov7-grid": grid,
  yolov6: `${free}, without objectness`,
  yolox: `${free}, with objectness`,
  yolov8: `${free}, without objectness`,
  yolov4: "one row for each anchor of a cell, objectness within the class scores",
  detr: queries,
  "nms-counted": finished,
  "nms-slots": finished,
  "nms-rows": finished,
  "detr-finished": finished,
};

/**
 * What a detector's rows are, as far as its decoder or the shapes of its outputs tell before it is loaded.
 *
 * @param outputs with empty `data`; sizes that are free are 0
 * @returns `undefined` where only its answers will tell
 */
export function decoderWords(
  named: DecoderName | undefined,
  outputs: readonly DetectorOutput[],
  settings: Pick<DecodeSettings, "width" | "height" | "classCount">,
): string | undefined {
  if (named !== undefined) return words[named];
  try {
    const found = recogniseDecoder(outputs, settings);
    if (found.kind === "certain") return words[found.decoder];
    return found.decoders.every((name) => words[name].startsWith(free)) ? free : undefined;
  } catch {
    // told when it is loaded
    return undefined;
  }
}
