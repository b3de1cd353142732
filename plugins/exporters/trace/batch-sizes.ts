import type { PerImage } from "./traced-graph.ts";

/** Sizes of the two batches that a pass is recorded with. */
export interface BatchPair {
  readonly first: number;
  readonly second: number;
}

/** Two recordings differ in a way that no number of images explains. */
export class UnlikeRecordings extends Error {}

/**
 * What two recordings of the same pass have in common: numbers that are so many for each image become
 * {@link PerImage}, all others have to be the same.
 *
 * @throws UnlikeRecordings
 */
export function commonValue(one: unknown, other: unknown, batch: BatchPair): unknown {
  if (typeof one === "number" && typeof other === "number") return commonNumber(one, other, batch);
  if (Array.isArray(one) && Array.isArray(other) && one.length === other.length) {
    return one.map((each, place) => commonValue(each, other[place], batch));
  }
  if (isPlain(one) && isPlain(other)) {
    const names = Object.keys(one);
    if (names.length !== Object.keys(other).length) throw new UnlikeRecordings("its attributes differ");
    return Object.fromEntries(names.map((name) => [name, commonValue(one[name], other[name], batch)]));
  }
  if (Object.is(one, other)) return one;
  throw new UnlikeRecordings(`${String(one)} becomes ${String(other)}`);
}

function commonNumber(one: number, other: number, { first, second }: BatchPair): number | PerImage {
  if (Object.is(one, other)) return one;
  const perImage = one / first;
  if (Number.isInteger(perImage) && perImage > 0 && perImage === other / second) return { perImage };
  throw new UnlikeRecordings(`${one} at ${first} images becomes ${other} at ${second}`);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
