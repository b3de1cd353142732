/** Largest finite float16. */
export const maxFloat16 = 65504;

const word = new DataView(new ArrayBuffer(4));

/**
 * The float16 bits nearest to a number, ties to even; beyond the largest finite float16 the largest finite one.
 * Double rounding cannot happen: the input is a float32.
 *
 * @param value a float32, not NaN
 */
export function toFloat16(value: number): number {
  word.setFloat32(0, value);
  const bits = word.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (overflowsFloat16(value)) return sign | 0x7bff;
  if (magnitude < 0x3880_0000) return sign | nearestEven(Math.abs(value) * 2 ** 24);
  // Half of the last kept bit, less one unless that bit is odd: ties go to even. A carry moves the exponent up.
  const rounded = magnitude + 0x0fff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x3800_0000) >>> 13);
}

/** Whether a number is so large that rounding gives no finite float16: 65520, half-way to the next, or more. */
export function overflowsFloat16(value: number): boolean {
  return Math.abs(value) >= 65520;
}

/** The number that float16 bits stand for. */
export function fromFloat16(bits: number): number {
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function nearestEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
