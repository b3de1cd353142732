import { type FamilyTemplate, tfjs } from "../template.ts";

/** An exporter that writes the model's files with their sums. */
export const exportersTemplate: FamilyTemplate = {
  family: "export",
  summary: "the model's files with a manifest of their sums",
  schema: {
    type: "object",
    description: "Copies the TensorFlow.js layers model and writes sums.json: classes, input, and a sum of each file.",
    additionalProperties: false,
    examples: [{ algorithm: "sha512" }],
    properties: {
      algorithm: { enum: ["sha256", "sha512"], default: "sha256", description: "How the sums are computed." },
    },
  },
  source: ({ id, value, type }) => `import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defineProvider, type Exported, type Model, type ProviderOf } from "kdflow";

export interface ${type} {
  readonly algorithm: "sha256" | "sha512";
}

/** Another form of the model: \`run\` writes its files, \`open\` says which there are. */
export const ${value}: ProviderOf<"export"> = defineProvider<"export", ${type}>("export", {
  id: "${id}",
  summary: "the model's files with a manifest of their sums",
  cacheVersion: 1,
  describe: (_options, inputs) => {
    const { task, classNames, imageSize } = inputs["model"]?.[0] ?? {};
    return { task, classNames, imageSize };
  },

  async run({ algorithm }, inputs, { outputDir, signal }) {
    const [model] = [inputs["model"] ?? []].flat() as Model[];
    if (model === undefined) throw new Error("there is no model to export");
    const files: { path: string; bytes: number; sum: string }[] = [];
    for (const path of ["model.json", "weights.bin"]) {
      signal.throwIfAborted();
      const content = await readFile(join(model.directory, path));
      await writeFile(join(outputDir, path), content);
      files.push({ path, bytes: content.length, sum: createHash(algorithm).update(content).digest("hex") });
    }
    const { classNames, imageSize } = model.description;
    await writeFile(join(outputDir, "sums.json"), JSON.stringify({ algorithm, classNames, imageSize, files }, undefined, 2));
  },

  async open({ directory }): Promise<Exported> {
    const { files } = JSON.parse(await readFile(join(directory, "sums.json"), "utf8")) as Pick<Exported, "files">;
    // the bytes are those of the trained model, so its answers are
    return { directory, files, parity: 0 };
  },
});
`,
  test: ({ id, value }) => `import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as tf from "${tfjs}";
import { checkKeys, checkProvider, checkStage } from "kdflow/testing";
import { readSchema } from "./read-schema.ts";
import { ${value} } from "../src/${id}.ts";

/** A folder as that of a trained model, and what the stage reads of the model. */
async function writeModel() {
  const directory = await mkdtemp(join(tmpdir(), "${id}-"));
  await writeFile(join(directory, "model.json"), "{}");
  await writeFile(join(directory, "weights.bin"), Uint8Array.of(1, 2, 3));
  return { directory, description: { classNames: ["a", "b"], imageSize: { height: 8, width: 8, channels: 1 } } };
}

test("it is a provider, and its schema is described", async () =>
  checkProvider(${value}, await readSchema("export", "${id}")));

test("it writes the same twice, stops when it is told to, and leaves nothing", async () => {
  const model = await writeModel();
  try {
    await checkStage(${value}, { tf, options: { algorithm: "sha256" }, inputs: { model: [model] } });
  } finally {
    await rm(model.directory, { recursive: true });
  }
});

test("it has the same key in two processes", () =>
  checkKeys([{ family: "export", id: "${id}", options: {} }], { plugins: ["./dist/src/index.js"] }));

test("it writes the files, and their sums are right", async () => {
  const [model, outputDir] = await Promise.all([writeModel(), mkdtemp(join(tmpdir(), "${id}-"))]);
  try {
    const context = { outputDir, signal: new AbortController().signal };
    await ${value}.run({ algorithm: "sha256" } as never, { model: [model] }, context as never);
    const { files } = await ${value}.open({ directory: outputDir, digest: "00" }, {} as never, {} as never);
    assert.deepEqual(files.map(({ path, bytes }) => [path, bytes]), [["model.json", 2], ["weights.bin", 3]]);
    const { sum } = (files as readonly { readonly sum?: string }[])[1]!;
    assert.equal(sum, createHash("sha256").update(await readFile(join(outputDir, "weights.bin"))).digest("hex"));
  } finally {
    await Promise.all([model.directory, outputDir].map((folder) => rm(folder, { recursive: true })));
  }
});
`,
  stages: ({ id }) => `  data: mnist
  teacher: { use: train, network: { use: classifier, backbone: resnet }, epochs: 1 }
  softLabels: { use: logits, views: 1 }
  student: { use: classifier, backbone: { use: shufflenet-v2, width: 0.5 } }
  loss: { cross-entropy: 0.1, kd: 0.9 }
  train: { epochs: 1 }
  export: ${id}
`,
};
