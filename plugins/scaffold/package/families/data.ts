import { classificationId } from "../../../tasks/classification/names.ts";
import { type FamilyTemplate, tfjs } from "../template.ts";

/** Pictures that are drawn, so that it runs without files. */
export const dataTemplate: FamilyTemplate = {
  family: "data",
  summary: "pictures of stripes, in the two directions",
  schema: {
    type: "object",
    description: "Grey pictures of horizontal and vertical stripes, drawn by this package.",
    additionalProperties: false,
    examples: [{ count: 200 }],
    properties: {
      count: {
        type: "integer",
        minimum: 4,
        default: 400,
        description: "Pictures in all; a fifth each validate and test.",
      },
      side: { type: "integer", minimum: 8, maximum: 256, default: 32, description: "Height and width in pixels." },
    },
  },
  source: ({ id, value, type }) => `import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Dataset, type DatasetSplit, defineProvider, plainView, type ProviderOf, type SplitName } from "kdflow";
import { renderView } from "kdflow/builtins";

export interface ${type} {
  readonly count: number;
  readonly side: number;
}

const classNames = ["horizontal", "vertical"];

/** One picture, uint8 \`[side, side, 1]\`: stripes of a width and place of its own, in the direction of its class. */
export function drawStripes(sample: number, side: number): Uint8Array {
  const stripe = 2 + (sample % 5);
  const pixels = new Uint8Array(side * side);
  for (let at = 0; at < pixels.length; at++) {
    const along = sample % 2 === 0 ? Math.floor(at / side) : at % side;
    pixels[at] = Math.floor((along + sample) / stripe) % 2 === 0 ? 40 : 210;
  }
  return pixels;
}

/** Data of your own: \`run\` writes what is worth keeping, \`open\` gives pixels and truth of the splits. */
export const ${value}: ProviderOf<"data"> = defineProvider<"data", ${type}>("data", {
  id: "${id}",
  task: "${classificationId}",
  summary: "pictures of stripes, in the two directions",
  cacheVersion: 1,
  describe: ({ side }) => ({ classNames, imageSize: { height: side, width: side, channels: 1 } }),

  async run({ count, side }, _inputs, { outputDir, signal }) {
    signal.throwIfAborted();
    await writeFile(join(outputDir, "stripes.json"), JSON.stringify({ count, side }));
  },

  open({ digest }, { count, side }): Promise<Dataset> {
    const all = Array.from({ length: count }, (_, sample) => sample);
    const fifth = Math.floor(count / 5);
    const split = (name: SplitName, samples: readonly number[]): DatasetSplit => splitOf(name, samples, side);
    return Promise.resolve({
      task: "${classificationId}",
      classNames,
      imageSize: { height: side, width: side, channels: 1 },
      splits: {
        train: split("train", all.slice(2 * fifth)),
        validation: split("validation", all.slice(fifth, 2 * fifth)),
        test: split("test", all.slice(0, fifth)),
      },
      digest,
      augmented: false,
      viewSpec: "plain",
      view: () => plainView,
    });
  },
});

function splitOf(name: SplitName, samples: readonly number[], side: number): DatasetSplit {
  const original = { height: side, width: side, channels: 1 };
  const digestOf = (sample: number): string =>
    createHash("sha256").update(drawStripes(sample, side)).update(String(sample % 2)).digest("hex");
  return {
    name,
    count: samples.length,
    truth: Int32Array.from(samples, (sample) => sample % 2), // the class of each
    digests: samples.map(digestOf),
    render(indices, views, size, out) {
      const bytes = size.height * size.width * size.channels;
      for (let row = 0; row < indices.length; row++) {
        const source = drawStripes(samples[indices[row] ?? 0] ?? 0, side);
        renderView(source, original, views?.[row] ?? plainView, size, out.subarray(row * bytes, (row + 1) * bytes));
      }
      return Promise.resolve();
    },
  };
}
`,
  test: ({ id, value }) => `import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "${tfjs}";
import { checkKeys, checkProvider, checkStage, defaultOptions } from "kdflow/testing";
import { readSchema } from "./read-schema.ts";
import { drawStripes, ${value} } from "../src/${id}.ts";

const schema = await readSchema("data", "${id}");

test("it is a provider, and its schema is described", () => checkProvider(${value}, schema));

test("it gives the same twice, stops when it is told to, and leaves nothing", () =>
  checkStage(${value}, { tf, options: defaultOptions(schema), inputs: {} }));

test("it has the same key in two processes", () =>
  checkKeys([{ family: "data", id: "${id}", options: {} }], { plugins: ["./dist/src/index.js"] }));

test("stripes of even samples are rows of one brightness, those of odd ones columns", () => {
  const [rows, columns] = [drawStripes(0, 8), drawStripes(1, 8)];
  assert.equal(new Set(rows.subarray(0, 8)).size, 1);
  assert.equal(new Set(columns.subarray(0, 8)).size, 2);
  assert.deepEqual(drawStripes(7, 8), drawStripes(7, 8));
});

test("splits share no sample, and a rendered picture is the drawn one", async () => {
  const data = await ${value}.open({ directory: ".", digest: "00" }, { count: 20, side: 8 } as never, {} as never);
  const { train, validation, test: held } = data.splits;
  assert.deepEqual([train.count, validation.count, held.count], [12, 4, 4]);
  const out = new Uint8Array(64);
  await held.render([1], undefined, data.imageSize, out);
  assert.deepEqual(out, drawStripes(1, 8));
});
`,
  stages: ({ id }) => `  data: ${id}
  teacher: { use: train, network: { use: classifier, backbone: resnet }, epochs: 1 }
  softLabels: { use: logits, views: 1 }
  student: { use: classifier, backbone: { use: shufflenet-v2, width: 0.5 } }
  loss: { cross-entropy: 0.1, kd: 0.9 }
  train: { epochs: 1 }
`,
};
