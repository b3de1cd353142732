import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Dataset, Teacher } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { assertSteadyAnswers } from "../../../plugins/soft-labels/storing/steady-answers.ts";
import { linearTeacher } from "../../support/linear-teacher.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";

let bench: Workbench;
let dataset: Dataset;
beforeEach(async () => {
  bench = await openWorkbench();
  await writeTinyMnist(join(bench.folder, "mnist"), { train: 40, test: 10 });
  dataset = await bench.data({ root: "mnist", validation: 0.1 });
});
afterEach(() => bench[Symbol.asyncDispose]());

const check = (teacher: Teacher): Promise<void> => assertSteadyAnswers(teacher, dataset, bench.context(0, ""));

/** The linear teacher with something done to the logits of each batch. */
function changed(change: (logits: Float32Array, count: number) => void): Teacher {
  const teacher = linearTeacher();
  const predict: Teacher["predict"] = async (pixels, count) => {
    const logits = Float32Array.from((await teacher.predict(pixels, count))["logits"] ?? []);
    change(logits, count);
    return { logits };
  };
  return { ...teacher, predict };
}

/** Takes a part of the batch's mean away, as batch norm in training mode takes all of it. */
function centred(part: number): Teacher {
  return changed((logits, count) => {
    const mean = logits.reduce((sum, logit) => sum + logit, 0) / logits.length;
    for (const at of logits.keys()) logits[at] = (logits[at] ?? 0) - part * mean * count;
  });
}

it("takes a teacher whose answers are its own", async () => {
  await expect(check(linearTeacher())).resolves.toBeUndefined();
  expect(bench.notes.warnings).toEqual([]);
});

it("refuses answers that change when it is asked again", async () => {
  const rng = createRng(3, "dropout");
  const dropping = changed((logits) => {
    for (const at of logits.keys()) if (rng.uniform() < 0.2) logits[at] = 0;
  });
  await expect(check(dropping)).rejects.toMatchObject({
    code: "KDF_TEACHER_UNSTEADY",
    message: expect.stringContaining("when it is asked again"),
  });
});

it("refuses answers that change with the images around, and tells of small changes", async () => {
  await expect(check(centred(1))).rejects.toMatchObject({
    code: "KDF_TEACHER_UNSTEADY",
    message: expect.stringContaining("in a batch with other images"),
  });
  await check(centred(0.01));
  expect(bench.notes.warnings).toMatchObject([{ event: "teacherUnsteady" }]);
});
