import type { DatasetSplit, SplitName, View } from "../../../core/index.ts";
import { missingSample } from "../samples/in-memory-dataset.ts";
import type { DataRecord } from "../samples/records.ts";
import { photosOf } from "../views/views.ts";
import type { PhotoSource } from "./decode-photo.ts";
import type { RenderItem } from "./photo-messages.ts";
import type { PhotoPool } from "./photo-pool.ts";

/** One sample of a split of photos. */
export interface PhotoSample {
  readonly record: DataRecord;
  readonly source: PhotoSource;
  /** How it is fitted without augmentation. */
  readonly plain: View;
}

/** A split whose photos are decoded and rendered by other threads whenever they are wanted. */
export function photoSplit(name: SplitName, samples: readonly PhotoSample[], pool: PhotoPool): DatasetSplit {
  return {
    name,
    count: samples.length,
    truth: Int32Array.from(samples, ({ record }) => record.label),
    digests: samples.map(({ record }) => record.digest),
    async render(indices, views, size, out) {
      const bytes = size.height * size.width * size.channels;
      const shared = out.buffer instanceof SharedArrayBuffer ? out.buffer : undefined;
      const start = shared === undefined ? 0 : out.byteOffset;
      const items = Array.from(indices, (index, place): RenderItem => {
        const sampleOf = (at: number): PhotoSample => samples[at] ?? missingSample(name, at);
        const view = views?.[place] ?? sampleOf(index).plain;
        const sources = photosOf(index, view).map((photo) => sampleOf(photo.index).source);
        return { sources, view, at: start + place * bytes };
      });
      const memory = shared ?? new SharedArrayBuffer(items.length * bytes);
      await pool.render(items, size, memory);
      if (shared === undefined) out.set(new Uint8Array(memory));
    },
  };
}
