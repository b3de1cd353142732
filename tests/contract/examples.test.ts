import { beforeAll, expect, test } from "vitest";
import { fromPlain, mapNode, type Plain } from "../../core/config/config-node.ts";
import { Problems } from "../../core/config/problems.ts";
import { OptionResolver } from "../../core/config/provider-options.ts";
import { createSchemaChecker, type SchemaChecker } from "../../core/config/schema-checker.ts";
import type { FamilyName } from "../../core/contracts/kinds.ts";
import { createRegistry } from "../../core/plugins/create-registry.ts";
import { createHooks } from "../../core/plugins/hooks.ts";
import type { Registry } from "../../core/plugins/registry.ts";
import { builtins } from "../../plugins/index.ts";
import { formatProvider } from "../../plugins/report/providers/provider-text.ts";

const declared = (builtins.providers ?? []).map(({ family, id }) => ({ family, id }));

let registry: Registry;
let checker: SchemaChecker;

beforeAll(async () => {
  const registryOf = createRegistry({ hooks: createHooks(), builtins: [builtins], plugins: [], baseDir: "." });
  [registry, checker] = await Promise.all([registryOf, createSchemaChecker()]);
});

async function problemsOf(family: FamilyName, use: string, example: Plain): Promise<string> {
  const source = { file: `${family}/${use}`, text: JSON.stringify(example) };
  const key = { source, start: 0, end: source.text.length };
  const node = fromPlain(example, key);
  if (node.kind !== "map") return "it is not a map";
  const problems = new Problems();
  const options = mapNode(key, node.entries);
  const request = { family, use, useAt: key, options, key, reserved: [], pointer: "" };
  await new OptionResolver(registry, checker, problems).resolve(request);
  try {
    problems.throwIfAny();
  } catch (error) {
    return String(error);
  }
  return "";
}

test.each(declared)("$family/$id has examples in its schema, which a pipeline could say", async ({ family, id }) => {
  const { examples } = (await registry.find(family, id)).schema as { readonly examples?: readonly Plain[] };
  expect(examples?.length).toBeGreaterThan(0);
  for (const example of examples ?? []) expect(await problemsOf(family, id, example)).toBe("");
});

test("an example with a mistake is found, also inside a slot", async () => {
  expect(await problemsOf("losses", "kd", { temprature: 4 })).toContain("temprature");
  expect(await problemsOf("networks", "classifier", { backbone: { use: "resnet", dept: 8 } })).toContain("dept");
});

test("plugins info shows them as YAML", async () => {
  expect(formatProvider(await registry.find("losses", "kd"))).toContain("example: { use: kd, temperature: 4 }");
  expect(formatProvider(await registry.find("softLabels", "online"))).toContain("example: online");
});
