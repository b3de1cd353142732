import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventsIn, startKdflow } from "./command-line.ts";

/** Hides packages that an `npm install` without optional ones leaves out, from this process and those that it starts. */
const hidePackages = `import Module from "node:module";
const resolve = Module._resolveFilename;
Module._resolveFilename = function (name, ...rest) {
  if (!/^(onnxruntime-node|@tensorflow\\/tfjs-node)(\\/|$)/.test(name)) return resolve.call(this, name, ...rest);
  throw Object.assign(new Error("Cannot find module '" + name + "'"), { code: "MODULE_NOT_FOUND" });
};
`;

let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-setup-"));
  await writeFile(join(folder, "hide.mjs"), hidePackages);
  env = {
    NODE_OPTIONS: `--import ${join(folder, "hide.mjs")}`,
    KDFLOW_CACHE: join(folder, "cache"),
    npm_config_cache: join(folder, "npm"),
    npm_config_offline: "true",
    npm_config_registry: "http://127.0.0.1:9/",
  };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it("setup copes where nothing can be fetched: it says why, keeps nothing half done and takes what is there", async () => {
  const { code, stdout, stderr } = await startKdflow(["setup", "--json"], folder, env).done;
  expect(code, stderr).toBe(0);
  const refused = { works: false, detail: expect.stringMatching(/^npm could not install: /) };
  expect(eventsIn(stdout)).toMatchObject([
    { event: "backend", backend: "tensorflow", ...refused },
    { event: "backend", backend: "wasm", works: true },
    { event: "backend", backend: "cpu", works: true },
    { event: "runtime", runtime: "onnxruntime", ...refused },
    { event: "setup", backend: "wasm" },
  ]);
  expect(stderr).toContain("onnxruntime: cannot be used here, npm could not install: ");
  expect(await readdir(join(folder, "cache", "native"))).toEqual([]);
});

it("doctor says that ONNX Runtime is missing, which is no failure", async () => {
  const { code, stdout, stderr } = await startKdflow(["doctor", "--json", "--backend", "cpu"], folder, env).done;
  expect(code, stderr).toBe(0);
  const missing = { available: false, detail: "the package onnxruntime-node is not installed" };
  expect(eventsIn(stdout)).toMatchObject([{ event: "doctor", runtimes: [{ name: "onnxruntime", ...missing }] }]);
});
