import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { PortValues, Provider, StageContext, Tf } from "../../../core/index.ts";
import { ContractError, checkAbort } from "../../../core/testing/index.ts";
import { loadBackend } from "../../support/backend.ts";

let tf: Tf;

beforeAll(async () => {
  ({ tf } = await loadBackend("cpu"));
});

/** A stage that does what `work` says. */
function stage(work: (context: StageContext) => Promise<void>): Provider {
  return {
    family: "export",
    id: "tried",
    summary: "Tried.",
    cacheVersion: 1,
    run: (_options: never, _inputs: PortValues, context: StageContext) => work(context),
    open: async () => ({}),
  } as unknown as Provider;
}

async function problemsOf(work: (context: StageContext) => Promise<void>): Promise<readonly string[]> {
  try {
    await checkAbort(stage(work), { tf, options: {}, inputs: {} });
    return [];
  } catch (error) {
    if (error instanceof ContractError) return error.problems;
    throw error;
  }
}

const half = { unit: "images", done: 1, total: 2 };

test("passes a stage that stops", async () => {
  const problems = await problemsOf(async ({ signal, outputDir, progress }) => {
    signal.throwIfAborted();
    await writeFile(join(outputDir, "half"), "1");
    progress(half);
    signal.throwIfAborted();
  });
  expect(problems).toEqual([]);
});

test("finds a stage that goes on", async () => {
  expect(await problemsOf(async ({ progress }) => progress(half))).toEqual([
    "aborted before it began, it came to its end",
    "aborted at its first report, it came to its end",
  ]);
});

test("finds a stage that hides the reason", async () => {
  const problems = await problemsOf(async ({ signal, progress }) => {
    signal.throwIfAborted();
    progress(half);
    throw new Error("stopped");
  });
  expect(problems).toEqual(["aborted at its first report, it threw Error: stopped instead of the signal's reason"]);
});

test("finds tensors that are left, and work that goes on", async () => {
  const kept: { dispose(): void }[] = [];
  const problems = await problemsOf(async ({ signal, progress, tf }) => {
    signal.throwIfAborted();
    kept.push(tf.scalar(1));
    progress(half);
    setTimeout(() => progress({ ...half, done: 2 }), 20);
    signal.throwIfAborted();
  });
  for (const tensor of kept) tensor.dispose();
  expect(problems).toEqual([
    "aborted at its first report, it left work that went on, with 1 more reports",
    "aborted at its first report, it left 1 tensors",
  ]);
});

test("finds folders that are left in the store", async () => {
  const problems = await problemsOf(async ({ signal, progress, outputDir }) => {
    signal.throwIfAborted();
    progress(half);
    await mkdtemp(join(outputDir, "..", "mine-"));
    signal.throwIfAborted();
  });
  expect(problems).toEqual([expect.stringContaining('it left the unfinished folder "tmp/mine-')]);
});
