import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { KdflowError, type SourcePlace } from "../../../core/errors/kdflow-error.ts";
import { createRegistry } from "../../../core/plugins/create-registry.ts";
import type { Plugin } from "../../../core/plugins/define.ts";
import { createHooks, type Hooks } from "../../../core/plugins/hooks.ts";
import { asPluginError } from "../../../core/plugins/plugin-error.ts";
import type { Provider } from "../../../core/plugins/provider.ts";
import type { Registry } from "../../../core/plugins/registry.ts";
import { caught } from "../../support/caught.ts";
import { makePluginProject } from "../../support/plugin-project.ts";

let baseDir: string;

beforeAll(async () => {
  baseDir = await makePluginProject();
});

const place: SourcePlace = { file: "pipeline.yaml", line: 3, column: 12, text: "plugins: [./x.js]", length: 6 };

const schema = { type: "object", description: "No options.", additionalProperties: false, properties: {} };

function loss(id: string): Provider {
  return {
    family: "losses",
    id,
    summary: "A loss.",
    cacheVersion: 1,
    needs: ["studentLogits"],
    schema,
    create: () => ({ compute: ({ studentLogits }) => (studentLogits as NonNullable<typeof studentLogits>).mean() }),
  };
}

const core: Plugin = { name: "kdflow", version: "0.1.0", kdflow: "^1", providers: [loss("kd"), loss("cross-entropy")] };

function load(...requests: readonly string[]): Promise<Registry> {
  return loadWith(createHooks(), ...requests);
}

function loadWith(hooks: Hooks, ...requests: readonly string[]): Promise<Registry> {
  const plugins = requests.map((request) => ({ request, place }));
  return createRegistry({ hooks, builtins: [core], plugins, baseDir, importTimeoutMs: 500 });
}

async function writePlugin(name: string, source: string): Promise<string> {
  await writeFile(join(baseDir, name), source);
  return `./${name}`;
}

test("a file beside the pipeline supplies a loss, and its digest enters", async () => {
  const registry = await load("./local-loss.js");
  const { provider, schema: options, plugin } = await registry.find("losses", "brier");
  expect(provider.id).toBe("brier");
  expect(options["additionalProperties"]).toBe(false);
  expect(plugin).toEqual({ name: "local-loss", version: "0.0.0", digest: expect.stringMatching(/^[0-9a-f]{64}$/u) });
  expect(registry.found("losses", "brier").provider).toBe(provider);
});

test.each(["kdflow-plugin-focal", "focal"])(
  "the package is found as %s, with the schema of its folder",
  async (name) => {
    const registry = await load(name);
    const { schema: options, plugin } = await registry.find("losses", "own-focal");
    expect(Object.keys(options["properties"] as object)).toEqual(["gamma", "alpha"]);
    expect(plugin.digest).toBe("kdflow-plugin-focal@1.2.0");
  },
);

test("a scoped short name and conditional exports are understood", async () => {
  const folder = join(baseDir, "node_modules", "@lab", "kdflow-plugin-probe");
  await mkdir(folder, { recursive: true });
  const exports = { ".": { require: "./none.cjs", node: { import: "./main.mjs" } }, "./other": "./other.mjs" };
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "@lab/kdflow-plugin-probe", exports }));
  await writeFile(
    join(folder, "main.mjs"),
    'export default { name: "@lab/kdflow-plugin-probe", version: "1.0.0", kdflow: ">=1 <2" };',
  );
  const registry = await load("@lab/probe");
  expect(registry.plugins.map(({ name }) => name)).toEqual(["kdflow", "@lab/kdflow-plugin-probe"]);
});

test("a plugin that is not there is an error that lists what was tried", async () => {
  const error = await caught(() => load("fokal"));
  expect(error.code).toBe("KDF_PLUGIN_NOT_FOUND");
  expect(error.where).toEqual(place);
  expect(error.hint.join("\n")).toContain("tried: fokal, kdflow-plugin-fokal");
  expect((await caught(() => load("./nothing.js"))).hint[0]).toContain(join(baseDir, "nothing.js"));
});

test("a plugin that throws while it is imported is named, with the cause", async () => {
  const error = await caught(() => load("./throws-on-import.js"));
  expect(error.code).toBe("KDF_PLUGIN_LOAD");
  expect(error.message).toContain("./throws-on-import.js");
  expect((error.cause as Error).message).toBe("no licence file");
  expect(error.where).toEqual(place);
});

test("an import that never ends is given up", async () => {
  const error = await caught(() => load("./hangs-on-import.js"));
  expect(error.code).toBe("KDF_PLUGIN_LOAD");
  expect(error.message).toContain("./hangs-on-import.js");
});

test("an abort ends a waiting import", async () => {
  const hooks = createHooks();
  const controller = new AbortController();
  const reason = new KdflowError("KDF_RUN_INTERRUPTED", "stop");
  setTimeout(() => controller.abort(reason), 20);
  const plugins = [{ request: "./hangs-on-import.js" }];
  const loading = createRegistry({ hooks, builtins: [], plugins, baseDir, signal: controller.signal });
  await expect(loading).rejects.toBe(reason);
});

test("a plugin for another version of the API is refused", async () => {
  const error = await caught(() => load("./wrong-api.js"));
  expect(error.code).toBe("KDF_PLUGIN_API_VERSION");
  expect(error.message).toContain('"wrong-api" 3.0.0 was written for plugin API "^9"');
});

test("a provider that is already supplied is refused, naming both plugins", async () => {
  const error = await caught(() => load("./takes-kd.js"));
  expect(error.code).toBe("KDF_PLUGIN_DUPLICATE");
  expect(error.message).toBe('plugin "kdflow" and plugin "takes-kd" both supply losses/kd');
  expect(error.where).toEqual(place);
});

test("a plugin that is listed twice is refused", async () => {
  const error = await caught(() => load("focal", "kdflow-plugin-focal"));
  expect(error.code).toBe("KDF_PLUGIN_DUPLICATE");
});

test("a hook that does not exist is an error that lists the hooks", async () => {
  const error = await caught(() => load("./misspelt-hook.js"));
  expect(error.code).toBe("KDF_PLUGIN_HOOK_UNKNOWN");
  expect(error.message).toBe('plugin "misspelt-hook": there is no hook "stageEmd"');
  expect(error.hint[0]).toContain("runEnd");
  expect(error.hint[0]).toContain('did you mean "stageEnd"?');
});

test("a plugin that throws in a tap is named when the hook is called", async () => {
  const hooks = createHooks();
  await loadWith(hooks, "./throws-in-tap.js");
  const event = { stage: "data", kind: "data", provider: "mnist", key: "" } as const;
  const error = await caught(() => hooks.stageStart.for("data").promise(event));
  expect(error.message).toBe('plugin "throws-in-tap" failed in hook stageStart.data for stage "data"');
});

const malformed: readonly [what: string, source: string, message: string][] = [
  ["exports nothing", "export const other = 1;", "exports neither `plugin` nor a default"],
  ["has no name", 'export const plugin = { version: "1.0.0", kdflow: "^1" };', "`name` of the plugin is missing"],
  [
    "has a misspelt key",
    'export default { name: "x", version: "1", kdflow: "^1", provider: [] };',
    'unknown key "provider"',
  ],
  ["has a strange range", 'export default { name: "x", version: "1", kdflow: "soon" };', 'cannot be read: "soon"'],
  [
    "calls itself kdflow",
    'export default { name: "kdflow", version: "1", kdflow: "^1" };',
    'may not call itself "kdflow"',
  ],
  [
    "has a provider of no family",
    'export default { name: "x", version: "1", kdflow: "^1", providers: [{ family: "loses", id: "a" }] };',
    'unknown family "loses"',
  ],
  [
    "has a provider whose id is not kebab-case",
    'export default { name: "x", version: "1", kdflow: "^1", providers: [{ family: "losses", id: "aB" }] };',
    'id "aB" is not kebab-case',
  ],
  [
    "has a provider without create",
    `export default { name: "x", version: "1", kdflow: "^1", providers: [
      { family: "losses", id: "a", summary: "A.", cacheVersion: 1, needs: [] }] };`,
    "`create` of losses/a is missing",
  ],
  [
    "does not say whether it computes tensors",
    `export default { name: "x", version: "1", kdflow: "^1", providers: [
      { family: "data", id: "a", summary: "A.", cacheVersion: 1, run() {}, open() {}, numeric: "input" }] };`,
    '`numeric` of data/a is "input"',
  ],
  [
    "has an asynchronous apply",
    'export default { name: "x", version: "1", kdflow: "^1", apply: async () => { throw new Error("late"); } };',
    '`apply` of plugin "x" is asynchronous',
  ],
];

test.each(malformed)("a plugin that %s is refused", async (what, source, message) => {
  const file = await writePlugin(`${what.replaceAll(/\W/gu, "-")}.mjs`, source);
  const error = await caught(() => load(file));
  expect(error.code).toBe("KDF_PLUGIN_INVALID");
  expect(error.message).toContain(message);
  expect(error.where).toEqual(place);
});

test("a plugin whose apply throws is named", async () => {
  const file = await writePlugin(
    "apply-throws.mjs",
    'export default { name: "x", version: "1", kdflow: "^1", apply() { throw new Error("no"); } };',
  );
  const error = await caught(() => load(file));
  expect(error.code).toBe("KDF_PLUGIN_LOAD");
  expect(error.message).toBe('plugin "x" failed in its `apply`');
});

test("a provider without a schema is refused when it is looked up", async () => {
  const file = await writePlugin(
    "no-schema.mjs",
    `export default { name: "bare", version: "1", kdflow: "^1", providers: [
      { family: "losses", id: "a", summary: "A.", cacheVersion: 1, needs: [], create() {} }] };`,
  );
  const registry = await load(file);
  const error = await caught(() => registry.find("losses", "a"));
  expect(error.code).toBe("KDF_PLUGIN_INVALID");
  expect(error.message).toContain('losses/a of plugin "bare" has no options schema');
});

test("a schema may not declare a key that a pipeline uses for itself", async () => {
  const hooks = createHooks();
  const bad = { ...loss("a"), schema: { ...schema, properties: { weight: { type: "number", description: "W." } } } };
  const plugin: Plugin = { name: "p", version: "1", kdflow: "^1", providers: [bad as Provider] };
  const registry = await createRegistry({ hooks, builtins: [plugin], plugins: [], baseDir });
  expect((await caught(() => registry.find("losses", "a"))).message).toContain('has an option "weight"');
});

test("a plugin may serve a family itself", async () => {
  const hooks = createHooks();
  const plugin: Plugin = {
    name: "kdflow-plugin-many",
    version: "1.0.0",
    kdflow: "^1",
    apply(engine) {
      engine.hooks.provide.for("losses").tap("any-name", (request) => {
        if (request.id.startsWith("many-")) request.claim(loss(request.id));
      });
    },
  };
  const registry = await createRegistry({ hooks, builtins: [core, plugin], plugins: [], baseDir });
  const { provider, plugin: origin } = await registry.find("losses", "many-3");
  expect(provider.id).toBe("many-3");
  expect(origin).toEqual({ name: "kdflow-plugin-many", version: "1.0.0" });
  expect(registry.ids("losses")).toEqual(["kd", "cross-entropy"]);
});

test("a second claim on the hook itself names both plugins", async () => {
  const hooks = createHooks();
  const second: Plugin = {
    name: "second",
    version: "1",
    kdflow: "^1",
    apply: (engine) => engine.hooks.provide.for("losses").tap("second", (request) => request.claim(loss(request.id))),
  };
  const registry = await createRegistry({ hooks, builtins: [core, second], plugins: [], baseDir });
  const error = await caught(() => registry.find("losses", "kd"));
  expect(error.code).toBe("KDF_PLUGIN_DUPLICATE");
  expect(error.message).toBe('plugin "kdflow" and plugin "second" both supply losses/kd');
});

test("a claim of another provider than the one asked for is refused", async () => {
  const hooks = createHooks();
  const plugin: Plugin = {
    name: "p",
    version: "1",
    kdflow: "^1",
    apply: (engine) => engine.hooks.provide.for("losses").tap("p", (request) => request.claim(loss("other"))),
  };
  const registry = await createRegistry({ hooks, builtins: [plugin], plugins: [], baseDir });
  expect((await caught(() => registry.find("losses", "kd"))).message).toBe(
    'plugin "p" gives losses/other for losses/kd',
  );
});

test("a provider that nobody supplies is an error with the nearest name", async () => {
  const registry = await load();
  const error = await caught(() => registry.find("losses", "cross-entorpy"));
  expect(error.code).toBe("KDF_CONFIG_UNKNOWN_PROVIDER");
  expect(error.hint[0]).toContain('did you mean "cross-entropy"?');
  expect((await caught(() => registry.find("metrics", "kd"))).hint[1]).toBe('"kd" is one of: losses');
});

test("a lazy provider is imported when it is asked for, once", async () => {
  let imports = 0;
  const load = async (): Promise<Provider> => {
    imports += 1;
    return loss("late");
  };
  const plugin: Plugin = { name: "p", version: "1", kdflow: "^1", providers: [{ family: "losses", id: "late", load }] };
  const registry = await createRegistry({ hooks: createHooks(), builtins: [plugin], plugins: [], baseDir });
  expect(imports).toBe(0);
  await Promise.all([registry.find("losses", "late"), registry.find("losses", "late")]);
  expect(imports).toBe(1);
});

test("a lazy provider that cannot be imported is named", async () => {
  const load = async (): Promise<Provider> => {
    throw new Error("missing native module");
  };
  const plugin: Plugin = { name: "p", version: "1", kdflow: "^1", providers: [{ family: "losses", id: "late", load }] };
  const registry = await createRegistry({ hooks: createHooks(), builtins: [plugin], plugins: [], baseDir });
  const error = await caught(() => registry.find("losses", "late"));
  expect(error.code).toBe("KDF_PLUGIN_LOAD");
  expect(error.message).toBe('losses/late of plugin "p" cannot be imported');
});

test("what was not looked up before is a bug of ours", async () => {
  const registry = await load();
  expect((await caught(() => registry.found("losses", "kd"))).code).toBe("KDF_INTERNAL");
});

test("what a provider throws by mistake names plugin, provider and stage", async () => {
  const registered = await (await load("focal")).find("losses", "own-focal");
  const cause = new TypeError("x is undefined");
  const error = asPluginError(cause, registered, "train") as KdflowError;
  expect(error.code).toBe("KDF_PLUGIN_PROVIDER");
  expect(error.message).toBe('losses/own-focal of plugin "kdflow-plugin-focal" 1.2.0 failed in stage "train"');
  expect(error.cause).toBe(cause);
  expect(asPluginError(error, registered, "train")).toBe(error);
});

test("what a built-in provider throws by mistake stays a bug of ours", async () => {
  const registered = await (await load()).find("losses", "kd");
  const cause = new TypeError("x is undefined");
  expect(asPluginError(cause, registered, "train")).toBe(cause);
});
