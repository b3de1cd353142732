import type { HostArray, TensorSpec } from "../../../../core/index.ts";

/**
 * A batch that differs from the given one and is as valid: samples in reverse order, pixels inverted, real numbers
 * moved. Whole numbers stay what they are, since they are indices.
 */
export function alteredBatch(
  specs: Readonly<Record<string, TensorSpec>>,
  batch: Readonly<Record<string, HostArray>>,
  size: number,
): Record<string, HostArray> {
  const altered: Record<string, HostArray> = {};
  for (const [name, values] of Object.entries(batch)) {
    const width = (specs[name]?.shape ?? []).reduce((product, length) => product * length, 1);
    const reversed = values.slice(0, size * width);
    for (let i = 0; i < size; i++) reversed.set(values.subarray(i * width, (i + 1) * width), (size - 1 - i) * width);
    altered[name] = moved(reversed);
  }
  return altered;
}

/** In place, and by index: pixels are many. */
function moved(values: HostArray): HostArray {
  if (values instanceof Uint8Array) {
    for (let i = 0; i < values.length; i++) values[i] = 255 - (values[i] as number);
  } else if (values instanceof Float32Array) {
    for (let i = 0; i < values.length; i++) values[i] = 0.75 * (values[i] as number) + 0.125;
  }
  return values;
}

/** Other numbers near the given ones. */
export function alteredScalars(scalars: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, 0.75 * value + 0.0625]));
}
