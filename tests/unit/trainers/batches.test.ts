import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Dataset, HostArray, SoftLabels, Teacher } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { classification } from "../../../plugins/tasks/classification.ts";
import { trainBatches } from "../../../plugins/trainers/batches/batches.ts";
import { linearTeacher } from "../../support/linear-teacher.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { batchFillers } from "./batch-fillers.ts";

let bench: Workbench;
let dataset: Dataset;
beforeEach(async () => {
  bench = await openWorkbench();
  await writeTinyMnist(join(bench.folder, "mnist"), { train: 30, test: 10 });
  dataset = await bench.data({ root: "mnist", validation: 0 });
});
afterEach(() => bench[Symbol.asyncDispose]());

/** Twelve classes of a teacher: two stand for "0", one for none of the data's, the others have their names, backwards. */
const classNames = ["zero", "nought", "apple", "9", "8", "7", "6", "5", "4", "3", "2", "1"];
const classMap = { zero: "0", nought: "0" };
const teacher = (): Teacher => ({ ...linearTeacher({ classes: 12 }), classNames, classMap });

/** What the data's classes are among a row of the teacher's, in float64. */
function expected(row: Float32Array): number[] {
  const merged = Math.log(Math.exp(row[0] ?? 0) + Math.exp(row[1] ?? 0));
  return [merged, ...Array.from(row.subarray(3)).reverse()];
}

interface Labelled {
  readonly indices: Int32Array;
  readonly teacherLogits: HostArray | undefined;
}

/** The batches of the first epoch, copied out of the buffers that they share. */
async function epoch({
  softLabels,
  teacher: inLoop,
}: {
  softLabels?: SoftLabels;
  teacher?: Teacher;
}): Promise<Labelled[]> {
  const all: Labelled[] = [];
  const orderOf = () => createRng(1, "order");
  const { task } = classification;
  const plain = { dataset, task, inputSize: dataset.imageSize, batchSize: 8, views: 1, orderOf };
  const source = { ...plain, softLabels, teacher: inLoop };
  for await (const { indices, inputs } of trainBatches(source, batchFillers(source, ["teacherLogits"]), start)) {
    all.push({ indices: indices.slice(), teacherLogits: inputs["teacherLogits"]?.slice() });
  }
  return all;
}

const start = { epoch: 0, step: 0 };

async function wanted(batches: readonly Labelled[]): Promise<number[][]> {
  const { height, width, channels } = dataset.imageSize;
  return Promise.all(
    batches.map(async ({ indices }) => {
      const pixels = new Uint8Array(indices.length * height * width * channels);
      await dataset.splits.train.render(indices, undefined, dataset.imageSize, pixels);
      const { logits = new Float32Array() } = await teacher().predict(pixels, indices.length);
      return Array.from(indices).flatMap((_, row) => expected(logits.subarray(row * 12, (row + 1) * 12)));
    }),
  );
}

describe("the teacher's logits of a batch", () => {
  it.each(["soft labels", "the teacher in the loop"])("are of the data's classes, from %s", async (from) => {
    const directory = await bench.label({ precision: "float32" }, { data: dataset, teacher: teacher() });
    const labels = { ...(await bench.open(directory)), classMap };
    const batches = await epoch(from === "soft labels" ? { softLabels: labels } : { teacher: teacher() });
    await labels.close();
    expect(batches.map(({ teacherLogits }) => teacherLogits?.length)).toEqual([80, 80, 80, 60]);
    for (const [place, row] of (await wanted(batches)).entries()) {
      expect(relativeError(batches[place]?.teacherLogits ?? [], row)).toBeLessThanOrEqual(tolerances.value);
    }
  });

  it("of the top K are spread over the teacher's own classes before the data's are selected", async () => {
    const directory = await bench.label({ topK: 2, precision: "float32" }, { data: dataset, teacher: teacher() });
    const labels = await bench.open(directory);
    const batches = await epoch({ softLabels: { ...labels, classMap } });
    const first = batches[0];
    const own = new Float32Array(8 * 12);
    await labels.read(first?.indices ?? [], new Uint16Array(8), own);
    await labels.close();
    const row = Array.from({ length: 8 }, (_, sample) => expected(own.subarray(sample * 12, (sample + 1) * 12))).flat();
    expect(relativeError(first?.teacherLogits ?? [], row)).toBeLessThanOrEqual(tolerances.value);
  });

  it("are refused before the first batch where the teacher lacks a class", async () => {
    await expect(epoch({ teacher: linearTeacher({ classes: 9 }) })).rejects.toMatchObject({ code: "KDF_PLAN_CLASSES" });
  });
});
