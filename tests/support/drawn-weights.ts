/** The formula of scripts/goldens/published_weights.py: numbers in 0…1 of which each depends on a name and a place. */
export function drawn(name: string, count: number): Float64Array {
  const start = fnv1a(name);
  const numbers = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let x = (start + Math.imul(i, 2654435761)) >>> 0;
    x = Math.imul((x ^ (x >>> 16)) >>> 0, 0x45d9f3b) >>> 0;
    numbers[i] = ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
  }
  return numbers;
}

function fnv1a(text: string): number {
  let value = 2166136261;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 16777619) >>> 0;
  return value;
}

/** A weight of a state dict, by its name. */
export function drawnWeight(name: string, shape: readonly number[]): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  const [factor, summand] = rangeOf(name, shape);
  return Float32Array.from(drawn(name, size).map((u) => factor * u + summand));
}

function rangeOf(name: string, shape: readonly number[]): readonly [factor: number, summand: number] {
  if (name.endsWith("running_var")) return [1, 0.5];
  const bound = Math.sqrt(3 / shape.slice(1).reduce((product, length) => product * length, 1));
  if (shape.length > 1) return [2 * bound, -bound];
  return name.endsWith(".weight") ? [1, 0.5] : [0.4, -0.2];
}
