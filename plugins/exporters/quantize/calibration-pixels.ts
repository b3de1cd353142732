import { open } from "node:fs/promises";
import { type Dataset, KdflowError, type Model, type StageContext } from "../../../core/index.ts";
import { plainPixels } from "../onnx/exported-scores.ts";

/** Images that are rendered at a time. */
const batchSize = 64;

/** Places spread evenly over so many, at most `wanted` of them. */
export function spreadIndices(count: number, wanted: number): Int32Array {
  const taken = Math.min(count, wanted);
  return Int32Array.from({ length: taken }, (_, place) => Math.floor((place * count) / taken));
}

/**
 * Writes training images, as the exported file takes them, one behind the other.
 *
 * @param wanted how many, spread over the split; fewer where it holds fewer
 * @returns how many there are
 * @throws KDF_EXPORT_CALIBRATION where there are none
 */
export async function writeCalibrationPixels(
  path: string,
  chosen: Model,
  data: Dataset | undefined,
  wanted: number,
  { signal }: Pick<StageContext, "signal">,
): Promise<number> {
  const split = data?.splits.train;
  if (split === undefined || split.count === 0) {
    throw new KdflowError("KDF_EXPORT_CALIBRATION", "whole numbers of eight bits need images to take ranges from", {
      hint: "give the export stage `data` with training images; `quantize: dynamic` of export/onnx needs none",
    });
  }
  const indices = spreadIndices(split.count, wanted);
  const file = await open(path, "w");
  try {
    for (let start = 0; start < indices.length; start += batchSize) {
      signal.throwIfAborted();
      await file.write(await plainPixels(split, indices.slice(start, start + batchSize), chosen));
    }
  } finally {
    await file.close();
  }
  return indices.length;
}
