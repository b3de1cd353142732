import type { Scalar, Tensor } from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { defineLoss, type JsonSchema, type ProviderOf, type Tf } from "../../../core/index.ts";
import {
  ContractError,
  checkLoss,
  checkProvider,
  defaultOptions,
  schemaProblems,
} from "../../../core/testing/index.ts";
import { loadBackend } from "../../support/backend.ts";

let tf: Tf;

beforeAll(async () => {
  ({ tf } = await loadBackend("cpu"));
});

const schema: JsonSchema = {
  type: "object",
  description: "A loss.",
  additionalProperties: false,
  properties: { scale: { type: "number", default: 1, description: "A factor." } },
};

type Compute = (logits: Tensor, labels: Tensor) => Tensor;

function loss(compute: Compute): ProviderOf<"losses"> {
  return defineLoss({
    id: "tried",
    summary: "A loss to try the test kit with.",
    cacheVersion: 1,
    needs: ["studentLogits", "labels"],
    schema,
    create: () => ({
      compute: ({ studentLogits, labels }) => compute(studentLogits, labels) as Scalar,
    }),
  });
}

/** Problems that the kit finds in a loss, as one text. */
async function problemsOf(compute: Compute): Promise<string> {
  try {
    await checkLoss(loss(compute), { tf, options: defaultOptions(schema) });
    return "";
  } catch (error) {
    if (error instanceof ContractError) return error.problems.join("\n");
    throw error;
  }
}

test("a good loss passes", async () => {
  expect(await problemsOf((logits) => tf.mean(tf.sum(tf.softplus(logits), 1)))).toBe("");
});

test("a value that is no scalar is found", async () => {
  const compute: Compute = (logits) => tf.sum(logits, 1);
  await expect(problemsOf(compute)).resolves.toContain("the value has the shape [3]");
});

test("a value that differs from call to call is found", async () => {
  let calls = 0;
  expect(await problemsOf((logits) => tf.mul(tf.mean(logits), ++calls))).toContain("differs from call to call");
});

test("a tensor that is left behind is found", async () => {
  expect(await problemsOf((logits) => tf.mean(tf.keep(tf.softplus(logits))))).toContain("1 tensors are left behind");
});

test("a wrong gradient is found", async () => {
  const twice = (x: Tensor): Tensor =>
    tf.customGrad((...args) => {
      const input = args[0] as Tensor;
      return { value: tf.clone(input), gradFunc: (dy) => tf.mul(dy as Tensor, 2) };
    })(x);
  expect(await problemsOf((logits) => tf.mean(tf.softplus(twice(logits))))).toContain(
    "the gradient in studentLogits differs from finite differences",
  );
});

test("a loss that the student's logits do not reach is found", async () => {
  expect(await problemsOf((_logits, labels) => tf.mean(tf.cast(labels, "float32")))).toContain(
    "no gradient in studentLogits",
  );
});

test("overflow of large logits is found", async () => {
  expect(await problemsOf((logits) => tf.mean(tf.exp(logits)))).toContain("for logits of ±10⁴");
});

const faults: readonly [what: string, schema: JsonSchema, message: string][] = [
  ["no strict types", { ...schema, properties: { a: { minimum: 1, description: "A." } } }, "does not compile strictly"],
  ["unknown keys allowed", { type: "object", description: "D.", properties: {} }, "has to set additionalProperties"],
  ["an option without a description", { ...schema, properties: { a: { type: "number" } } }, "has no description"],
  ["no description of its own", { type: "object", additionalProperties: false }, "has no description"],
  [
    "an option that is not camelCase",
    { ...schema, properties: { learning_rate: { type: "number", description: "R." } } },
    "is not camelCase",
  ],
  [
    "a default that it refuses",
    { ...schema, properties: { a: { type: "integer", default: 0.5, description: "A." } } },
    "has a default that it refuses",
  ],
  [
    "a key that pipelines use",
    { ...schema, properties: { weight: { type: "number", description: "W." } } },
    "is a key that pipelines use for themselves",
  ],
  [
    "a fault deep inside",
    {
      ...schema,
      properties: {
        list: {
          type: "array",
          description: "L.",
          items: { type: "object", properties: {}, additionalProperties: false },
        },
        deep: {
          type: "object",
          description: "D.",
          additionalProperties: false,
          properties: { a: { type: "number", default: "one", description: "A." } },
        },
      },
    },
    "has a default that it refuses",
  ],
];

test.each(faults)("a schema with %s is found", (_, faulty, message) => {
  expect(schemaProblems(faulty, "losses").map((problem) => problem.message)).toContainEqual(
    expect.stringContaining(message),
  );
});

test("a name in `cacheIgnore` that is no option is found", () => {
  const provider = { ...loss((logits) => logits), cacheIgnore: ["scal"] };
  expect(() => checkProvider(provider)).toThrow('cacheIgnore names "scal"');
});

test("defaults fill what is not given, and what has none must be given", () => {
  const needy: JsonSchema = {
    ...schema,
    required: ["scale"],
    properties: { scale: { type: "number", description: "S." } },
  };
  expect(defaultOptions(schema)).toEqual({ scale: 1 });
  expect(() => defaultOptions(needy)).toThrow("must have required property 'scale'");
  expect(defaultOptions(needy, { scale: 3 })).toEqual({ scale: 3 });
});
