/** Compiles `core` and `plugins` into `dist`, only what changed since the last build, and drops what has no source. */
import { spawnSync } from "node:child_process";
import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const dist = join(root, "dist");
const buildInfo = join(root, "node_modules", ".cache", "kdflow", "build.tsbuildinfo");

/** @param {string} folder */
async function filesUnder(folder) {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

const sources = [...(await filesUnder("core")), ...(await filesUnder("plugins"))].filter((file) =>
  file.endsWith(".ts"),
);
const expected = new Set(
  sources.flatMap((file) => {
    const stem = join(dist, file.slice(root.length, -".ts".length));
    return [`${stem}.js`, `${stem}.d.ts`];
  }),
);

const present = new Set(await filesUnder("dist"));
await Promise.all([...present].filter((file) => !expected.has(file)).map((file) => rm(file)));
// The compiler trusts its record of the last build; with an output missing, the record must go as well.
if ([...expected].some((file) => !present.has(file))) await rm(buildInfo, { force: true });
await mkdir(join(buildInfo, ".."), { recursive: true });

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", root, "--incremental", "--tsBuildInfoFile", buildInfo], {
  stdio: "inherit",
});
if (status === 0) await chmod(join(dist, "core", "cli", "index.js"), 0o755);
process.exitCode = status ?? 1;
