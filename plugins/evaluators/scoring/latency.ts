import type { ImageSize, Predictor } from "../../../core/index.ts";

/** Runs before timing starts: the first ones load kernels and allocate. */
const warmUpRuns = 3;

/** Median time of labelling one image, in milliseconds, reading the answer included. */
export async function medianLatencyMs(predictor: Predictor, size: ImageSize, runs: number): Promise<number> {
  const pixels = new Uint8Array(size.height * size.width * size.channels).fill(127);
  const times: number[] = [];
  for (let run = -warmUpRuns; run < runs; run++) {
    const startMs = performance.now();
    await predictor.predict(pixels, 1);
    if (run >= 0) times.push(performance.now() - startMs);
  }
  times.sort((a, b) => a - b);
  const middle = times.length >> 1;
  const upper = times[middle] ?? Number.NaN;
  return times.length % 2 === 1 ? upper : ((times[middle - 1] ?? upper) + upper) / 2;
}
