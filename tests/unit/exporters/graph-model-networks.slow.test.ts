import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { graphModel } from "../../../plugins/exporters/graph-model.ts";
import { classificationId } from "../../../plugins/tasks/classification/names.ts";
import { runExporter, storedModel } from "../../support/export-bench.ts";
import { backboneIds, buildNetwork } from "../networks/build-network.ts";

/** Options of the smallest form of each backbone that has them. */
const small: Readonly<Record<string, object>> = {
  resnet: { depth: 8 },
  "wide-resnet": { depth: 10, width: 1 },
  vgg: { depth: 8 },
  "mobilenet-v1": { width: 0.25 },
  "shufflenet-v2": { width: 0.5 },
};

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "kdflow-graphs-"));
});

afterAll(() => rm(root, { recursive: true, force: true }));

// untrained, the gates of ghostnet see numbers above 8000, whose last bit is 1e-3 of what a gate lets through
const agreeing = backboneIds.filter((id) => id !== "ghostnet");

test.each(agreeing)("%s gives the same logits as a graph model", async (id) => {
  const built = await buildNetwork({ backbone: { use: id, ...small[id] }, size: 64, classes: 5, seed: 1 });
  const model = (await built.deploy?.()) ?? built.model;
  const stored = await storedModel(
    root,
    { ...built, model },
    {
      task: classificationId,
      classNames: ["a", "b", "c", "d", "e"],
      imageSize: { height: 64, width: 64, channels: 3 },
    },
  );

  const { report } = await runExporter(
    root,
    graphModel,
    { input: "tensor", fit: "crop", batch: "dynamic", boxes: "decoded", demo: false },
    { model: [stored] },
  );

  expect(report.parityImages).toEqual({ count: 8, source: "noise" });
  expect(report.parity).toBeLessThanOrEqual(1e-4);
});
