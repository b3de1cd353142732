import { type FamilyTemplate, tfjs } from "../template.ts";

/** A loss term on logits, with a hand-computed value in its test. */
export const lossesTemplate: FamilyTemplate = {
  family: "losses",
  summary: "mean squared difference of centred logits",
  schema: {
    type: "object",
    description: "Mean squared difference of the student's and the teacher's logits, each without its mean.",
    additionalProperties: false,
    examples: [{ temperature: 2 }],
    properties: {
      temperature: { type: "number", exclusiveMinimum: 0, default: 1, description: "Divides all logits." },
    },
  },
  source: ({ id, value, type }) => `import { defineLoss, type ProviderOf } from "kdflow";

export interface ${type} {
  readonly temperature: number;
}

/** mean((s − mean(s) − t + mean(t))² / T²) over classes and batch: a shift of all logits changes nothing. */
export const ${value}: ProviderOf<"losses"> = defineLoss({
  id: "${id}",
  summary: "mean squared difference of centred logits",
  cacheVersion: 1,
  needs: ["studentLogits", "teacherLogits"],
  create: ({ temperature }: ${type}, { tf }) => ({
    compute({ studentLogits, teacherLogits }) {
      const difference = tf.sub(studentLogits, teacherLogits); // [batch, classes]
      const centred = tf.sub(difference, tf.mean(difference, 1, true));
      return tf.mean(tf.square(tf.div(centred, temperature)));
    },
  }),
});
`,
  test: ({ id, value }) => `import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "${tfjs}";
import { checkComponent, checkKeys, checkLoss, checkProvider, createTestContext, defaultOptions } from "kdflow/testing";
import { readSchema } from "./read-schema.ts";
import { ${value} } from "../src/${id}.ts";

const schema = await readSchema("losses", "${id}");

test("it is a provider, and its schema is described", () => checkProvider(${value}, schema));

test("gradients agree with finite differences, and nothing leaks", () =>
  checkLoss(${value}, { tf, options: defaultOptions(schema) }));

test("its options stay as they are, and its errors name it", () =>
  checkComponent(${value}, { tf, options: defaultOptions(schema) }));

test("it has the same key in two processes", () =>
  checkKeys([{ family: "losses", id: "${id}", options: {} }], { plugins: ["./dist/src/index.js"] }));

test("logits [3, 1] against [0, 0] at temperature 2 give ((1)² + (−1)²) / 2 / 4", async () => {
  const term = await ${value}.create({ temperature: 2 } as never, createTestContext({ tf }));
  const inputs = { studentLogits: tf.tensor2d([[3, 1]]), teacherLogits: tf.tensor2d([[0, 0]]) };
  const loss = term.compute(inputs as never, {}, { layers: {}, state: {} } as never) as tf.Tensor;
  assert.ok(Math.abs((await loss.data())[0]! - 1 / 4) < 1e-6);
});
`,
  stages: ({ id }) => `  data: mnist
  teacher: { use: train, network: { use: classifier, backbone: resnet }, epochs: 1 }
  softLabels: { use: logits, views: 1 }
  student: { use: classifier, backbone: { use: shufflenet-v2, width: 0.5 } }
  loss: { cross-entropy: 0.5, ${id}: 0.5 }
  train: { epochs: 1 }
`,
};
