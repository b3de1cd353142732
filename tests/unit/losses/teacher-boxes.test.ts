import { describe, expect, test } from "vitest";
import type { ProviderOf } from "../../../core/index.ts";
import { checkLoss } from "../../../core/testing/index.ts";
import { createLossProbe } from "../../../core/testing/loss-probe.ts";
import { boxSoft } from "../../../plugins/losses/box-soft.ts";
import { kdQfl } from "../../../plugins/losses/kd-qfl.ts";
import { objectnessScaled } from "../../../plugins/losses/objectness-scaled.ts";
import { yolov7 } from "../../../plugins/losses/yolov7.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { createTerm, tf } from "./run-term.ts";
import {
  boxSoftOracle,
  kdQflOracle,
  type OracleCase,
  type OracleRow,
  objectnessScaledOracle,
} from "./teacher-boxes-oracle.ts";
import { rowCase, smallTeacherCase, type TeacherCase } from "./teacher-case.ts";
import { type Box, lossCase, referenceBoxes } from "./yolov7-case.ts";

const gains = { box: 0.7, class: 0.5, objectness: 1.3, rescale: false, background: "ignore" } as const;
const soft = { ...gains, assign: "anchor", minScore: 0.05, iouThreshold: 0.65, boxes: 6 } as const;
const scaled = { ...gains, boxLoss: "ciou", objectnessLoss: "bce" } as const;
const quality = { beta: 2, background: "ignore" } as const;
const levelNames = ["studentP3", "studentP4", "studentP5"] as const;

/** Far enough from borders of cells and from each other. */
const rows: readonly (readonly OracleRow[])[] = [
  [
    { corners: [9.3, 11.7, 30.1, 28.9], objectness: 0.9, classes: [0.8, 0.15, 0.05] },
    { corners: [31.2, 20.4, 60.7, 59.3], objectness: 0.6, classes: [0.1, 0.3, 0.55] },
  ],
  [{ corners: [3.1, 2.2, 61.3, 55.9], objectness: 0.75, classes: [0.05, 0.85, 0.2] }],
];

function oracleCase({ inputs, outputs }: TeacherCase, given: readonly (readonly OracleRow[])[]): OracleCase {
  return {
    side: 64,
    rows: given.map((own) =>
      own.map(({ corners, objectness, classes }) => ({
        corners: corners.map(Math.fround) as unknown as OracleRow["corners"],
        objectness: Math.fround(objectness),
        classes: classes.map(Math.fround),
      })),
    ),
    known: Array.from(inputs["teacherKnown"]?.values ?? [], (each) => each === 1),
    levels: levelNames.map((name) => {
      const { stride = 0, anchors = [], shape = [] } = outputs[name] ?? {};
      return { stride, anchors, side: shape[0] ?? 0, values: Array.from(inputs[name]?.values ?? []) };
    }),
  };
}

/** Largest relative errors of value and gradient against an oracle. */
async function errorsOf(
  provider: ProviderOf<"losses">,
  options: object,
  given: TeacherCase,
  oracle: (moved: OracleCase, start: OracleCase) => number,
  own: readonly (readonly OracleRow[])[],
): Promise<{ readonly value: number; readonly gradient: number }> {
  const probe = createLossProbe(tf, await createTerm(provider, options), given.inputs, given.outputs);
  const start = oracleCase(given, own);
  const value = relativeError([probe.evaluate(given.inputs).value], [oracle(start, start)]);
  const actual: number[] = [];
  const expected: number[] = [];
  levelNames.forEach((name, level) => {
    const gradient = probe.inputGradient(given.inputs, name) as Float32Array;
    const { values } = start.levels[level] as OracleCase["levels"][number];
    const at = (place: number, by: number): number => {
      const moved = values.map((each, i) => (i === place ? each + by : each));
      const levels = start.levels.map((each, i) => (i === level ? { ...each, values: moved } : each));
      return oracle({ ...start, levels }, start);
    };
    const nudge = 1e-5;
    // most numbers have no part in it, and one of seven of those is enough
    values.forEach((_, place) => {
      if (gradient[place] === 0 && place % 7 !== 0) return;
      actual.push(gradient[place] ?? Number.NaN);
      expected.push((at(place, nudge) - at(place, -nudge)) / (2 * nudge));
    });
  });
  probe.dispose();
  expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(1e-3);
  return { value, gradient: relativeError(actual, expected) };
}

describe("kd-qfl", () => {
  test.each([
    { ...quality },
    { ...quality, background: "zero" },
    { beta: 1, background: "zero" },
    { beta: 1.5, background: "ignore" },
  ] as const)("has the value and the gradient of the float64 oracle: beta $beta, $background", async (options) => {
    const oracle = (moved: OracleCase) => kdQflOracle(moved, options);
    for (const known of [
      [1, 0, 1],
      [1, 1, 1],
    ]) {
      const errors = await errorsOf(kdQfl, options, rowCase(rows, known), oracle, rows);
      expect(errors.value).toBeLessThanOrEqual(tolerances.value);
      expect(errors.gradient).toBeLessThanOrEqual(tolerances.value);
    }
  });

  test("compares the objectness of a student of one class alone", async () => {
    const one = rows.map((own) => own.map((row) => ({ ...row, classes: [1] })));
    const oracle = (moved: OracleCase) => kdQflOracle(moved, { beta: 2, background: "zero" });
    const given = rowCase(one, [1], { classes: 1 });
    const errors = await errorsOf(kdQfl, { beta: 2, background: "zero" }, given, oracle, one);
    expect(Math.max(errors.value, errors.gradient)).toBeLessThanOrEqual(tolerances.value);
  });

  test("is nothing where the student's scores are the teacher's", async () => {
    // all cells say 0: s = 1/2 · 1/2
    const told: OracleRow[] = [{ corners: [9.3, 11.7, 30.1, 28.9], objectness: 0.5, classes: [0.5, 0.5, 0.5] }];
    const given = rowCase([told], [1, 1, 1], { value: () => 0 });
    const probe = createLossProbe(tf, await createTerm(kdQfl, quality), given.inputs, given.outputs);
    expect(probe.evaluate(given.inputs).value).toBeCloseTo(0, 10);
    const other = rowCase([told], [1, 1, 1], { value: () => 1 });
    expect(probe.evaluate(other.inputs).value).toBeGreaterThan(0.01);
    probe.dispose();
  });
});

describe("objectness-scaled", () => {
  test.each([
    { ...scaled },
    { ...scaled, background: "zero" },
    { ...scaled, boxLoss: "l1", objectnessLoss: "mse" },
  ] as const)(
    "has the value and the gradient of the float64 oracle: $boxLoss, $objectnessLoss, $background",
    async (options) => {
      const oracle = (moved: OracleCase, start: OracleCase) => objectnessScaledOracle(moved, start, options);
      const errors = await errorsOf(objectnessScaled, options, rowCase(rows, [1, 0, 1]), oracle, rows);
      expect(errors.value).toBeLessThanOrEqual(tolerances.value);
      expect(errors.gradient).toBeLessThanOrEqual(tolerances.value);
      const all = await errorsOf(objectnessScaled, options, rowCase(rows), oracle, rows);
      expect(Math.max(all.value, all.gradient)).toBeLessThanOrEqual(tolerances.value);
    },
  );

  test("gives a cell that two rows want to the surer one", async () => {
    const [first] = rows[0] ?? [];
    if (first === undefined) throw new Error("no row");
    const unsure = { ...first, objectness: 0.3, corners: [9.9, 11.5, 30.5, 28.8] as const };
    const term = await createTerm(objectnessScaled, scaled);
    const value = (given: TeacherCase): number => {
      const probe = createLossProbe(tf, term, given.inputs, given.outputs);
      const { value: number } = probe.evaluate(given.inputs);
      probe.dispose();
      return number;
    };
    expect(value(rowCase([[unsure, first]]))).toBe(value(rowCase([[first]])));
    expect(value(rowCase([[unsure]]))).not.toBe(value(rowCase([[first]])));
  });
});

describe("box-soft", () => {
  test.each([{ ...soft }, { ...soft, background: "zero" }] as const)(
    "has the value and the gradient of the float64 oracle: $background",
    async (options) => {
      const oracle = (moved: OracleCase, start: OracleCase) => boxSoftOracle(moved, start, options);
      for (const known of [
        [1, 0, 1],
        [1, 1, 1],
      ]) {
        const errors = await errorsOf(boxSoft, options, rowCase(rows, known), oracle, rows);
        expect(errors.value).toBeLessThanOrEqual(tolerances.value);
        expect(errors.gradient).toBeLessThanOrEqual(tolerances.value);
      }
    },
  );

  test("of several boxes that want a cell the surest tells its objectness, whatever their order", async () => {
    const [first = [], ...others] = rows;
    const beside: OracleRow = { corners: [14.3, 13.7, 36.1, 31.9], objectness: 0.4, classes: [0.3, 0.6, 0.1] };
    const options = { ...soft, background: "zero" } as const;
    for (const own of [
      [beside, ...first],
      [...first, beside],
    ]) {
      const all = [own, ...others];
      const oracle = (moved: OracleCase, start: OracleCase) => boxSoftOracle(moved, start, options);
      const errors = await errorsOf(boxSoft, options, rowCase(all), oracle, all);
      expect(Math.max(errors.value, errors.gradient)).toBeLessThanOrEqual(tolerances.value);
    }
  });

  test("takes the boxes that suppression leaves: near copies and unsure rows change nothing", async () => {
    const [first, second] = rows[0] ?? [];
    if (first === undefined || second === undefined) throw new Error("no rows");
    const copy = { ...first, objectness: 0.5, corners: [9.6, 11.9, 30.4, 28.6] as const };
    const otherClass = { ...copy, classes: [0.05, 0.8, 0.2] };
    const unsure = { ...second, objectness: 0.05, corners: [2, 30, 20, 50] as const };
    const term = await createTerm(boxSoft, soft);
    const value = (given: TeacherCase): number => {
      const probe = createLossProbe(tf, term, given.inputs, given.outputs);
      const { value: number } = probe.evaluate(given.inputs);
      probe.dispose();
      return number;
    };
    expect(value(rowCase([[copy, first, unsure, second, otherClass]]))).toBe(value(rowCase([[first, second]])));
    expect(value(rowCase([[first, second]]))).not.toBe(value(rowCase([[first]])));
  });
});

test.each(["anchor", "simota"] as const)(
  "box-soft of a teacher that is sure of the truth is the loss on the truth (assign: %s)",
  async (assign) => {
    const boxes: readonly (readonly Box[])[] = [referenceBoxes, [[1, 0.45, 0.55, 0.5, 0.3]]];
    const hard = lossCase(boxes);
    const side = 64;
    const sure = boxes.map((own) =>
      own.map(([id, x, y, width, height]): OracleRow => {
        const corners = [x - width / 2, y - height / 2, x + width / 2, y + height / 2].map((edge) => edge * side);
        const classes = [0, 1, 2].map((each) => (each === id ? 1 : 0));
        return { corners: corners as unknown as OracleRow["corners"], objectness: 1, classes };
      }),
    );
    const given = rowCase(sure);
    const [taught, told] = [
      createLossProbe(
        tf,
        await createTerm(boxSoft, { ...soft, assign, background: "zero" }),
        given.inputs,
        given.outputs,
      ),
      createLossProbe(tf, await createTerm(yolov7, { ...gains, assign }), hard.inputs, hard.outputs),
    ];
    const value = taught.evaluate(given.inputs).value;
    expect(relativeError([value], [told.evaluate(hard.inputs).value])).toBeLessThanOrEqual(tolerances.value);
    for (const name of levelNames) {
      const own = Array.from(taught.inputGradient(given.inputs, name) as Float32Array);
      const expected = Array.from(told.inputGradient(hard.inputs, name) as Float32Array);
      expect(expected.some((slope) => Math.abs(slope) > 1e-3)).toBe(true);
      expect(relativeError(own, expected)).toBeLessThanOrEqual(tolerances.value);
    }
    taught.dispose();
    told.dispose();
  },
);

test("hard boxes of an unsure teacher are the truth, and of the places of less sure ones nothing is said", async () => {
  const side = 64;
  const truth: readonly Box[] = [[1, 0.3, 0.3, 0.3, 0.35]];
  const unsure: readonly Box[] = [[2, 0.75, 0.7, 0.3, 0.33]];
  const rowOf = ([id, x, y, width, height]: Box, objectness: number): OracleRow => ({
    corners: [x - width / 2, y - height / 2, x + width / 2, y + height / 2].map(
      (edge) => edge * side,
    ) as unknown as OracleRow["corners"],
    objectness,
    classes: [0, 1, 2].map((each) => (each === id ? 0.9 : 0.3)),
  });
  const given = rowCase([[...truth.map((box) => rowOf(box, 0.8)), ...unsure.map((box) => rowOf(box, 0.4))], []]);
  const hard = lossCase([truth, []]);
  const options = { ...soft, assign: "anchor", background: "zero", hardScore: 0.6 };
  const [taught, told] = [
    createLossProbe(tf, await createTerm(boxSoft, options), given.inputs, given.outputs),
    createLossProbe(tf, await createTerm(yolov7, { ...gains, assign: "anchor" }), hard.inputs, hard.outputs),
  ];
  for (const [level, name] of levelNames.entries()) {
    const own = taught.inputGradient(given.inputs, name) as Float32Array;
    const expected = told.inputGradient(hard.inputs, name) as Float32Array;
    const columns = side / 8 / 2 ** level;
    let silent = 0;
    const counted: number[][] = [[], []];
    // [image, row, column, anchor, 5 + classes]
    for (let at = 0; at < own.length; at++) {
      const place = Math.floor(at / 8 / 3);
      const [column, row] = [place % columns, Math.floor(place / columns) % columns];
      const [x, y] = [(column + 0.5) / columns, (row + 0.5) / columns];
      const isUnsure = at < own.length / 2 && Math.abs(x - 0.75) <= 0.15 && Math.abs(y - 0.7) <= 0.165;
      if (isUnsure) {
        expect(own[at]).toBe(0);
        silent++;
      } else {
        counted[0]?.push(own[at] ?? Number.NaN);
        counted[1]?.push(expected[at] ?? Number.NaN);
      }
    }
    expect(silent).toBeGreaterThan(0);
    expect(relativeError(counted[0] ?? [], counted[1] ?? [])).toBeLessThanOrEqual(tolerances.value);
  }
  taught.dispose();
  told.dispose();
});

describe.each([
  { id: "box-soft", provider: boxSoft, options: soft as object },
  { id: "box-soft by cost", provider: boxSoft, options: { ...soft, assign: "simota" } },
  { id: "objectness-scaled", provider: objectnessScaled, options: scaled },
  { id: "kd-qfl", provider: kdQfl, options: quality },
])("$id", ({ provider, options }) => {
  const small = smallTeacherCase();

  test("keeps the contract of losses, gradients against differences among it", async () => {
    await checkLoss(provider, { tf, options, inputs: () => small.inputs, outputs: small.outputs });
  }, 60_000);

  test.each(["ignore", "zero"])(
    "gives unknown classes a gradient of exactly 0, and known ones another (background: %s)",
    async (background) => {
      const given = rowCase(rows, [1, 0, 1]);
      const probe = createLossProbe(
        tf,
        await createTerm(provider, { ...options, background }),
        given.inputs,
        given.outputs,
      );
      const seen = [0, 0, 0];
      for (const name of levelNames) {
        const gradient = probe.inputGradient(given.inputs, name) as Float32Array;
        gradient.forEach((slope, at) => {
          const place = (at % 8) - 5;
          if (place >= 0) seen[place] = Math.max(seen[place] ?? 0, Math.abs(slope));
        });
      }
      probe.dispose();
      expect(seen[1]).toBe(0);
      expect(Math.min(seen[0] ?? 0, seen[2] ?? 0)).toBeGreaterThan(0);
    },
  );

  test("says nothing where the teacher has no box: unknown is not background", async () => {
    const given = rowCase([[], []], [1, 1, 1]);
    const gradients = async (background: string, known: number[]) => {
      const own = rowCase([[], []], known);
      const probe = createLossProbe(
        tf,
        await createTerm(provider, { ...options, background }),
        own.inputs,
        own.outputs,
      );
      const found = levelNames.flatMap((name) => [...(probe.inputGradient(given.inputs, name) as Float32Array)]);
      const again = levelNames.flatMap((name) => [...(probe.inputGradient(own.inputs, name) as Float32Array)]);
      probe.dispose();
      return known.includes(0) ? again : found;
    };
    expect((await gradients("ignore", [1, 1, 1])).every((slope) => slope === 0)).toBe(true);
    expect((await gradients("zero", [1, 0, 1])).every((slope) => slope === 0)).toBe(true);
    expect((await gradients("zero", [1, 1, 1])).some((slope) => slope > 0)).toBe(true);
  });

  test("is finite for cells of ±10⁴, rows at the very edges, and rows without area", async () => {
    const odd: OracleRow[] = [
      { corners: [0, 0, 12, 12], objectness: 1, classes: [1, 0, 0] },
      { corners: [52, 52, 64, 64], objectness: 1, classes: [1, 0, 0] },
      { corners: [20, 20, 20, 20], objectness: 0.5, classes: [0.5, 0.5, 0.5] },
      { corners: [1, 1, 2, 63], objectness: 0.5, classes: [0, 0, 0] },
    ];
    for (const value of [(i: number) => Math.sin(i), (i: number) => (i % 2 === 0 ? 1e4 : -1e4), () => -1e4]) {
      const given = rowCase([odd, []], [1, 1, 1], { value });
      const probe = createLossProbe(tf, await createTerm(provider, options), given.inputs, given.outputs);
      const { value: number } = probe.evaluate(given.inputs);
      const gradients = levelNames.flatMap((name) => [...(probe.inputGradient(given.inputs, name) as Float32Array)]);
      probe.dispose();
      expect(Number.isFinite(number) && number >= 0).toBe(true);
      expect(gradients.every(Number.isFinite)).toBe(true);
    }
  });
});
