import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Dataset, DatasetSplit } from "../../../core/index.ts";
import { assertDataset } from "../../../plugins/data/samples/assert-dataset.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";

let bench: Workbench;
let data: Dataset;
beforeEach(async () => {
  bench = await openWorkbench();
  await writeTinyMnist(join(bench.folder, "mnist"), { train: 20, test: 10 });
  data = await bench.data({ root: "mnist", validation: 0 });
});
afterEach(() => bench[Symbol.asyncDispose]());

const stages = { inputStages: () => ["photos"] };
const withTrain = (change: Partial<Record<keyof DatasetSplit, unknown>>): Dataset =>
  ({ ...data, splits: { ...data.splits, train: { ...data.splits.train, ...change } } }) as Dataset;

it("takes data whose parts agree, an empty split among them", () => {
  expect(data.splits.validation.count).toBe(0);
  assertDataset(data, stages);
});

it.each<[string, () => unknown, string]>([
  ["a number as size", () => ({ ...data, imageSize: 32 }), "has the image size 32, wanted { height, width, channels }"],
  [
    "one split",
    () => ({ ...data, splits: { train: data.splits.train } }),
    "has no validation split, which may be empty but not missing",
  ],
  ["a wrong count", () => withTrain({ count: 1000 }), "has 20 digests for the 1000 samples of the train split"],
  [
    "a list of labels",
    () => withTrain({ truth: Array.from({ length: 20 }, () => 0) }),
    "has the labels of the train split as a list, wanted an Int32Array",
  ],
  [
    "too few labels",
    () => withTrain({ truth: new Int32Array(3) }),
    "has 3 labels for the 20 samples of the train split",
  ],
  [
    "a label outside",
    () => withTrain({ truth: new Int32Array(20).fill(10) }),
    "gives sample 0 of the train split the label 10, and has 10 classes",
  ],
])("refuses data with %s, naming their stage", (_what, made, message) => {
  expect(() => assertDataset(made() as Dataset, stages)).toThrow(
    expect.objectContaining({ code: "KDF_INPUT_DATASET", message: `the data of stage "photos" ${message}` }),
  );
});
