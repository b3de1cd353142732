import { expect, test } from "vitest";
import { builtinPlugins, builtinRegistry, wantedBackends } from "../../../core/cli/builtins.ts";
import { providerRuntimes } from "../../../core/cli/provider-runtimes.ts";
import type { LazyProvider, Plugin } from "../../../core/index.ts";
import { createRegistry } from "../../../core/plugins/create-registry.ts";
import { createHooks } from "../../../core/plugins/hooks.ts";

/** The built-in plugin, noting what is imported of it. */
function watched(imported: string[]): Plugin {
  const [plugin] = builtinPlugins;
  if (plugin === undefined) throw new Error("there is no built-in plugin");
  const providers = (plugin.providers as readonly LazyProvider[]).map((provider) => ({
    ...provider,
    load: async () => {
      imported.push(`${provider.family}/${provider.id}`);
      return provider.load();
    },
  }));
  return { ...plugin, providers };
}

test("looking for runtimes and for one backend imports nothing else", async () => {
  const imported: string[] = [];
  const plugins = [watched(imported)];
  const registry = await createRegistry({ hooks: createHooks(), builtins: plugins, plugins: [], baseDir: "." });
  expect((await providerRuntimes(plugins, registry)).map(({ name }) => name)).toEqual(["onnxruntime"]);
  expect(imported).toEqual(["teacher/onnx", "teacher/darknet", "export/onnx"]);
  expect((await wantedBackends("cpu", registry)).map(({ id }) => id)).toEqual(["cpu"]);
  expect(imported).toEqual(["teacher/onnx", "teacher/darknet", "export/onnx", "backends/cpu"]);
});

test("a runtime that several providers share is listed once", async () => {
  const runtime = { name: "shared", probe: async () => ({ available: true, detail: "" }) as const } as never;
  const schema = { type: "object", description: "None.", additionalProperties: false, properties: {} };
  const base = { summary: "s", cacheVersion: 1, schema, run: async () => {}, open: async () => ({}), runtime };
  const providers = ["a", "b"].map((id) => ({ ...base, family: "teacher", id }) as never);
  const plugins: readonly Plugin[] = [{ name: "p", version: "1.0.0", kdflow: "^1", providers }];
  const registry = await createRegistry({ hooks: createHooks(), builtins: plugins, plugins: [], baseDir: "." });
  expect((await providerRuntimes(plugins, registry)).map(({ name }) => name)).toEqual(["shared"]);
});

test("auto means all backends, best first, and another name is refused with the nearest one", async () => {
  const registry = await builtinRegistry();
  const best = await wantedBackends(undefined, registry);
  expect(best.map(({ id }) => id)).toEqual(["tensorflow", "wasm", "cpu"]);
  expect(await wantedBackends("auto", registry)).toEqual(best);
  await expect(wantedBackends("wams", registry)).rejects.toMatchObject({
    code: "KDF_CLI_USAGE",
    hint: [expect.stringContaining('did you mean "wasm"?')],
  });
});
