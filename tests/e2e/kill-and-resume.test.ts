import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CliOptions, eventsOf, kdflow, repository } from "./support/cli.ts";
import { storeContent } from "./support/store-content.ts";
import { tinyProject } from "./support/tiny-pipeline.ts";

const folders: string[] = [];
let undisturbed: Record<string, unknown>;
let undisturbedRows: unknown;

/** The metrics of a run, without what the clock measured. */
function rowsOf(stdout: string): unknown {
  const end = eventsOf({ code: 0, signal: null, stdout, stderr: "" }).at(-1) as {
    metrics: { evaluate: { rows: Row[] } };
  };
  return end.metrics.evaluate.rows.map(({ role, metrics }) => {
    const { latencyMs: _, ...lasting } = metrics;
    return { role, metrics: lasting };
  });
}

interface Row {
  readonly role: string;
  readonly metrics: Readonly<Record<string, unknown>>;
}

async function project(): Promise<string> {
  const folder = await tinyProject();
  folders.push(folder);
  return folder;
}

beforeAll(async () => {
  const folder = await project();
  const result = await kdflow(["run", "pipeline.yaml", "--json"], { cwd: folder });
  expect(result.code, result.stderr).toBe(0);
  undisturbed = await storeContent(folder);
  undisturbedRows = rowsOf(result.stdout);
});

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function killAndResume(how: Pick<CliOptions, "env" | "preload">, ...args: string[]): Promise<void> {
  const folder = await project();
  const killed = await kdflow(["run", "pipeline.yaml", "--json", ...args], { cwd: folder, ...how });
  expect(killed.signal, killed.stderr).toBe("SIGKILL");
  const resumed = await kdflow(["run", "pipeline.yaml", "--json"], { cwd: folder });
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(rowsOf(resumed.stdout)).toEqual(undisturbedRows);
  expect(await storeContent(folder)).toEqual(undisturbed);
}

describe("a run killed by kill -9 and started again", () => {
  it("ends in the same metrics and bytes after a kill in teacher training", () =>
    killAndResume({ env: { KDFLOW_TEST_KILL: "epochEnd:teacher:1" } }));

  it("ends in the same metrics and bytes after a kill in the middle of an epoch, from a checkpoint within it", () =>
    killAndResume(
      { env: { KDFLOW_TEST_KILL: "progress:teacher:11" } },
      "--set",
      "stages.teacher.checkpointMinutes=0.00001",
    ));

  it("ends in the same metrics and bytes after a kill between two soft-label shards", () =>
    killAndResume({ env: { KDFLOW_TEST_KILL: "progress:softLabels:200" } }));

  it("ends in the same metrics and bytes after a kill in student training", () =>
    killAndResume({ env: { KDFLOW_TEST_KILL: "epochEnd:train:1" } }));

  it("ends in the same metrics and bytes after a kill right before a commit is made visible", () =>
    killAndResume({
      // the second commit is the teacher's
      env: { KDFLOW_TEST_KILL_COMMIT: "2" },
      preload: [join(repository, "tests/fixtures/kill/kill-before-rename.mjs")],
    }));
});
