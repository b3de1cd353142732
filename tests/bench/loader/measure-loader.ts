import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { plainView } from "../../../core/index.ts";
import { PhotoPool } from "../../../plugins/data/photos/photo-pool.ts";
import { madeAhead, ringSlots, sharedBytes } from "../../../plugins/data/views/made-ahead.ts";
import type { LoaderBenchOptions } from "./options.ts";

/** Most photos that are read for it. */
const mostPhotos = 2000;

/** Photos that are decoded and rendered each second, as batches, while nothing else goes on. */
export async function measureLoader(
  folder: string,
  inputSide: number,
  { side, batchSize, workers }: LoaderBenchOptions,
): Promise<number> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".jpg"));
  const photos = names.slice(0, mostPhotos).map((name) => ({ path: join(folder, name), width: side, height: side }));
  const size = { height: inputSide, width: inputSide, channels: 3 };
  const bytes = inputSide * inputSide * 3;
  const ring = Array.from({ length: ringSlots }, () => sharedBytes(batchSize * bytes));
  const pool = new PhotoPool(workers);
  try {
    await pool.check(photos.slice(0, 1).map(({ path }) => path));
    const startMs = performance.now();
    const fill = async (memory: Uint8Array, step: number): Promise<number> => {
      const some = photos.slice(step * batchSize, (step + 1) * batchSize);
      const items = some.map((source, place) => ({ sources: [source], view: plainView, at: place * bytes }));
      await pool.render(items, size, memory.buffer as SharedArrayBuffer);
      return some.length;
    };
    let done = 0;
    for await (const count of madeAhead(0, Math.ceil(photos.length / batchSize), ring, fill)) done += count;
    return (done / (performance.now() - startMs)) * 1000;
  } finally {
    await pool.close();
  }
}
