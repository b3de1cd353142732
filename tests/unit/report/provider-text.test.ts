import { describe, expect, it } from "vitest";
import { formatProvider, formatProviders, valueText } from "../../../plugins/report/providers/provider-text.ts";

describe("valueText", () => {
  it.each([
    [{ type: "integer", minimum: 1, maximum: 9 }, "integer ≥ 1, ≤ 9"],
    [{ type: "number", exclusiveMinimum: 0 }, "number > 0"],
    [{ type: ["string", "null"] }, "string | null"],
    [{ enum: ["a", 1] }, '"a" | 1'],
    [{ const: true }, "true"],
    [{ provider: "optimizers" }, "one of optimizers"],
    [{ type: "array", items: { provider: "augmentations" } }, "list of augmentations"],
    [{ type: "array" }, "list"],
    [{ anyOf: [{ enum: ["x"] }, { type: "object", properties: { mean: {}, std: {} } }] }, '"x" | { mean, std }'],
    [{ type: "object" }, "map"],
    [{}, "anything"],
  ])("says of %j: %s", (schema, text) => {
    expect(valueText(schema)).toBe(text);
  });
});

const create = () => {
  throw new Error("never created here");
};
const schema = {
  type: "object",
  required: ["factor"],
  properties: {
    factor: { type: "number", description: "How much." },
    power: { type: "integer", default: 2, description: "How often." },
  },
};
const provider = { family: "schedules", id: "foo", summary: "Goes up.", cacheVersion: 1, create } as const;
const plugin = { name: "kdflow-plugin-foo", version: "1.2.0" };

it("describes a provider with its plugin, its paper and its options", () => {
  const described = { provider: { ...provider, reference: "arXiv:1" }, plugin, schema };
  expect(formatProvider(described)).toEqual([
    "schedules/foo  Goes up.",
    "  from kdflow-plugin-foo 1.2.0",
    "  see arXiv:1",
    "",
    "option  value    default   meaning",
    "factor  number   required  How much.",
    "power   integer  2         How often.",
  ]);
  expect(formatProvider({ provider, plugin, schema: { type: "object" } }).at(-1)).toBe("no options");
});

it("lists providers and names the plugin of those that are not built in", () => {
  const builtIn = { provider: { ...provider, id: "bar" }, plugin: { name: "kdflow", version: "1.0.0" }, schema };
  expect(formatProviders([builtIn, { provider, plugin, schema }])).toEqual([
    "family     id   summary",
    "schedules  bar  Goes up.",
    "schedules  foo  Goes up. (kdflow-plugin-foo 1.2.0)",
  ]);
});

it("describes the options inside of an option, also of one that may be a plain value", () => {
  const layers = { type: "array", items: { type: "string" }, description: "Which." };
  const freeze = { anyOf: [{ type: "boolean" }, { type: "object", required: ["layers"], properties: { layers } }] };
  const nested = { type: "object", properties: { freeze: { ...freeze, description: "What stays." } } };
  const lines = formatProvider({ provider, plugin, schema: nested });
  expect(lines.map((line) => line.trimEnd().replaceAll(/ {2,}/g, "  "))).toEqual(
    expect.arrayContaining([
      "freeze  boolean | { layers }  What stays.",
      "freeze.layers  list of string  required  Which.",
    ]),
  );
});
