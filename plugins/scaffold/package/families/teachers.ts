import { classificationId } from "../../../tasks/classification/names.ts";
import { type FamilyTemplate, tfjs } from "../template.ts";

/** A teacher that is no network: it knows the mean picture of each class. */
export const teachersTemplate: FamilyTemplate = {
  family: "teacher",
  summary: "a teacher that knows the mean picture of each class",
  schema: {
    type: "object",
    description: "Compares each image with the mean image of every class.",
    additionalProperties: false,
    examples: [{ side: 12 }],
    properties: {
      side: {
        type: "integer",
        minimum: 2,
        maximum: 64,
        default: 8,
        description: "Height and width at which it compares, in pixels.",
      },
      sharpness: {
        type: "number",
        exclusiveMinimum: 0,
        default: 50,
        description: "Multiplies distances, so that logits differ more.",
      },
    },
  },
  source: ({ id, value, type }) => `import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Dataset, defineProvider, type ProviderOf, type Teacher } from "kdflow";

export interface ${type} {
  readonly side: number;
  readonly sharpness: number;
}

/** \`means.json\`: all that decides the answers. */
interface Means {
  readonly classNames: readonly string[];
  readonly imageSize: { readonly height: number; readonly width: number; readonly channels: number };
  /** \`[classes, pixels]\`, 0 … 1. */
  readonly means: readonly (readonly number[])[];
}

/** −sharpness · mean((x − mean of the class)²) for each class. */
export function scoresOf(pixels: Uint8Array, means: Means["means"], sharpness: number): number[] {
  return means.map((mean) => {
    const squares = mean.reduce((sum, value, at) => sum + ((pixels[at] ?? 0) / 255 - value) ** 2, 0);
    return (-sharpness * squares) / mean.length;
  });
}

/** A model of your own: \`run\` stores what decides its answers, \`open\` answers. */
export const ${value}: ProviderOf<"teacher"> = defineProvider<"teacher", ${type}>("teacher", {
  id: "${id}",
  summary: "a teacher that knows the mean picture of each class",
  cacheVersion: 1,
  ports: { data: { accepts: ["data"] } },
  describe: ({ side }, inputs) => {
    const { classNames, imageSize } = inputs["data"]?.[0] ?? {};
    return { task: "${classificationId}", classNames, imageSize: { height: side, width: side, channels: imageSize?.channels ?? 3 } };
  },

  async run({ side }, inputs, { outputDir, signal }) {
    const data = inputs["data"] as Dataset;
    const { train } = data.splits;
    const labels = train.truth as ArrayLike<number>;
    const imageSize = { height: side, width: side, channels: data.imageSize.channels };
    const pixels = new Uint8Array(side * side * imageSize.channels);
    const sums = data.classNames.map(() => new Float64Array(pixels.length));
    const counts = data.classNames.map(() => 0);
    for (let sample = 0; sample < train.count; sample++) {
      signal.throwIfAborted();
      const label = labels[sample] ?? -1;
      const sum = sums[label];
      if (sum === undefined) continue;
      await train.render([sample], undefined, imageSize, pixels);
      pixels.forEach((value, at) => (sum[at] = (sum[at] ?? 0) + value / 255));
      counts[label] = (counts[label] ?? 0) + 1;
    }
    const means = sums.map((sum, label) => Array.from(sum, (value) => value / Math.max(1, counts[label] ?? 0)));
    const file: Means = { classNames: data.classNames, imageSize, means };
    await writeFile(join(outputDir, "means.json"), JSON.stringify(file));
  },

  async open({ directory, digest }, { sharpness }): Promise<Teacher> {
    const { classNames, imageSize, means } = JSON.parse(await readFile(join(directory, "means.json"), "utf8")) as Means;
    const bytes = imageSize.height * imageSize.width * imageSize.channels;
    return {
      task: "${classificationId}",
      classNames,
      imageSize,
      digest: \`\${digest} \${sharpness}\`,
      preprocessing: "pixels 0…1",
      outputs: { logits: { kind: "softmax-logits", shape: [classNames.length] } },
      predict(pixels, count) {
        const rows = Array.from({ length: count }, (_, row) => pixels.subarray(row * bytes, (row + 1) * bytes));
        return Promise.resolve({ logits: Float32Array.from(rows.flatMap((row) => scoresOf(row, means, sharpness))) });
      },
      dispose: () => undefined,
    };
  },
});
`,
  test: ({ id, value }) => `import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as tf from "${tfjs}";
import type { Dataset, DatasetSplit, SplitName } from "kdflow";
import { checkKeys, checkProvider, checkStage, defaultOptions } from "kdflow/testing";
import { readSchema } from "./read-schema.ts";
import { ${value}, scoresOf } from "../src/${id}.ts";

const schema = await readSchema("teacher", "${id}");

test("it is a provider, and its schema is described", () => checkProvider(${value}, schema));

/** Four pictures of each split: even ones are dark, odd ones bright. */
const split = (name: SplitName): DatasetSplit => ({
  name,
  count: 4,
  truth: Int32Array.of(0, 1, 0, 1),
  digests: ["0", "1", "2", "3"],
  render: async (indices, _views, size, out) => {
    const bytes = size.height * size.width * size.channels;
    Array.from(indices).forEach((index, row) => out.fill(index % 2 === 0 ? 20 : 200, row * bytes, (row + 1) * bytes));
  },
});

const data: Dataset = {
  task: "${classificationId}",
  classNames: ["dark", "bright"],
  imageSize: { height: 8, width: 8, channels: 1 },
  splits: { train: split("train"), validation: split("validation"), test: split("test") },
  digest: "four",
  augmented: false,
  viewSpec: "plain",
  view: () => ({ left: 0, top: 0, width: 1, height: 1, flip: false }),
};

test("it answers the same twice, stops when it is told to, and leaves nothing", () =>
  checkStage(${value}, { tf, options: defaultOptions(schema), inputs: { data } }));

test("it has the same key in two processes", () =>
  checkKeys([{ family: "teacher", id: "${id}", options: {} }], { plugins: ["./dist/src/index.js"] }));

test("a white picture is 0 from white and 1 from black, squared and multiplied", () => {
  const [white, black] = scoresOf(Uint8Array.of(255, 255), [[1, 1], [0, 0]], 50);
  assert.ok(Math.abs(white!) < 1e-9);
  assert.equal(black, -50);
});

test("what was stored answers by classes", async () => {
  const directory = await mkdtemp(join(tmpdir(), "${id}-"));
  try {
    const imageSize = { height: 1, width: 1, channels: 1 };
    await writeFile(join(directory, "means.json"), JSON.stringify({ classNames: ["dark", "bright"], imageSize, means: [[0], [1]] }));
    const teacher = await ${value}.open({ directory, digest: "00" }, { sharpness: 10 } as never, {} as never);
    const { logits } = await teacher.predict(Uint8Array.of(0, 255), 2);
    assert.deepEqual([...logits!].map((value) => value + 0), [0, -10, -10, 0]);
  } finally {
    await rm(directory, { recursive: true });
  }
});
`,
  stages: ({ id }) => `  data: mnist
  teacher: ${id}
  softLabels: { use: logits, views: 1 }
  student: { use: classifier, backbone: { use: shufflenet-v2, width: 0.5 } }
  loss: { cross-entropy: 0.5, kd: 0.5 }
  train: { epochs: 1 }
`,
};
