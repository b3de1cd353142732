import { tableFromIPC } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeArrowFile } from "../../plugins/soft-labels/files/arrow-file.ts";
import { fromFloat16, toFloat16 } from "../../plugins/soft-labels/files/float16.ts";
import { createColumns, decodeRows, encodeRows, type RowLayout } from "../../plugins/soft-labels/storing/rows.ts";

const settings = { seed: 20_240_502, numRuns: 300 };

const logit = fc.float({ min: -60, max: 60, noNaN: true });
const table = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 2, max: 30 })).chain(([rows, classes]) =>
  fc.record({
    rows: fc.constant(rows),
    classes: fc.constant(classes),
    topK: fc.integer({ min: 1, max: classes - 1 }),
    logits: fc.float32Array({ minLength: rows * classes, maxLength: rows * classes, min: -60, max: 60, noNaN: true }),
  }),
);

function roundTrip(logits: Float32Array, layout: RowLayout): Float32Array {
  const rows = logits.length / layout.classes;
  const columns = createColumns(rows, layout);
  encodeRows(logits, layout, columns, 0);
  const out = new Float32Array(logits.length);
  decodeRows(columns, layout, rows, out);
  return out;
}

function softmax(row: ArrayLike<number>): number[] {
  const values = Array.from(row);
  const most = Math.max(...values);
  const total = values.reduce((sum, value) => sum + Math.exp(value - most), 0);
  return values.map((value) => Math.exp(value - most) / total);
}

describe("soft labels", () => {
  it("read as float32 exactly what was written", () => {
    fc.assert(
      fc.property(table, ({ classes, logits }) => {
        expect(roundTrip(logits, { classes, precision: "float32", topK: undefined })).toEqual(logits);
      }),
      settings,
    );
  });

  it("read as float16 the nearest of its numbers", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true, min: -65504, max: 65504 }), (value) => {
        const bits = toFloat16(value);
        const error = Math.abs(fromFloat16(bits) - value);
        for (const neighbour of [bits - 1, bits + 1]) {
          const sameSign = ((neighbour ^ bits) & 0x8000) === 0 && neighbour >= 0;
          const finite = (neighbour & 0x7c00) !== 0x7c00;
          if (!sameSign || !finite) continue;
          const other = Math.abs(fromFloat16(neighbour) - value);
          expect(error).toBeLessThanOrEqual(other);
          if (error === other) expect(bits % 2).toBe(0);
        }
      }),
      { ...settings, numRuns: 2000 },
    );
  });

  it("keep the mass of each stored class and share the rest evenly", () => {
    fc.assert(
      fc.property(table, ({ rows, classes, topK, logits }) => {
        const read = roundTrip(logits, { classes, precision: "float32", topK });
        for (let row = 0; row < rows; row++) {
          const own = logits.subarray(row * classes, (row + 1) * classes);
          const before = softmax(own);
          const after = softmax(read.subarray(row * classes, (row + 1) * classes));
          const order = before.map((_, index) => index).sort((a, b) => (own[b] ?? 0) - (own[a] ?? 0) || a - b);
          for (const index of order.slice(0, topK)) {
            expect(Math.abs((after[index] ?? 0) - (before[index] ?? 0))).toBeLessThan(1e-5);
          }
          const rest = order.slice(topK).reduce((sum, index) => sum + (before[index] ?? 0), 0);
          for (const index of order.slice(topK)) {
            expect(Math.abs((after[index] ?? 0) - rest / (classes - topK))).toBeLessThan(1e-5);
          }
        }
      }),
      settings,
    );
  });

  it("pass through an Arrow file unchanged", async () => {
    await fc.assert(
      fc.asyncProperty(table, fc.array(logit, { maxLength: 3 }), async ({ rows, classes, logits }, extra) => {
        const bytes = await encodeArrowFile(
          rows,
          [{ name: "logits", type: "float32", listSize: classes, values: logits }],
          new Map([["extra", JSON.stringify(extra)]]),
        );
        const column = tableFromIPC(bytes).getChild("logits");
        const read = Array.from({ length: rows }, (_, row) => [...(column?.get(row) ?? [])]).flat();
        expect(Float32Array.from(read)).toEqual(logits);
      }),
      { ...settings, numRuns: 50 },
    );
  });
});
