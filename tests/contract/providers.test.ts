import { readdir } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { familyNames, kindNames, kinds } from "../../core/contracts/kinds.ts";
import { createRegistry } from "../../core/plugins/create-registry.ts";
import { createHooks } from "../../core/plugins/hooks.ts";
import type { LazyProvider } from "../../core/plugins/provider.ts";
import type { Registry } from "../../core/plugins/registry.ts";
import { checkProvider } from "../../core/testing/index.ts";
import { schemaProblems } from "../../core/testing/schema-problems.ts";
import { builtins } from "../../plugins/index.ts";

const declared = (builtins.providers ?? []).map(({ family, id }) => ({ family, id, name: `${family}/${id}` }));

let registry: Registry;

beforeAll(async () => {
  registry = await createRegistry({ hooks: createHooks(), builtins: [builtins], plugins: [], baseDir: "." });
});

describe("every built-in provider", () => {
  test.each(declared)("$name keeps the contract of its family", async ({ family, id }) => {
    const { provider, schema } = await registry.find(family, id);
    checkProvider(provider, schema);
  });

  test("says before it is imported that it has a runtime", async () => {
    const lazy = ((builtins.providers ?? []) as readonly LazyProvider[]).filter(({ hasRuntime }) => hasRuntime);
    const found = await Promise.all(declared.map(({ family, id }) => registry.find(family, id)));
    const running = found.filter(({ provider }) => provider.runtime !== undefined);
    expect(lazy.map(({ family, id }) => `${family}/${id}`)).toEqual(
      running.map(({ provider }) => `${provider.family}/${provider.id}`),
    );
    expect(running).not.toEqual([]);
  });

  test.each(declared)(
    "$name sums itself up in a phrase: lower case but for names, no full stop",
    async ({ family, id }) => {
      const { summary } = (await registry.find(family, id)).provider;
      // Names such as ResNet or MNIST have a second capital.
      expect(summary).toMatch(/^(?:[a-z]|\S*[A-Z]\S*[A-Z])/);
      expect(summary).not.toMatch(/\.(?:\s|$)/);
    },
  );

  test("has a schema, and no schema is left over", async () => {
    const folder = new URL("../../schemas/providers/", import.meta.url);
    const files = await readdir(folder, { recursive: true });
    const found = files
      .filter((file) => file.endsWith(".schema.json"))
      .map((file) => file.slice(0, -".schema.json".length));
    expect(found.sort()).toEqual(declared.map(({ name }) => name).sort());
  });

  test("is imported only when it is named", () => {
    for (const { hasRuntime: _, isDefault: __, ...provider } of (builtins.providers ?? []) as readonly LazyProvider[]) {
      expect(Object.keys(provider)).toEqual(["family", "id", "load"]);
    }
    for (const family of familyNames) expect(new Set(registry.ids(family)).size).toBe(registry.ids(family).length);
  });
});

describe("keys that pipelines use for themselves", () => {
  test.each(kindNames)("are no options of a stage of kind %s", (kind) => {
    const option = { type: "string", description: "An option." };
    const properties = { use: option, inputs: option, seed: option, classMap: option, own: option };
    const schema = { type: "object", description: "Options.", additionalProperties: false, properties };
    expect(schemaProblems(schema, kinds[kind].family).map(({ pointer }) => pointer)).toEqual(
      ["use", "inputs", "seed", "classMap"].map((key) => `/properties/${key}`),
    );
  });
});
