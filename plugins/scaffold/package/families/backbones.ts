import { type FamilyTemplate, tfjs } from "../template.ts";

/** A small network of strided convolutions. */
export const backbonesTemplate: FamilyTemplate = {
  family: "backbones",
  summary: "a small network of strided convolutions",
  schema: {
    type: "object",
    description: "Three stages of strided convolutions with batch norm.",
    additionalProperties: false,
    examples: [{ width: 0.5 }],
    properties: {
      width: { type: "number", exclusiveMinimum: 0, default: 1, description: "Multiplies the channels of all stages." },
    },
  },
  source: ({ id, value, type }) => `import type { SymbolicTensor } from "${tfjs}";
import { defineProvider, type ProviderOf, type Tap } from "kdflow";

export interface ${type} {
  readonly width: number;
}

const channelsOfStages = [16, 32, 64];

/** Each stage halves the sides; its feature map is a tap that losses on features can name. */
export const ${value}: ProviderOf<"backbones"> = defineProvider<"backbones", ${type}>("backbones", {
  id: "${id}",
  summary: "a small network of strided convolutions",
  cacheVersion: 1,
  create: ({ width }, { tf }) => ({
    name: "${id}",
    build(input) {
      const taps: Record<string, Tap> = {};
      let output = input; // [batch, height, width, channels]
      channelsOfStages.forEach((count, index) => {
        const name = \`stage\${index + 1}\`;
        const filters = Math.max(8, Math.round(count * width));
        const layers = [
          tf.layers.conv2d({ name: \`\${name}/conv\`, filters, kernelSize: 3, strides: 2, padding: "same", useBias: false }),
          tf.layers.batchNormalization({ name: \`\${name}/norm\` }),
          tf.layers.reLU({ name: \`\${name}/relu\` }),
        ];
        for (const layer of layers) output = layer.apply(output) as SymbolicTensor;
        taps[name] = { tensor: output, channels: filters, stride: 2 ** (index + 1) };
      });
      return { taps, output };
    },
  }),
});
`,
  test: ({ id, value }) => `import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "${tfjs}";
import { checkComponent, checkKeys, checkProvider, createTestContext, defaultOptions } from "kdflow/testing";
import { readSchema } from "./read-schema.ts";
import { ${value} } from "../src/${id}.ts";

const schema = await readSchema("backbones", "${id}");

test("it is a provider, and its schema is described", () => checkProvider(${value}, schema));

test("it answers, its taps are what they say, and nothing leaks", () =>
  checkComponent(${value}, { tf, options: defaultOptions(schema) }));

test("it has the same key in two processes", () =>
  checkKeys([{ family: "backbones", id: "${id}", options: {} }], { plugins: ["./dist/src/index.js"] }));

test("three stages halve the sides, and their taps say so", async () => {
  const backbone = await ${value}.create({ width: 0.5 } as never, createTestContext({ tf }));
  const input = tf.input({ shape: [32, 32, 3] });
  const { taps, output } = backbone.build(input);
  assert.deepEqual(output.shape, [null, 4, 4, 32]);
  assert.deepEqual(Object.entries(taps).map(([name, { stride, channels }]) => [name, stride, channels]), [
    ["stage1", 2, 8],
    ["stage2", 4, 16],
    ["stage3", 8, 32],
  ]);
});
`,
  stages: ({ id }) => `  data: mnist
  teacher: { use: train, network: { use: classifier, backbone: resnet }, epochs: 1 }
  softLabels: { use: logits, views: 1 }
  student: { use: classifier, backbone: { use: ${id}, width: 0.5 } }
  loss: { cross-entropy: 0.1, kd: 0.9 }
  train: { epochs: 1 }
`,
};
