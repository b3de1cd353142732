import { readdir } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { familyNames } from "../../core/contracts/kinds.ts";
import { createRegistry } from "../../core/plugins/create-registry.ts";
import { createHooks } from "../../core/plugins/hooks.ts";
import type { Registry } from "../../core/plugins/registry.ts";
import { checkLoss, checkProvider, defaultOptions } from "../../core/testing/index.ts";
import { builtins } from "../../plugins/index.ts";
import { testBackend } from "../support/backend.ts";
import { makePluginProject } from "../support/plugin-project.ts";

const declared = (builtins.providers ?? []).map(({ family, id }) => ({ family, id, name: `${family}/${id}` }));
const losses = ["cross-entropy", "kd", "focal", "brier"];

let registry: Registry;

beforeAll(async () => {
  const plugins = [{ request: "focal" }, { request: "./local-loss.js" }];
  registry = await createRegistry({
    hooks: createHooks(),
    builtins: [builtins],
    plugins,
    baseDir: await makePluginProject(),
  });
});

describe("every built-in provider", () => {
  test.each(declared)("$name keeps the contract of its family", async ({ family, id }) => {
    const { provider, schema } = await registry.find(family, id);
    checkProvider(provider, schema);
  });

  test("has a schema, and no schema is left over", async () => {
    const folder = new URL("../../schemas/providers/", import.meta.url);
    const files = await readdir(folder, { recursive: true });
    const found = files
      .filter((file) => file.endsWith(".schema.json"))
      .map((file) => file.slice(0, -".schema.json".length));
    expect(found.sort()).toEqual(declared.map(({ name }) => name).sort());
  });

  test("is imported only when it is named", () => {
    for (const provider of builtins.providers ?? []) expect(Object.keys(provider)).toEqual(["family", "id", "load"]);
    for (const family of familyNames) expect(new Set(registry.ids(family)).size).toBe(registry.ids(family).length);
  });
});

describe("every loss", () => {
  test("is swept", () => {
    expect(losses).toEqual([...registry.ids("losses")]);
  });

  test.each(losses)("%s is a finite, deterministic, differentiable scalar that leaves nothing behind", async (id) => {
    const { tf } = await testBackend();
    const { provider, schema } = await registry.find("losses", id);
    await checkLoss(provider, { tf, options: defaultOptions(schema) });
  });
});
