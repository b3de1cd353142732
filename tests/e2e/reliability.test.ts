import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rm, stat, truncate, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kdflow } from "./support/cli.ts";
import { storeContent } from "./support/store-content.ts";
import { tinyProject } from "./support/tiny-pipeline.ts";

const run = promisify(execFile);
const labels = ["run", "pipeline.yaml", "--until", "softLabels"];

let folder: string;
let whole: Record<string, unknown>;

beforeAll(async () => {
  folder = await tinyProject();
  const first = await kdflow(labels, { cwd: folder });
  expect(first.code, first.stderr).toBe(0);
  whole = await storeContent(folder);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** The Arrow file of one stored shard. */
async function shardFile(): Promise<string> {
  const store = join(folder, ".kdflow/store");
  for (const key of await readdir(store)) {
    const arrow = (await readdir(join(store, key))).find((name) => name.endsWith(".arrow"));
    if (arrow !== undefined) return join(store, key, arrow);
  }
  throw new Error("there is no shard");
}

async function repaired(): Promise<string> {
  const again = await kdflow(labels, { cwd: folder });
  expect(again.code, again.stderr).toBe(0);
  expect(await storeContent(folder)).toEqual(whole);
  return again.stderr;
}

describe("a damaged store", () => {
  it("sets a truncated shard aside with a warning and labels it anew", async () => {
    const shard = await shardFile();
    await truncate(shard, (await stat(shard)).size - 10);
    expect(await repaired()).toMatch(/set aside|damaged/);
  });

  it("finds a flipped byte in cache verify and computes the result anew", async () => {
    const shard = await shardFile();
    const bytes = await readFile(shard);
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await writeFile(shard, bytes);
    const verified = await kdflow(["cache", "verify"], { cwd: folder });
    expect(verified.code).toBe(1);
    expect(verified.stdout).toContain("has other content than when it was committed");
    await repaired();
  });

  it("computes a result with a missing file anew", async () => {
    await unlink(await shardFile());
    await repaired();
  });
});

describe("two runs on one store", () => {
  it("stops the second one at the stage that the first is computing, with exit code 3, and nothing is lost", async () => {
    const more = ["run", "pipeline.yaml", "--until", "teacher", "--set", "stages.teacher.epochs=5"];
    let second: ReturnType<typeof kdflow> | undefined;
    const first = await kdflow(more, {
      cwd: folder,
      onStart: (_kill, onText) =>
        onText((text) => {
          if (text.includes("epoch 1/5")) second ??= kdflow(more, { cwd: folder });
        }),
    });
    const stopped = await second;
    expect(first.code, first.stderr).toBe(0);
    expect(stopped?.code, stopped?.stderr).toBe(3);
    expect(stopped?.stderr).toMatch(/KDF_STORE_LOCKED: .*process \d+/);
  });

  it("takes over the lock of a run that was killed", async () => {
    const more = ["run", "pipeline.yaml", "--until", "teacher", "--set", "stages.teacher.epochs=6"];
    const killed = await kdflow(more, { cwd: folder, env: { KDFLOW_TEST_KILL: "epochEnd:teacher:2" } });
    expect(killed.signal).toBe("SIGKILL");
    expect(await readdir(join(folder, ".kdflow/locks"))).not.toEqual([]);
    const next = await kdflow(more, { cwd: folder });
    expect(next.code, next.stderr).toBe(0);
    expect(next.stderr).not.toContain("epoch 2/6");
  });
});

describe("a full disk", async () => {
  const small = "/tmp/kdflow-e2e-full-disk";
  await mkdir(small, { recursive: true });
  const mounted = await run("mount", ["-t", "tmpfs", "-o", "size=600k", "tmpfs", small]).then(
    () => true,
    () => false,
  );
  afterAll(async () => {
    if (mounted) await run("umount", [small]);
  });

  it.skipIf(!mounted)(
    mounted
      ? "stops with its own code, keeps what is whole, and goes on where there is room"
      : "stops with its own code (skipped: mounting is not permitted)",
    async () => {
      const store = join(small, ".kdflow");
      const full = await kdflow(["run", "pipeline.yaml", "--store", store], { cwd: folder });
      expect(full.code, full.stderr).toBe(1);
      expect(full.stderr).toContain("KDF_STORE_DISK_FULL");
      await run("mount", ["-o", "remount,size=200m", small]);
      const verified = await kdflow(["cache", "verify", "--store", store], { cwd: folder });
      expect(verified.code, verified.stderr).toBe(0);
      const next = await kdflow(["run", "pipeline.yaml", "--store", store, "--until", "softLabels"], { cwd: folder });
      expect(next.code, next.stderr).toBe(0);
    },
  );
});
