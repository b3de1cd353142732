import { spawnSync } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runtimeCacheFolder } from "../../../core/tensors/runtime-cache.ts";

test.runIf(process.platform === "linux" && process.getuid?.() === 0)(
  "users without a home folder keep them in the working directory",
  () => {
    const script = "import(process.argv[1]).then(({ runtimeCacheFolder }) => console.log(runtimeCacheFolder({})))";
    const typescript = join(import.meta.dirname, "../../../scripts/run-typescript.mjs");
    const module = join(import.meta.dirname, "../../../core/tensors/runtime-cache.ts");
    const { HOME: _home, ...env } = process.env;
    const words = ["--import", typescript, "--eval", script, module];
    const said = spawnSync(process.execPath, words, { env, uid: 12345, gid: 12345, encoding: "utf8", cwd: "/tmp" });
    // A kdflow that others may not read cannot be tried as another user.
    if (/EACCES|EPERM/.test(said.stderr)) return;
    expect(said.stdout, said.stderr).toBe("/tmp/.kdflow/cache/kdflow\n");
  },
);

test("runtimes are kept in $KDFLOW_CACHE, else below $XDG_CACHE_HOME, else below the home folder", () => {
  expect(runtimeCacheFolder({ KDFLOW_CACHE: "/own", XDG_CACHE_HOME: "/cache" })).toBe("/own");
  expect(runtimeCacheFolder({ XDG_CACHE_HOME: "/cache" })).toBe(join("/cache", "kdflow"));
  expect(runtimeCacheFolder({})).toBe(join(homedir(), ".cache", "kdflow"));
});
