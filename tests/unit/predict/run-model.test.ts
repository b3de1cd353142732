import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findRunModel } from "../../../core/predict/run-model.ts";
import type { RecordedStage, RunRecord } from "../../../core/run/run-record.ts";
import { openStore, type Store } from "../../../core/store/store.ts";

let root: string;
let store: Store;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "kdflow-run-model-"));
  store = await openStore(root);
  for (const key of ["teacher-key", "assistant-key", "student-key"]) {
    const transaction = await store.begin(key);
    await writeFile(join(transaction.directory, "model.json"), key);
    await transaction.commit({ kind: "train", provider: "distill", references: [] });
  }
});
afterAll(async () => {
  await store.close();
  await rm(root, { recursive: true, force: true });
});

const entry = (stage: string, kind: RecordedStage["kind"], digest = `${stage}-digest`): RecordedStage => ({
  stage,
  kind,
  provider: "any",
  state: "run",
  key: `${stage}-key`,
  digest,
  durationMs: 1,
  parts: { inputs: { data: ["photos-digest"] } },
});
const photos = { ...entry("photos", "data"), parts: { options: { fit: "stretch" } } };
const run = (...stages: readonly RecordedStage[]): RunRecord => ({
  version: 1,
  runId: "20260131-120000-aaaaaa",
  pipeline: "chain",
  file: "chain.yaml",
  command: [],
  startedAt: "2026-01-31T12:00:00.000Z",
  endedAt: null,
  status: "running",
  backend: "cpu",
  versions: {},
  stages,
  metrics: {},
  error: null,
});

describe("findRunModel", () => {
  it("takes the last student of a chain, names the others, and knows how its photos were fitted", async () => {
    const chain = run(photos, entry("teacher", "teacher"), entry("assistant", "train"), entry("student", "train"));
    expect(await findRunModel(chain, undefined, store)).toEqual({
      stage: "student",
      others: ["assistant"],
      directory: join(root, "store", "student-key"),
      recorded: entry("student", "train"),
      data: { provider: "any", options: { fit: "stretch" } },
    });
    expect(await findRunModel(chain, "teacher", store)).toMatchObject({ stage: "teacher", others: [] });
  });

  it("takes the student and not its baseline, which is trained after it", async () => {
    const baselines = [entry("student.baseline", "train"), entry("student.baseline.seed1", "train")];
    expect(await findRunModel(run(entry("student", "train"), ...baselines), undefined, store)).toMatchObject({
      stage: "student",
      others: ["student.baseline", "student.baseline.seed1"],
    });
  });

  it("takes a teacher where nothing else was finished, and not what failed", async () => {
    const failed = { ...entry("student", "train"), state: "failed" as const };
    expect(await findRunModel(run(entry("teacher", "teacher"), failed), undefined, store)).toMatchObject({
      stage: "teacher",
      data: undefined,
    });
    await expect(findRunModel(run(photos, failed), undefined, store)).rejects.toMatchObject({
      code: "KDF_PLAN_UNKNOWN_STAGE",
      message: expect.stringContaining("finished no stage that gives a model"),
    });
  });

  it("says which result is no longer stored", async () => {
    await expect(findRunModel(run(entry("gone", "train")), undefined, store)).rejects.toMatchObject({
      code: "KDF_INPUT_MISSING_FILE",
      message: expect.stringContaining('"gone" is no longer in the store'),
    });
  });
});
