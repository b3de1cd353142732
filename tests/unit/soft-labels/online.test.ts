import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Dataset, StageContext } from "../../../core/index.ts";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { online } from "../../../plugins/soft-labels/online.ts";
import { linearTeacher } from "../../support/linear-teacher.ts";
import { meanClassifier } from "../../support/mean-classifier.ts";
import { mnistFolder } from "../../support/mnist-folder.ts";
import { linearGraph, onnxBytes } from "../../support/onnx-model.ts";
import { openWorkbench } from "../../support/stage-workbench.ts";

let folder: string;
let dataset: Dataset;
const augment = [{ use: "shift-crop", shift: 0.125 }];

beforeAll(async () => {
  ({ folder, dataset } = await mnistFolder({ train: 200, test: 40 }, { validation: 0.25, augment }));
  const size = { height: 28, width: 28, channels: 1 };
  const { kernel, bias } = await meanClassifier(dataset.splits.train, size, 10);
  await writeFile(join(folder, "mean.onnx"), onnxBytes(linearGraph({ shape: ["N", 1, 28, 28], kernel, bias })));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("labels any view of a sample as it is asked for", async () => {
  await using bench = await openWorkbench();
  const data = await bench.data({ root: join(folder, "mnist"), validation: 0, augment }, 0);
  const teacher = linearTeacher();
  await using output = await openWorkbench();
  const context = output.context(0, output.folder);
  const inputs = { data, teacher };
  await online.run({} as never, inputs, context);
  const openInput = async (port: string): Promise<unknown> => inputs[port as keyof typeof inputs];
  const opening = { ...output.context(0, output.folder), openInput } as StageContext;
  const labels = await online.open({ directory: output.folder, digest: "" }, {} as never, opening);
  const size = { height: 28, width: 28, channels: 1 };
  const out = new Float32Array(20);
  await labels.read([3, 9], [0, 41], out);
  const pixels = new Uint8Array(2 * 784);
  await data.splits.train.render([3, 9], [data.view("train", 3, 0), data.view("train", 9, 41)], size, pixels);
  expect(labels.views).toBeUndefined();
  expect({ logits: out }).toEqual(await linearTeacher().predict(pixels, 2));
});

it("trains a student on fresh views, the same again, and stores no labels", async () => {
  const file = join(folder, "pipeline.yaml");
  const network = "{ use: classifier, backbone: { use: resnet, depth: 8 } }";
  await writeFile(
    file,
    `kdflow: 1
name: online
stages:
  data: { use: mnist, root: ./mnist, validation: 0.25, augment: [{ use: shift-crop, shift: 0.125 }] }
  teacher: { use: onnx, model: ./mean.onnx }
  softLabels: online
  student: ${network}
  loss: { kd: { weight: 1, temperature: 2 }, cross-entropy: 0.1 }
  train: { epochs: 2, batchSize: 32 }
  evaluate: { use: classification, latencyRuns: 0 }
`,
  );
  const digests: string[][] = [];
  for (const store of ["first", "second"]) {
    const made: string[] = [];
    const session = await openSession({
      file,
      storeDir: join(folder, store),
      builtins: [builtins],
      observe: (hooks) =>
        hooks.artifact.tapPromise("test", async ({ stage, digest }) => void made.push(`${stage} ${digest}`)),
    });
    const outcome = await session.run();
    expect(outcome.error).toBeUndefined();
    digests.push(made);
    // one artifact for each stage that stores: no shards beside them
    expect(await readdir(join(folder, store, "store"))).toHaveLength(made.length);
  }
  expect(digests[1]).toEqual(digests[0]);
}, 60_000);
