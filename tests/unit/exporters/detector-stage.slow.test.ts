import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Dataset, JsonSchema, Model } from "../../../core/index.ts";
import { readSchemaFile } from "../../../core/plugins/schema-file.ts";
import { defaultOptions } from "../../../core/testing/index.ts";
import { onnx } from "../../../plugins/exporters/onnx.ts";
import { runExporter } from "../../support/export-bench.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";
import { untrainedDetector } from "../../support/untrained-detector.ts";

const schemaOf = (family: string, id: string): Promise<JsonSchema> =>
  readSchemaFile(new URL(`../../../schemas/providers/${family}/${id}.schema.json`, import.meta.url));

let workbench: Workbench;
let root: string;
let data: Dataset;
let detector: Model;

beforeAll(async () => {
  workbench = await openWorkbench();
  root = await mkdtemp(join(tmpdir(), "kdflow-detector-"));
  ({ detector, boxes: data } = await untrainedDetector(workbench, root));
});

afterAll(async () => {
  await workbench[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

test.each([
  { batch: 2, boxes: "decoded", layout: "nchw" },
  { batch: 1, boxes: "raw", layout: "nhwc" },
])("a detector passes the stage with %o, and its file is scored", async (wanted) => {
  const options = defaultOptions(await schemaOf("export", "onnx"), wanted);
  const { report } = await runExporter(root, onnx, options, { model: [detector], data });

  expect(report.parity).toBeLessThanOrEqual(1e-4);
  expect(report.scores).toMatchObject({ split: "validation", sampleCount: data.splits.validation.count });
  const { trained, exported } = report.scores;
  expect(trained.AP50).toBeGreaterThan(0.05);
  expect(trained.AP50).toBeLessThan(0.99);
  for (const name of ["AP", "AP50", "AR100"])
    expect(Math.abs(exported[name] - trained[name])).toBeLessThanOrEqual(1e-3);
});
