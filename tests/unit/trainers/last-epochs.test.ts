import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { KdflowError, type PortDescriptions } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { classification } from "../../../plugins/tasks/classification.ts";
import { trainBatches } from "../../../plugins/trainers/batches/batches.ts";
import { checkLastEpochs, leftOut } from "../../../plugins/trainers/checks/last-epochs.ts";
import { writeTinyMnist } from "../../support/mnist.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";
import { batchFillers } from "./batch-fillers.ts";

let bench: Workbench;
beforeEach(async () => {
  bench = await openWorkbench();
});
afterEach(() => bench[Symbol.asyncDispose]());

test("views of the last epochs are those without the augmentations that are named", async () => {
  await writeTinyMnist(join(bench.folder, "mnist"), { train: 24, test: 4 });
  const augment = [
    { use: "shift-crop", shift: 0.1 },
    { use: "mixup", alpha: 1, probability: 1 },
  ];
  const open = (some: object[]) => bench.data({ root: "mnist", validation: 0, augment: some });
  const [mixed, plain] = [await open(augment), await open(augment.slice(0, 1))];
  const pixelsOf = async (dataset: typeof mixed, epoch: number, epochs?: number): Promise<number[]> => {
    const source = {
      ...{ dataset, task: classification.task, inputSize: dataset.imageSize, batchSize: 24, views: 2 },
      ...{ softLabels: undefined, teacher: undefined, orderOf: () => createRng(1, "order") },
      withoutAt: leftOut(epochs === undefined ? undefined : { epochs: 2, without: ["mixup"] }, epochs ?? 0),
    };
    const pixels: number[] = [];
    for await (const { inputs } of trainBatches(source, batchFillers(source, ["labels"]), { epoch, step: 0 })) {
      pixels.push(...(inputs["pixels"] as Uint8Array));
    }
    return pixels;
  };
  expect(await pixelsOf(mixed, 1, 4)).toEqual(await pixelsOf(mixed, 1));
  expect(await pixelsOf(mixed, 1, 4)).not.toEqual(await pixelsOf(plain, 1));
  for (const epoch of [2, 3]) expect(await pixelsOf(mixed, epoch, 4)).toEqual(await pixelsOf(plain, epoch));
  // a training of fewer epochs than that goes without them all along
  expect(await pixelsOf(mixed, 0, 1)).toEqual(await pixelsOf(plain, 0));
});

describe("while planning", () => {
  const lastEpochs = { epochs: 2, without: ["mixup", "mosaic"] };
  const errorOf = (inputs: object): KdflowError | undefined => {
    try {
      checkLastEpochs(lastEpochs, inputs as PortDescriptions);
      return undefined;
    } catch (error) {
      if (error instanceof KdflowError) return error;
      throw error;
    }
  };
  const source = (...augmentations: string[]) => ({ stage: "data", augmentations });

  test("each augmentation has to be one of some source of data", () => {
    expect(errorOf({ data: [source("mixup"), source("mosaic", "flip")] })).toBeUndefined();
    const error = errorOf({ data: [source("mixup", "mosaics")] });
    expect([error?.code, error?.option]).toEqual(["KDF_PLAN_OPTIONS", "/lastEpochs/without/1"]);
    expect(String(error?.hint)).toContain("mosaics");
    expect(String(errorOf({ data: [source()] })?.hint)).toContain("empty");
    // a local plugin's data that does not tell
    expect(errorOf({ data: [{ stage: "data" }] })).toBeUndefined();
  });

  test("soft labels are refused, which are of other views", () => {
    const error = errorOf({ data: [source("mixup", "mosaic")], softLabels: [{ stage: "labels" }] });
    expect([error?.code, error?.option]).toEqual(["KDF_PLAN_OPTIONS", "/lastEpochs"]);
  });
});
