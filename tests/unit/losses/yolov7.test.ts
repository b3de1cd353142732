import { describe, expect, test } from "vitest";
import { checkLoss } from "../../../core/testing/index.ts";
import { gainsOf } from "../../../plugins/losses/yolov7/gains.ts";
import { yolov7 } from "../../../plugins/losses/yolov7.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { createTerm, tf } from "./run-term.ts";
import { type Box, lossCase, lossOfCase, published, referenceBoxes, smallCase } from "./yolov7-case.ts";

/** Values of YOLOv7's published loss, run by PyTorch in float32, for cells sin(0.1 i) of an input of 64 pixels. */
const reference = {
  anchor: { total: 5.3863301, box: 0.1277523, objectness: 4.1180105, class: 1.1405674, matches: [28, 30, 5] },
  simota: { total: 4.8855405, box: 0.0636814, objectness: 4.1257081, class: 0.696151, matches: [7, 1, 0] },
};
const gains = ["box", "objectness", "class"] as const;

/** Matches of each level: weights are 1 over their number. */
function matchesOf({ weights = [], places = [] }: Record<string, ArrayLike<number>>): number[] {
  const counts = [0, 0, 0];
  for (let at = 0; at < weights.length; at++) {
    if ((weights[at] ?? 0) > 0) counts[places[at * 6 + 5] ?? 0] = (counts[places[at * 6 + 5] ?? 0] ?? 0) + 1;
  }
  return counts;
}

describe("yolov7 has the numbers of the published loss", () => {
  test.each(["anchor", "simota"] as const)("with assign: %s", async (assign) => {
    const expected = reference[assign];
    const given = lossCase([referenceBoxes]);
    const { value, targets } = lossOfCase(await createTerm(yolov7, { ...published, assign }), given);

    expect(relativeError([value], [expected.total])).toBeLessThanOrEqual(tolerances.value);
    expect(matchesOf(targets)).toEqual(expected.matches);
    for (const gain of gains) {
      const alone = { ...published, assign, box: 0, objectness: 0, class: 0, [gain]: published[gain] };
      const part = lossOfCase(await createTerm(yolov7, alone), given).value;
      expect(relativeError([part], [expected[gain]])).toBeLessThanOrEqual(tolerances.value);
    }
  });

  test("with the same positives: anchor, row, column and class of each", async () => {
    const { targets } = lossOfCase(await createTerm(yolov7, published), lossCase([referenceBoxes]));
    const { weights = [], cells = [], places = [], classTargets = [] } = targets;
    const found: string[] = [];
    for (let at = 0; at < weights.length; at++) {
      if ((weights[at] ?? 0) === 0) continue;
      const [column, row, , , , level] = Array.from({ length: 6 }, (_, i) => places[at * 6 + i] ?? -1);
      const id = [0, 1, 2].find((each) => classTargets[at * 3 + each] === 1);
      found.push(`${level}: ${(cells[at] ?? 0) % 3},${row},${column},${id}`);
    }
    const expected = ["1,3,2,0", "2,4,5,2", "1,3,1,1", "2,3,1,0", "1,2,2,0", "1,4,6,2", "2,5,5,2"].map(
      (at) => `0: ${at}`,
    );
    expect(found.sort()).toEqual([...expected, "1: 1,2,3,1"].sort());
  });
});

describe("yolov7", () => {
  test.each(["anchor", "simota"] as const)(
    "keeps the contract of losses with assign: %s, gradients against differences among it",
    async (assign) => {
      const { inputs, outputs } = smallCase();
      await checkLoss(yolov7, { tf, options: { ...published, assign, box: 1 }, inputs: () => inputs, outputs });
    },
    60_000,
  );

  test("is the same for an image alone and twice in a batch, cells that both claim apart", async () => {
    const term = await createTerm(yolov7, published);
    const value = (i: number) => Math.sin(0.1 * (i % 1536));
    const flat = { value: () => 0.3 };
    const one = lossOfCase(term, lossCase([referenceBoxes], flat)).value;
    const two = lossOfCase(term, lossCase([referenceBoxes, referenceBoxes], flat)).value;
    expect(relativeError([two], [one])).toBeLessThanOrEqual(tolerances.value);
    expect(lossOfCase(term, lossCase([[], []], { value })).value).toBeGreaterThan(0);
  });

  const extreme: readonly [string, readonly (readonly Box[])[]][] = [
    ["no box at all", [[], []]],
    ["one box that no anchor is like", [[[0, 0.5, 0.5, 0.001, 0.9]]]],
    ["a box without area", [[[0, 0.5, 0.5, 0, 0]], [[1, 0.5, 0.5, 0.4, 0]]]],
    ["one box", [[[2, 0.5, 0.5, 0.4, 0.4]]]],
    [
      "boxes at the very edges",
      [
        [
          [0, 0, 0, 0.4, 0.4],
          [1, 1, 1, 0.4, 0.4],
          [2, 1, 0, 0.4, 0.4],
        ],
      ],
    ],
    ["many boxes on one place", [Array.from({ length: 12 }, (): Box => [1, 0.5, 0.5, 0.4, 0.4])]],
    ["a crowd over all", [[[1, 0.5, 0.5, 1, 1, 0]]]],
  ];
  test.each(extreme)("is finite with %s, and for cells of ±10⁴", async (_name, images) => {
    for (const assign of ["anchor", "simota"] as const) {
      const term = await createTerm(yolov7, { ...published, assign });
      for (const value of [(i: number) => Math.sin(i), (i: number) => (i % 2 === 0 ? 1e4 : -1e4), () => -1e4]) {
        const result = lossOfCase(term, lossCase(images, { value, capacity: 12 })).value;
        expect(Number.isFinite(result)).toBe(true);
        expect(result).toBeGreaterThanOrEqual(0);
      }
    }
  });

  test.each(["anchor", "simota"] as const)("is finite where levels have no match, with assign: %s", async (assign) => {
    const term = await createTerm(yolov7, { ...published, assign });
    // sides of 6.4 pixels: a fourth of 30 × 61 and of what is coarser is more
    const { value, targets } = lossOfCase(term, lossCase([[[1, 0.5, 0.5, 0.1, 0.1]]]));
    const [fine, ...coarse] = matchesOf(targets);
    expect(fine).toBeGreaterThan(0);
    expect(coarse).toEqual([0, 0]);
    expect(Number.isFinite(value)).toBe(true);
  });

  test("takes a crowd for no background: under it objectness costs nothing", async () => {
    const term = await createTerm(yolov7, published);
    expect(lossOfCase(term, lossCase([[[1, 0.5, 0.5, 1, 1, 0]]])).value).toBe(0);
    expect(lossOfCase(term, lossCase([[]])).value).toBeGreaterThan(1);
  });

  test("gives a cell that several claim the objectness of the last, and counts both for boxes", async () => {
    const term = await createTerm(yolov7, { ...published, assign: "anchor" });
    const wide: Box = [0, 0.5, 0.5, 0.3, 0.3];
    const tall: Box = [1, 0.5, 0.5, 0.2, 0.4];
    const alone = lossOfCase(term, lossCase([[tall]])).targets;
    const both = lossOfCase(term, lossCase([[wide, tall]])).targets;
    const shared = [...(alone["cells"] ?? [])].filter((_, at) => (alone["weights"]?.[at] ?? 0) > 0);
    expect(shared.length).toBeGreaterThan(0);
    for (const cell of shared) expect(both["objectness"]?.[cell]).toBe(alone["objectness"]?.[cell]);
    const matches = (targets: typeof both) => matchesOf(targets).reduce((sum, count) => sum + count, 0);
    expect(matches(both)).toBe(matches(alone) + matches(lossOfCase(term, lossCase([[wide]])).targets));
  });

  test("has no class term for one class", async () => {
    const given = lossCase([[[0, 0.5, 0.5, 0.4, 0.4]]], { classes: 1 });
    const [some, none] = await Promise.all([1, 0].map((gain) => createTerm(yolov7, { ...published, class: gain })));
    if (some === undefined || none === undefined) throw new Error("no terms");
    expect(lossOfCase(some, given).value).toBe(lossOfCase(none, given).value);
  });

  test("takes gains times classes / 80 and area / 640²", () => {
    const options = { box: 0.05, class: 0.5, objectness: 1, rescale: true };
    expect(gainsOf(options, 80, 640 ** 2)).toEqual({ box: 0.05, class: 0.5, objectness: 1 });
    expect(gainsOf(options, 20, 320 ** 2)).toEqual({ box: 0.05, class: 0.125, objectness: 0.25 });
    expect(gainsOf({ ...options, rescale: false }, 20, 320 ** 2)).toEqual({ box: 0.05, class: 0.5, objectness: 1 });
  });

  test("refuses outputs that are no cells", async () => {
    const term = await createTerm(yolov7, published);
    const { inputs: given } = lossCase([[]]);
    expect(() => lossOfCase(term, { inputs: given, outputs: {} })).toThrow("has no stride and anchors");
  });
});
