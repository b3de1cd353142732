import { describe, expect, it } from "vitest";
import { createColumns, decodeRows, encodeRows, type RowLayout } from "../../../plugins/soft-labels/storing/rows.ts";

function roundTrip(row: readonly number[], layout: RowLayout): { read: number[]; clamped: number } {
  const columns = createColumns(1, layout);
  const clamped = encodeRows(Float32Array.from(row), layout, columns, 0);
  const out = new Float32Array(row.length);
  decodeRows(columns, layout, 1, out);
  return { read: [...out], clamped };
}

describe("rows of logits", () => {
  it("keeps the classes of the largest logits, the lower class first among equals", () => {
    const layout: RowLayout = { classes: 5, precision: "float32", topK: 3 };
    const columns = createColumns(1, layout);
    encodeRows(Float32Array.of(1, 3, 2, 3, 2), layout, columns, 0);
    expect([...(columns.indices ?? [])]).toEqual([1, 3, 2]);
    expect([...columns.values]).toEqual([3, 3, 2]);
    const mass = (Math.exp(1) + Math.exp(2)) / (Math.exp(1) + 2 * Math.exp(2) + 2 * Math.exp(3));
    expect(columns.residual?.[0]).toBeCloseTo(mass, 7);
  });

  it("gives equal logits back when everything is uniform", () => {
    const { read } = roundTrip(new Array(8).fill(2), { classes: 8, precision: "float32", topK: 2 });
    for (const logit of read) expect(logit).toBeCloseTo(2, 6);
  });

  it("stays finite where the rest has no mass at all", () => {
    const { read } = roundTrip([1e4, -1e4, -1e4], { classes: 3, precision: "float32", topK: 1 });
    expect(read[0]).toBe(1e4);
    expect(read[1]).toBeGreaterThan(1e4 - 100);
    expect(Math.exp((read[1] ?? 0) - 1e4)).toBeLessThan(1e-30);
  });

  it("uses int32 for more classes than uint16 can name", () => {
    expect(createColumns(1, { classes: 65_536, precision: "float16", topK: 1 }).indices).toBeInstanceOf(Uint16Array);
    expect(createColumns(1, { classes: 65_537, precision: "float16", topK: 1 }).indices).toBeInstanceOf(Int32Array);
  });

  it("counts what it clamps in either precision", () => {
    const row = [Number.NEGATIVE_INFINITY, 7e4, 65_519, 1];
    expect(roundTrip(row, { classes: 4, precision: "float16", topK: undefined })).toEqual({
      read: [-65504, 65504, 65504, 1],
      clamped: 2,
    });
    const { read, clamped } = roundTrip(row, { classes: 4, precision: "float32", topK: undefined });
    expect(clamped).toBe(1);
    expect(read[0]).toBe(-((2 - 2 ** -23) * 2 ** 127));
  });
});
