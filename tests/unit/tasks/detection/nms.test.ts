import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Candidates, type NmsOptions, nmsDefaults, suppress } from "../../../../plugins/tasks/detection/nms.ts";

type Row = readonly [left: number, top: number, right: number, bottom: number, id: number, score: number];

const pack = (rows: readonly Row[]): Candidates => ({
  corners: Float64Array.from(rows.flatMap((row) => row.slice(0, 4))),
  classes: Int32Array.from(rows, (row) => row[4]),
  scores: Float64Array.from(rows, (row) => row[5]),
});

function overlap(one: Row, other: Row): number {
  const width = Math.max(0, Math.min(one[2], other[2]) - Math.max(one[0], other[0]));
  const height = Math.max(0, Math.min(one[3], other[3]) - Math.max(one[1], other[1]));
  const area = (row: Row): number => (row[2] - row[0]) * (row[3] - row[1]);
  const union = area(one) + area(other) - width * height;
  return union === 0 ? 0 : (width * height) / union;
}

/** The definition, read backwards: strike out what the surest one covers, then go on with what is left. */
function byStrikingOut(rows: readonly Row[], options: NmsOptions): number[] {
  let left = rows.map((_, at) => at).filter((at) => (rows[at] as Row)[5] > options.scoreThreshold);
  left.sort((a, b) => (rows[b] as Row)[5] - (rows[a] as Row)[5] || a - b);
  left = left.slice(0, options.maxCandidates);
  const kept: number[] = [];
  while (left.length > 0) {
    const [first = 0, ...rest] = left;
    kept.push(first);
    const best = rows[first] as Row;
    left = rest.filter((at) => {
      const row = rows[at] as Row;
      return row[4] !== best[4] || overlap(best, row) <= options.iouThreshold;
    });
  }
  return kept.slice(0, options.maxDetections);
}

const row = fc
  .tuple(
    fc.integer({ max: 20, min: 0 }),
    fc.integer({ max: 20, min: 0 }),
    fc.integer({ max: 12, min: 0 }),
    fc.integer({ max: 12, min: 0 }),
    fc.integer({ max: 2, min: 0 }),
    fc.integer({ max: 10, min: 0 }),
  )
  .map(([x, y, width, height, id, score]): Row => [x, y, x + width, y + height, id, score / 10]);

describe("suppress", () => {
  it("keeps the surer of two of a class that overlap, and both of two classes", () => {
    const rows: Row[] = [
      [0, 0, 10, 10, 0, 0.5],
      [0, 1, 10, 11, 0, 0.9],
      [0, 1, 10, 11, 1, 0.4],
    ];
    expect([...suppress(pack(rows))]).toEqual([1, 2]);
  });

  it("keeps what overlaps by exactly the threshold", () => {
    const rows: Row[] = [
      [0, 0, 10, 10, 0, 0.9],
      [0, 0, 10, 5, 0, 0.8],
    ];
    expect([...suppress(pack(rows), { ...nmsDefaults, iouThreshold: 0.5 })]).toEqual([0, 1]);
    expect([...suppress(pack(rows), { ...nmsDefaults, iouThreshold: 0.49 })]).toEqual([0]);
  });

  it("counts scores above the threshold alone, and no NaN", () => {
    const rows: Row[] = [0.25, 0.26, Number.NaN].map((score, at) => [20 * at, 0, 20 * at + 10, 10, 0, score]);
    expect([...suppress(pack(rows), { ...nmsDefaults, scoreThreshold: 0.25 })]).toEqual([1]);
  });

  it("has the numbers of YOLO's evaluation as defaults", () => {
    expect(nmsDefaults).toEqual({
      scoreThreshold: 0.001,
      iouThreshold: 0.65,
      maxDetections: 300,
      maxCandidates: 30_000,
    });
  });

  it("equals striking out what the surest one covers, ties and limits included", () => {
    const options = fc.record({
      scoreThreshold: fc.constantFrom(0, 0.3),
      iouThreshold: fc.constantFrom(0, 0.3, 0.5, 0.65),
      maxDetections: fc.constantFrom(3, 300),
      maxCandidates: fc.constantFrom(8, 30_000),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), options, (rows, chosen) => {
        expect([...suppress(pack(rows), chosen)]).toEqual(byStrikingOut(rows, chosen));
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it("gives the same answer for 30 000 candidates however long it takes", () => {
    let state = 1;
    const next = (): number => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    const rows = Array.from({ length: 40_000 }, (): Row => {
      const [x, y] = [next() * 600, next() * 600];
      return [x, y, x + 5 + next() * 60, y + 5 + next() * 60, Math.floor(next() * 3), 0.001 + next()];
    });
    const kept = suppress(pack(rows));
    expect(kept).toHaveLength(300);
    expect(suppress(pack(rows))).toEqual(kept);
  });
});
