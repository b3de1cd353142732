import type { Dataset, Model, StageContext } from "../../../core/index.ts";
import { plainPixels } from "../onnx/exported-scores.ts";
import { PARITY_IMAGES, parityPixels } from "./parity.ts";

/** Images that the file and the model are compared on. */
export interface ParityImages {
  readonly pixels: Uint8Array;
  readonly count: number;
  readonly source: "validation" | "noise";
}

/** Images from all over the validation split; noise where there are no data. */
export async function parityImages(
  chosen: Model,
  data: Dataset | undefined,
  context: StageContext,
): Promise<ParityImages> {
  if (data === undefined) {
    const pixels = parityPixels(chosen.description.imageSize, context.rng("export.parity"));
    return { pixels, count: PARITY_IMAGES, source: "noise" };
  }
  const split = data.splits.validation;
  const count = Math.min(PARITY_IMAGES, split.count);
  const step = Math.floor(split.count / count);
  const indices = Int32Array.from({ length: count }, (_, place) => place * step);
  return { pixels: await plainPixels(split, indices, chosen), count, source: "validation" };
}
