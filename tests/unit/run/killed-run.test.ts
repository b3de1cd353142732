import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listRuns, type RunRecord } from "../../../core/run/run-record.ts";
import { currentProcess, type ProcessIdentity } from "../../../core/store/process-identity.ts";

/** A record that a run left while it went on, of a process. */
async function left(runId: string, process: ProcessIdentity | undefined): Promise<RunRecord["status"] | undefined> {
  const record: RunRecord = {
    version: 1,
    runId,
    pipeline: "p",
    file: "p.yaml",
    command: ["run", "p.yaml"],
    startedAt: "2026-01-31T12:00:00.000Z",
    endedAt: null,
    status: "running",
    ...(process === undefined ? {} : { process }),
    backend: "cpu",
    versions: {},
    stages: [],
    metrics: {},
    error: null,
  };
  const root = await mkdtemp(join(tmpdir(), "kdflow-killed-"));
  try {
    await mkdir(join(root, "runs", runId), { recursive: true });
    await writeFile(join(root, "runs", runId, "run.json"), JSON.stringify(record));
    return (await listRuns(root))[0]?.status;
  } finally {
    await rm(root, { recursive: true });
  }
}

describe("a run whose record says `running`", () => {
  it("is interrupted where its process is gone, and goes on where it lives or cannot be asked", async () => {
    const self = await currentProcess();
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    expect(await left("alive", self)).toBe("running");
    expect(await left("ended", { ...self, pid })).toBe("interrupted");
    expect(await left("elsewhere", { ...self, pid, host: "another" })).toBe("running");
    expect(await left("old", undefined)).toBe("running");
  });
});
