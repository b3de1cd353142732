import { describe, expect, it } from "vitest";
import { fromFloat16, toFloat16 } from "../../../plugins/soft-labels/files/float16.ts";

const nextFloat32 = (value: number): number => {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  view.setUint32(0, view.getUint32(0) + 1);
  return view.getFloat32(0);
};

describe("toFloat16", () => {
  it.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [1023 * 2 ** -24, 0x03ff],
  ])("keeps %f exactly", (value, bits) => {
    expect(toFloat16(value)).toBe(bits);
    expect(fromFloat16(bits)).toBe(value);
  });

  it.each([
    ["down to even", 1 + 2 ** -11, 0x3c00],
    ["up to even", 1 + 3 * 2 ** -11, 0x3c02],
    ["up just past the tie", nextFloat32(1 + 2 ** -11), 0x3c01],
    ["into the next exponent", 2 - 2 ** -11, 0x4000],
    ["subnormal, down to even", 2.5 * 2 ** -24, 0x0002],
    ["subnormal, up to even", 3.5 * 2 ** -24, 0x0004],
    ["half of the least subnormal, to zero", 2 ** -25, 0x0000],
    ["just over half of it, up", nextFloat32(2 ** -25), 0x0001],
    ["the largest subnormal, into the normal range", 1023.5 * 2 ** -24, 0x0400],
    ["float32 subnormals, to zero", 2 ** -140, 0x0000],
  ])("rounds %s", (_how, value, bits) => {
    expect(toFloat16(value)).toBe(bits);
    expect(toFloat16(-value)).toBe(bits | 0x8000);
  });

  it.each([65505, 65519.99, 65520, 1e6, Number.POSITIVE_INFINITY])(
    "clamps %f to the largest finite number",
    (value) => {
      expect(fromFloat16(toFloat16(value))).toBe(65504);
      expect(fromFloat16(toFloat16(-value))).toBe(-65504);
    },
  );

  it("gives back the bits of every finite float16", () => {
    for (let bits = 0; bits < 0x1_0000; bits++) {
      if ((bits & 0x7c00) !== 0x7c00) expect(toFloat16(fromFloat16(bits)), `bits ${bits}`).toBe(bits);
    }
  });

  it("reads infinities and NaN as such", () => {
    expect(fromFloat16(0x7c00)).toBe(Number.POSITIVE_INFINITY);
    expect(fromFloat16(0xfc00)).toBe(Number.NEGATIVE_INFINITY);
    expect(fromFloat16(0x7e00)).toBeNaN();
  });
});
