import { appendFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { markDoubtful } from "../../../core/run/doubt.ts";
import { listRuns } from "../../../core/run/run-record.ts";
import type { StoredArtifact } from "../../../core/store/artifact.ts";
import { openCheckpoints } from "../../../core/store/checkpoints.ts";
import type { Store } from "../../../core/store/store.ts";
import { rot } from "../store/store-folder.ts";
import { reasonsFor, tinyTraining } from "./tiny-training.ts";

const resultOf = async (store: Store, kind: string): Promise<StoredArtifact> => {
  const found = (await store.list()).find((artifact) => artifact.kind === kind);
  if (found === undefined) throw new Error(`there is no ${kind}`);
  return found;
};

async function largestFile({ directory }: StoredArtifact): Promise<string> {
  const paths = (await readdir(directory)).map((name) => join(directory, name));
  const sizes = await Promise.all(paths.map(async (path) => ({ path, bytes: (await stat(path)).size })));
  return sizes.sort((a, b) => b.bytes - a.bytes)[0]?.path ?? "";
}

test("rotten weights and labels are found before they are read, made again, and the results are those of before", async () => {
  await using project = await tinyTraining();
  const store = await project.store();
  await project.run([]);
  const whole = await project.content();
  const [teacher, shard] = [await resultOf(store, "teacher"), await resultOf(store, "part")];
  await rot(store, teacher.key, await largestFile(teacher));
  await rot(store, shard.key, await largestFile(shard));
  const { notes } = await project.run([], { force: ["train"] });
  expect(notes.filter((note) => note.includes("is damaged"))).toHaveLength(3);
  expect(await project.content()).toEqual(whole);
});

test("what verify sets aside marks what was computed from it, until that has been made again", async () => {
  await using project = await tinyTraining();
  await project.run([]);
  const whole = await project.content();
  const store = await project.store();
  const teacher = await resultOf(store, "teacher");
  await rot(store, teacher.key, await largestFile(teacher));
  const results = await store.verify();
  const damaged = results.filter(({ problems }) => problems.length > 0);
  expect(damaged).toMatchObject([{ key: teacher.key, digest: teacher.digest }]);
  const marked = await markDoubtful(store, await listRuns(store.layout.root), damaged);
  expect(marked.map(({ stage }) => stage)).toEqual(["softLabels"]);
  const doubt = `was computed from ${teacher.key.slice(0, 12)}, which is damaged`;
  await project.run([], { until: "teacher" });
  expect(reasonsFor(await project.plan([]), "softLabels")).toEqual([doubt]);
  await project.run([]);
  expect(reasonsFor(await project.plan([]), "softLabels")).toEqual(["unchanged"]);
  expect(await project.content()).toEqual(whole);
});

test("`from` computes nothing before its stage: what is missing is named, with the command that makes it", async () => {
  await using project = await tinyTraining();
  const missing = expect.objectContaining({
    code: "KDF_PLAN_NOT_STORED",
    message: '"train" takes the result of "data", which is not stored',
    hint: [expect.stringMatching(/kdflow run .*pipeline\.yaml --until data$/), expect.any(String)],
  });
  await expect(project.run([], { from: "train" })).rejects.toThrow(missing);
  expect(await readdir(join(project.folder, ".kdflow", "store"))).toEqual([]);
  await project.run([], { until: "softLabels" });
  const { epochs } = await project.run([], { from: "train" });
  expect(Object.keys(epochs)).toEqual(expect.arrayContaining(["train", "train.baseline"]));
  expect(epochs["teacher"]).toBeUndefined();
});

test("verify covers checkpoints and the kept ends of trainings", async () => {
  await using project = await tinyTraining();
  await project.run([]);
  const store = await project.store();
  await openCheckpoints(store, "unfinished").save({ "weights.bin": new Uint8Array(9) });
  const kinds = (await store.verify()).map(({ kind }) => kind);
  expect(kinds).toEqual(expect.arrayContaining(["teacher", "train", "checkpoint", "trajectory"]));
  const [trajectory = ""] = await readdir(store.layout.trajectories);
  const [end = ""] = await readdir(join(store.layout.trajectories, trajectory));
  for (const folder of [
    join(store.layout.trajectories, trajectory, end),
    join(store.layout.checkpoints, "unfinished", "1"),
  ]) {
    const [file = ""] = (await readdir(folder)).filter((name) => name !== "manifest.json");
    await appendFile(join(folder, file), "x");
  }
  const damaged = (await store.verify()).filter(({ problems }) => problems.length > 0);
  expect(damaged.map(({ kind }) => kind).sort()).toEqual(["checkpoint", "trajectory"]);
});
