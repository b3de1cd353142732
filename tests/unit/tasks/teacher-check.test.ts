import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Dataset, Teacher } from "../../../core/index.ts";
import { classLabels } from "../../../plugins/tasks/classification/class-labels.ts";
import { assertTeacherKnows } from "../../../plugins/tasks/classification/preflight/teacher-check.ts";
import { linearTeacher } from "../../support/linear-teacher.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";

let bench: Workbench;
beforeEach(async () => {
  bench = await openWorkbench();
});
afterEach(() => bench[Symbol.asyncDispose]());

const classNames = ["apple", "nine", "eight", "seven", "six", "five", "four", "three", "two", "one", "zero"];
const classMap = Object.fromEntries(classNames.slice(1).map((name, place) => [name, String(9 - place)]));

/** Answers with the true class of each validation image, under its own names; an apple comes first of all. */
function knowing(dataset: Dataset): Teacher {
  const labels = classLabels(dataset.splits.validation);
  return {
    ...linearTeacher({ classes: 11 }),
    classNames,
    async predict(_pixels, count) {
      const logits = new Float32Array(count * 11);
      for (let row = 0; row < count; row++) {
        logits[row * 11] = 9;
        logits[row * 11 + 10 - (labels[row] ?? 0)] = 5;
      }
      return { logits };
    },
  };
}

it("a teacher is asked for the classes of the data by their names, and classes that the data lacks do not count", async () => {
  await writeTinyMnist(join(bench.folder, "mnist"), { train: 200, test: 10 });
  const dataset = await bench.data({ root: "mnist", validation: 0.5 });
  const teacher = knowing(dataset);
  const check = (map: Record<string, string>) =>
    assertTeacherKnows({ ...teacher, classMap: map }, dataset, bench.context(0, "").log);
  await expect(check(classMap)).resolves.toBeUndefined();
  const shifted = Object.fromEntries(
    Object.entries(classMap).map(([name, digit]) => [name, `${(Number(digit) + 1) % 10}`]),
  );
  await expect(check(shifted)).rejects.toMatchObject({ code: "KDF_TEACHER_CHANCE" });
});

it.each([
  [[], "the teacher is not checked", "it"],
  [[linearTeacher()], "the teacher and its member 1 are not checked", "them"],
  [[1, 2, 3].map((seed) => linearTeacher({ seed })), "the teacher and its members 1, 2 and 3 are not checked", "them"],
])("a teacher is not judged by few samples, and that is said once: %#", async (members, unchecked, them) => {
  await writeTinyMnist(join(bench.folder, "mnist"), { train: 60, test: 10 });
  const dataset = await bench.data({ root: "mnist", validation: 0.3 });
  const { count } = dataset.splits.validation;
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(50);
  const said: string[] = [];
  const log = {
    ...bench.context(0, "").log,
    warn: (_event: string, { message }: { message?: unknown }) => said.push(`${message}`),
  };
  const ensemble = { members, weights: members.map(() => 1 / members.length), average: "logits" } as const;
  await assertTeacherKnows({ ...linearTeacher(), ...(members.length > 0 ? { ensemble } : {}) }, dataset, log);
  expect(said).toEqual([
    `${unchecked}: ${count} validation samples are too few to tell ${them} from guessing (50 would do)`,
  ]);
});

it("a reading that is clearly better than one above chance is told with its option", async () => {
  await writeTinyMnist(join(bench.folder, "mnist"), { train: 200, test: 10 });
  const dataset = await bench.data({ root: "mnist", validation: 0.5 });
  const labels = classLabels(dataset.splits.validation);
  // looks the image up, since other readings are tried on some of them only
  const { count } = dataset.splits.validation;
  const { height, width } = dataset.imageSize;
  const shown = new Uint8Array(count * height * width);
  await dataset.splits.validation.render(
    Int32Array.from({ length: count }, (_, at) => at),
    undefined,
    dataset.imageSize,
    shown,
  );
  const keyOf = (pixels: Uint8Array, row: number): string =>
    Buffer.from(pixels.subarray(row * height * width, (row + 1) * height * width)).toString("latin1");
  const truth = new Map(Array.from(labels, (label, row) => [keyOf(shown, row), label]));
  const knowingShare =
    (isKnown: (label: number) => boolean): Teacher["predict"] =>
    async (pixels, asked) => {
      const logits = new Float32Array(asked * 10);
      for (let row = 0; row < asked; row++) {
        const label = truth.get(keyOf(pixels, row)) ?? 0;
        logits[row * 10 + (isKnown(label) ? label : (label + 1) % 10)] = 1;
      }
      return { logits };
    };
  const teacher: Teacher = {
    ...linearTeacher(),
    predict: knowingShare((label) => label < 6),
    readings: [
      { options: "normalize: unit", predict: knowingShare((label) => label < 5) },
      { options: "normalize: signed", predict: knowingShare(() => true) },
    ],
  };
  await assertTeacherKnows(teacher, dataset, bench.context(0, "").log);
  expect(bench.notes.warnings).toMatchObject([
    {
      event: "teacherReading",
      message: expect.stringMatching(/^the teacher: with `normalize: signed` it gets 100\.0 % right instead of \d\d/),
    },
  ]);
});
