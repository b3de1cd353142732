import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession } from "../../core/run/session.ts";
import { builtins } from "../../plugins/index.ts";
import { writeTinyMnist } from "../support/mnist.ts";

const pipelines = join(import.meta.dirname, "../../pipelines");
const recipes = (await readdir(pipelines, { recursive: true })).filter((name) => name.endsWith(".yaml"));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-recipes-"));
  await writeTinyMnist(join(folder, "mnist"), { train: 40, test: 10 });
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe.each(recipes)("the recipe %s", (name) => {
  const open = (set: readonly string[] = []) =>
    openSession({ file: join(pipelines, name), builtins: [builtins], set, storeDir: join(folder, "store") });

  it("validates and plans", async () => {
    const session = await open();
    await session.check();
    expect((await session.plan()).stages.length).toBeGreaterThan(0);
  });

  it("runs from end to end on a few real images", async () => {
    const { pipeline } = await open();
    const set = pipeline.stages.flatMap(({ kind, name: stage, registered }) => {
      if (registered.provider.id === "mnist")
        return [`stages.${stage}.root=${join(folder, "mnist")}`, `stages.${stage}.limit=40`];
      // a teacher of one epoch is sure of nothing
      if (registered.provider.id === "pseudo-labels") return [`stages.${stage}.minScore=0`];
      if (kind === "train") return [`stages.${stage}.epochs=1`, `stages.${stage}.seeds=1`];
      if (kind === "evaluate") return [`stages.${stage}.require={}`, `stages.${stage}.latencyRuns=1`];
      if (kind === "teacher") return [`stages.${stage}.epochs=1`];
      return [];
    });
    const outcome = await (await open(set)).run();
    expect(outcome.error).toBeUndefined();
    expect(outcome.status).toBe("ok");
  });
});
