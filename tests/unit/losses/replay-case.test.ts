import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRegistry } from "../../../core/plugins/create-registry.ts";
import { createHooks } from "../../../core/plugins/hooks.ts";
import { builtins } from "../../../plugins/index.ts";
import { type LossCase, readVectors } from "../../../plugins/losses/conformance/read-vectors.ts";
import { replayCase } from "../../../plugins/losses/conformance/replay-case.ts";
import { testBackend } from "../../support/backend.ts";
import { caught } from "../../support/caught.ts";

const { tf } = await testBackend();
const registry = await createRegistry({ hooks: createHooks(), builtins: [builtins], plugins: [], baseDir: "." });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-vectors-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** ½ ((1 − 0)² + (2 − 4)²) = 2.5, gradient (s − t) */
const hint: LossCase = {
  loss: "hint",
  options: {},
  inputs: {
    studentFeatures: { shape: [1, 2], values: [1, 2] },
    teacherFeatures: { shape: [1, 2], values: [0, 4] },
  },
  value: 2.5,
  gradients: { studentFeatures: { shape: [1, 2], values: [1, -2] } },
};

test("tells how far value and gradient are off, over the largest of the reference", async () => {
  expect(await replayCase(tf, registry, hint)).toMatchObject({
    value: 0,
    gradients: { studentFeatures: 0 },
    largest: 0,
  });
  const gradients = { studentFeatures: { shape: [1, 2], values: [1, -4] } };
  expect(await replayCase(tf, registry, { ...hint, value: 5, gradients })).toMatchObject({
    value: 0.5,
    gradients: { studentFeatures: 0.5 },
    largest: 0.5,
  });
});

describe("what a loss does not have is told", () => {
  test.each<[string, Partial<LossCase>, object]>([
    ["loss", { loss: "hnt" }, { code: "KDF_CONFIG_UNKNOWN_PROVIDER", message: 'no plugin supplies "hnt" in losses' }],
    [
      "option",
      { loss: "kd", options: { temprature: 4 } },
      { code: "KDF_CONFORMANCE_VECTORS", message: '"temprature" is not an option of losses/kd' },
    ],
    [
      "value of an option",
      { loss: "kd", options: { temperature: 0 } },
      { code: "KDF_CONFORMANCE_VECTORS", message: expect.stringContaining("options/temperature must be > 0") },
    ],
    [
      "input",
      { inputs: { ...hint.inputs, labels: { shape: [1], values: [0] } } },
      { code: "KDF_CONFORMANCE_VECTORS", message: 'the case of losses/hint has the input "labels"' },
    ],
    [
      "missing input",
      { inputs: { studentFeatures: { shape: [1, 2], values: [1, 2] } } },
      { code: "KDF_CONFORMANCE_VECTORS", message: "losses/hint needs teacherFeatures, which its case does not have" },
    ],
  ])("%s", async (_what, changed, expected) => {
    expect(await caught(() => replayCase(tf, registry, { ...hint, ...changed }))).toMatchObject(expected);
  });
});

test.each([
  ["{", "cannot be read as JSON"],
  ["{}", "has no list `cases`"],
  ['{"cases":[{"loss":"kd","value":1}]}', "case 1 of"],
  [
    '{"cases":[{"loss":"kd","value":1,"inputs":{"a":{"shape":[2],"values":[1]}}}]}',
    "has 1 values where its shape [2] takes 2",
  ],
])("a file that is %s is told", async (text, message) => {
  const file = join(folder, "vectors.json");
  await writeFile(file, text);
  expect(await caught(() => readVectors(file))).toMatchObject({
    code: "KDF_CONFORMANCE_VECTORS",
    message: expect.stringContaining(message),
  });
});
