import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ProvisionResult } from "../../../core/index.ts";
import { findNative, nativeFolder } from "../../../plugins/backends/native/cache.ts";
import { npmEnvironment } from "../../../plugins/backends/native/npm.ts";
import { tensorflow } from "../../../plugins/backends/tensorflow.ts";
import { onnx } from "../../../plugins/teachers/onnx.ts";
import { nativeReason } from "../../support/backend.ts";

const native = await nativeReason();
const environment = { ...process.env };
let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "kdflow-provision-")));
});

afterEach(async () => {
  process.env = { ...environment };
  await rm(folder, { recursive: true, force: true });
});

function provision(options: { force?: boolean; signal?: AbortSignal } = {}): Promise<ProvisionResult> {
  const { force = true, signal = new AbortController().signal } = options;
  const run = tensorflow.provision;
  if (run === undefined) throw new Error("the backend cannot be provisioned");
  return run({ log: () => {}, force, signal });
}

/** An empty cache, and an npm that may not use the network. */
async function offline(): Promise<void> {
  process.env["KDFLOW_CACHE"] = join(folder, "cache");
  process.env["npm_config_cache"] = join(folder, "npm");
  process.env["npm_config_offline"] = "true";
}

/** Leaves only the named programs on the path. */
async function onlyPrograms(...names: readonly string[]): Promise<void> {
  const bin = join(folder, "bin");
  await mkdir(bin);
  for (const name of names) {
    for (const place of (environment["PATH"] ?? "").split(":")) {
      const found = await realpath(join(place, name)).catch(() => undefined);
      if (found === undefined) continue;
      await symlink(found, join(bin, name));
      break;
    }
  }
  process.env["PATH"] = bin;
  delete process.env["CXX"];
  delete process.env["npm_execpath"];
}

describe("npm's environment", () => {
  test("keeps where packages come from and drops what an outer npm run says of itself", () => {
    process.env = {
      PATH: "/bin",
      npm_config_registry: "https://packages.example/",
      npm_config_cafile: "/etc/ca.pem",
      "npm_config_@ada:registry": "https://ada.example/",
      npm_config_ignore_scripts: "true",
      npm_config_prefix: "/elsewhere",
      npm_config_local_prefix: "/project",
      npm_package_name: "project",
      npm_lifecycle_event: "quickstart",
      npm_execpath: "/usr/lib/npm-cli.js",
    };

    expect(npmEnvironment()).toEqual({
      PATH: "/bin",
      npm_config_registry: "https://packages.example/",
      npm_config_cafile: "/etc/ca.pem",
      "npm_config_@ada:registry": "https://ada.example/",
    });
  });
});

describe("provisioning the native backend", () => {
  test("is done at once where it works already", async (context) => {
    if (native !== undefined) return context.skip(native);

    const result = await provision({ force: false });

    expect(result).toEqual({ ok: true, detail: expect.stringMatching(/^TensorFlow 2\.\d+/) });
  });

  test("says that packages cannot be fetched when npm is offline, and leaves nothing behind", async () => {
    await offline();

    const result = await provision();

    expect(result).toEqual({ ok: false, reason: expect.stringMatching(/^npm could not install: /) });
    expect(await readdir(dirname(nativeFolder()))).toEqual([]);
  });

  test("names all tools that are missing, npm among them", async () => {
    await offline();
    await onlyPrograms("node");

    const result = await provision();

    expect(result).toEqual({ ok: false, reason: expect.stringMatching(/^npm is missing; /) });
    if (process.platform === "linux" && process.arch === "x64") {
      expect(result).toMatchObject({ reason: expect.stringContaining("python3 with pip, a C++ compiler such as g++") });
    }
  });

  test("says that the cache cannot be written where a file is in its way", async () => {
    await writeFile(join(folder, "file"), "");
    process.env["KDFLOW_CACHE"] = join(folder, "file");

    const result = await provision();

    expect(result).toEqual({ ok: false, reason: expect.stringContaining(join(folder, "file")) });
  });

  test.runIf(process.platform === "linux")("ends where no folder can be made, saying which", async () => {
    process.env["KDFLOW_CACHE"] = "/proc/kdflow-none/cache";
    const reason = "/proc/kdflow-none cannot be written (set KDFLOW_CACHE to another place)";

    expect(await provision()).toEqual({ ok: false, reason });
    const { runtime } = onnx;
    expect(await runtime?.provision({ log: () => {}, force: true, signal: AbortSignal.timeout(10_000) })).toEqual({
      ok: false,
      reason,
    });
  });

  test("stops when it is interrupted", async () => {
    await offline();

    const result = await provision({ signal: AbortSignal.abort() });

    expect(result).toEqual({ ok: false, reason: expect.stringMatching(/^interrupted/) });
    expect(await readdir(dirname(nativeFolder()))).toEqual([]);
  });

  test("removes what a killed setup left behind, but not what a running one is building", async () => {
    await offline();
    const parent = dirname(nativeFolder());
    const dead = `.setup-${hostname()}-999999999-00000000`;
    const running = `.setup-${hostname()}-${process.pid}-00000000`;
    await mkdir(join(parent, dead), { recursive: true });
    await mkdir(join(parent, running));

    await provision();

    expect(await readdir(parent)).toEqual([running]);
  });

  test("takes no half-built installation for a whole one", async () => {
    process.env["KDFLOW_CACHE"] = folder;
    await mkdir(nativeFolder(), { recursive: true });
    await writeFile(join(nativeFolder(), "kdflow-native.json"), JSON.stringify({ tensorflow: "2.21.0" }));

    expect((await findNative())?.place).not.toBe("cache");
  });
});
