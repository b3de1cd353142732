import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";

const root = new URL("../../", import.meta.url);

async function editorCheck(): Promise<(pipeline: unknown) => readonly string[]> {
  const schema = JSON.parse(await readFile(new URL("schemas/pipeline.schema.json", root), "utf8")) as object;
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
  return (pipeline) => {
    validate(pipeline);
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}

async function readPipelines(): Promise<Map<string, unknown>> {
  const names = await readdir(new URL("pipelines/", root), { recursive: true });
  const files = names.filter((name) => name.endsWith(".yaml"));
  const read = files.map(async (name): Promise<[string, unknown]> => {
    return [name, parse(await readFile(new URL(`pipelines/${name}`, root), "utf8"), { merge: true })];
  });
  return new Map(await Promise.all(read));
}

test("what is generated from the provider schemas is up to date", async () => {
  const script = fileURLToPath(new URL("scripts/generate.mjs", root));
  await promisify(execFile)(process.execPath, [script, "--check"]);
});

test("editors accept every recipe", async () => {
  const check = await editorCheck();
  const pipelines = await readPipelines();
  expect(pipelines.size).toBeGreaterThan(0);
  for (const [name, pipeline] of pipelines) expect([name, ...check(pipeline)]).toEqual([name]);
});

test("editors accept short forms, variables for any value, lists, ramps and other plugins' providers", async () => {
  const check = await editorCheck();
  const stages = {
    data: "mnist",
    teacher: { use: "train", epochs: "$vars.epochs", network: { use: "classifier", backbone: "resnet" } },
    loss: {
      "cross-entropy": 0.1,
      soft: { use: "kd", temperature: "$env.T", weight: { from: 1, to: 0.01, shape: "cosine" } },
      "own-focal": { gamma: 2 },
    },
    second: {
      kind: "train",
      classMap: { jet: "plane" },
      seeds: 3,
      baseline: false,
      epochs: 2,
      inputs: { teacher: "teacher" },
      schedule: "cosine",
    },
    student: { use: "detector-of-another-plugin", anything: true },
    export: ["layers-model", { use: "onnx-of-another-plugin", opset: 17 }],
  };
  expect(check({ kdflow: 1, name: "p", plugins: ["focal"], vars: { epochs: 3 }, stages })).toEqual([]);
});

const mistakes: readonly [what: string, pipeline: object, at: string][] = [
  ["an unknown key at the top", { stagse: {} }, " must NOT have additional properties"],
  [
    "an unknown option",
    { stages: { data: { use: "mnist", limitt: 1 } } },
    "/stages/data must NOT have additional properties",
  ],
  ["a wrong type", { stages: { data: { use: "mnist", limit: "ten" } } }, "/stages/data/limit must be integer"],
  [
    "an unknown option of a default provider",
    { stages: { train: { epoch: 1 } } },
    "/stages/train must NOT have additional properties",
  ],
  [
    "an unknown option inside a slot",
    { stages: { student: { use: "classifier", backbone: { use: "resnet", dept: 8 } } } },
    "/stages/student/backbone must NOT have additional properties",
  ],
  [
    "an unknown option of a loss term",
    { stages: { loss: { kd: { temprature: 4 } } } },
    "/stages/loss/kd must NOT have additional properties",
  ],
  [
    "a class map at a stage that gives no model",
    { stages: { data: { use: "mnist", classMap: { jet: "plane" } } } },
    "/stages/data must NOT have additional properties",
  ],
  [
    "a class map to numbers",
    { stages: { teacher: { use: "train", classMap: { zero: 0 } } } },
    "/stages/teacher/classMap/zero must be string",
  ],
  [
    "an unknown port",
    { stages: { train: { inputs: { techer: "a" } } } },
    "/stages/train/inputs must NOT have additional properties",
  ],
];

test.each(mistakes)("editors point out %s", async (_, pipeline, at) => {
  const check = await editorCheck();
  expect(check(pipeline)).toContain(at);
});
