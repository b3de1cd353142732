/** Images one after the other. */
export interface Images {
  /** uint8 `[count, height, width, channels]` */
  readonly pixels: Uint8Array;
  readonly count: number;
}

/**
 * Asks in lots of the number of images that a file fixes; the last one is filled up with black images, whose answers are
 * dropped.
 *
 * @param batch all at once unless given
 * @returns the answers of all images, `[count, width]`
 */
export async function inLots(
  { pixels, count }: Images,
  batch: number | undefined,
  ask: (lot: Images) => Promise<Float32Array>,
): Promise<Float32Array> {
  if (batch === undefined || count === 0) return ask({ pixels, count });
  const bytes = pixels.length / count;
  let all: Float32Array | undefined;
  for (let start = 0; start < count; start += batch) {
    const size = Math.min(batch, count - start);
    const lot = new Uint8Array(batch * bytes);
    lot.set(pixels.subarray(start * bytes, (start + size) * bytes));
    const answers = await ask({ pixels: lot, count: batch });
    const width = answers.length / batch;
    all ??= new Float32Array(count * width);
    all.set(answers.subarray(0, size * width), start * width);
  }
  return all ?? new Float32Array();
}
