import { type DatasetSplit, type ImageSize, KdflowError, plainView, type SplitName } from "../../../core/index.ts";
import { renderView } from "../rendering/render.ts";
import type { DataRecord } from "./records.ts";

/**
 * A split whose images lie one after the other in memory.
 *
 * @param records the split's records in order
 * @param loadPixels uint8 `[images, height, width, channels]`, called when pixels are first wanted
 */
export function imageSplit(
  name: SplitName,
  records: readonly DataRecord[],
  original: ImageSize,
  loadPixels: () => Promise<Uint8Array>,
): DatasetSplit {
  const sourceBytes = original.height * original.width * original.channels;
  return {
    name,
    count: records.length,
    truth: Int32Array.from(records, (record) => record.label),
    digests: records.map((record) => record.digest),
    async render(indices, views, size, out) {
      const pixels = await loadPixels();
      const sourceOf = (index: number): Uint8Array => {
        const record = records[index];
        if (record !== undefined) {
          return pixels.subarray(record.fileIndex * sourceBytes, (record.fileIndex + 1) * sourceBytes);
        }
        throw new KdflowError("KDF_INTERNAL", `split ${name} has no sample ${index} (${records.length} samples)`);
      };
      const targetBytes = size.height * size.width * size.channels;
      for (let place = 0; place < indices.length; place++) {
        const view = views?.[place] ?? plainView;
        const partner = view.partner && { pixels: sourceOf(view.partner.index), size: original };
        const target = out.subarray(place * targetBytes, (place + 1) * targetBytes);
        renderView(sourceOf(indices[place] ?? -1), original, view, size, target, partner);
      }
    },
  };
}

/** Reads at the first call and remembers the result; a failure is not remembered. */
export function readOnce<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => {
    reading ??= read().catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
    return reading;
  };
}
