import { readdir, readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { definePlugin, defineProvider, type ModelDescription, type Schedule } from "../../../core/index.ts";
import { endsOf } from "../../../core/store/trajectories.ts";
import { reasonsFor, type TinyProject, tinyTraining } from "./tiny-training.ts";

/** Lengths of the ends that a store keeps, by trajectory. */
async function keptLengths(project: TinyProject): Promise<number[][]> {
  const { layout } = await project.store();
  const trajectories = await readdir(layout.trajectories);
  const ends = await Promise.all(trajectories.map((trajectory) => endsOf(layout, trajectory)));
  return ends.map((each) => each.map(({ length }) => length)).sort();
}

async function modelOf(project: TinyProject, stage: string, epochs: number): Promise<ModelDescription> {
  const store = await project.store();
  for (const { directory, stage: made } of await store.list()) {
    if (made !== stage) continue;
    const description = JSON.parse(await readFile(join(directory, "description.json"), "utf8")) as ModelDescription;
    if (description.history.length === epochs) return description;
  }
  throw new Error(`no model of ${stage} was trained for ${epochs} epochs`);
}

test("more epochs go on from the end of fewer, for student and baseline, to the bytes of one undisturbed run", async () => {
  await using project = await tinyTraining();
  await using fresh = await tinyTraining();
  await project.run(["epochs=2"]);

  expect(reasonsFor(await project.plan(["epochs=4"]), "train")).toEqual([
    expect.stringMatching(/^epochs: 2 → 4 \(.*pipeline\.yaml:\d+:\d+\); continues from epoch 2$/),
  ]);
  const { epochs, notes } = await project.run(["epochs=4"]);
  const undisturbed = await fresh.run(["epochs=4"]);

  expect(epochs).toEqual({ train: [3, 4], "train.baseline": [3, 4] });
  expect(notes).toContain("train: continues a training of 2 epochs");
  expect(undisturbed.epochs["train"]).toEqual([1, 2, 3, 4]);
  expect(await project.content()).toMatchObject(await fresh.content());
  expect(await keptLengths(project)).toEqual([[1], [4, 2], [4, 2]]);
});

test("adam, averages and accumulated gradients go on too, and an early stop stops where it would have", async () => {
  const kept = [
    "stages.train.optimizer={ use: adamw, learningRate: 0.003 }",
    "stages.train.ema={ decay: 0.9 }",
    "stages.train.accumulate=2",
  ];
  const stop = "stages.train.earlyStop={ epochs: 2 }";
  const upTo = { until: "train" };
  await using project = await tinyTraining();
  await using fresh = await tinyTraining();
  await project.run([...kept, "epochs=2"], upTo);
  await project.run([...kept, stop, "epochs=2"], upTo);

  const { epochs, notes } = await project.run([...kept, "epochs=4"], upTo);
  const stopped = await project.run([...kept, stop, "epochs=8"], upTo);
  await fresh.run([...kept, "epochs=4"], upTo);
  const undisturbed = await fresh.run([...kept, stop, "epochs=8"], upTo);

  expect(epochs["train"]).toEqual([3, 4]);
  expect(notes).toContain("train: continues a training of 2 epochs");
  expect(undisturbed.epochs["train"]?.length).toBeLessThan(8);
  const later = undisturbed.epochs["train"]?.filter((epoch) => epoch > 2);
  expect(later).toContain(3);
  expect(stopped.epochs["train"]).toEqual(later);
  expect(await project.content()).toMatchObject(await fresh.content());
});

test("the best epoch stays the best where it was in the first part", async () => {
  await using project = await tinyTraining();
  await using fresh = await tinyTraining();
  const upTo = { until: "teacher" };
  const wild = ["rate=0.2"];
  await project.run([...wild, "teacher=1"], upTo);

  const { epochs } = await project.run([...wild, "teacher=3"], upTo);
  await fresh.run([...wild, "teacher=3"], upTo);

  expect(epochs).toEqual({ teacher: [2, 3] });
  expect((await modelOf(project, "teacher", 3)).best?.epoch).toBe(1);
  expect(await project.content()).toMatchObject(await fresh.content());
});

test("a schedule that depends on the number of epochs starts anew, and plan and run say why", async () => {
  await using project = await tinyTraining();
  await project.run(["schedule=cosine", "epochs=1"]);

  const plan = await project.plan(["schedule=cosine", "epochs=2"]);
  const { epochs, notes } = await project.run(["schedule=cosine", "epochs=2"]);

  const words = "starts anew: cosine depends on the number of epochs";
  expect(reasonsFor(plan, "train")).toEqual([expect.stringMatching(new RegExp(`^epochs: 1 → 2 .*; ${words}$`, "u"))]);
  expect(notes).toEqual([`train: ${words}`, `train.baseline: ${words}`]);
  expect(epochs).toEqual({ train: [1, 2], "train.baseline": [1, 2] });
  // only the teacher's schedule is constant
  expect(await keptLengths(project)).toEqual([[1]]);
});

test("a shorter training uses the longest end that is not longer, harms none, and `force` uses none", async () => {
  await using project = await tinyTraining();
  const upTo = { until: "teacher" };
  await project.run(["teacher=3"], upTo);
  expect((await project.run(["teacher=1"], upTo)).epochs).toEqual({ teacher: [1] });
  expect((await project.run(["teacher=2"], upTo)).epochs).toEqual({ teacher: [2] });
  expect(await keptLengths(project)).toEqual([[3, 2, 1]]);
  const content = await project.content();

  const forced = await project.run(["teacher=2"], { ...upTo, force: ["teacher"] });

  expect(forced.epochs).toEqual({ teacher: [1, 2] });
  expect(await project.content()).toEqual(content);
  expect((await project.run(["teacher=4"], upTo)).epochs).toEqual({ teacher: [4] });
});

test("a damaged end is set aside with a warning, and the one before it is used", async () => {
  await using project = await tinyTraining();
  const upTo = { until: "teacher" };
  await project.run(["teacher=1"], upTo);
  await project.run(["teacher=2"], upTo);
  const { layout } = await project.store();
  const [trajectory = ""] = await readdir(layout.trajectories);
  const [longest] = await endsOf(layout, trajectory);
  await truncate(join(longest?.folder ?? "", "state.bin"), 100);

  const { epochs, notes } = await project.run(["teacher=3"], upTo);

  expect(epochs).toEqual({ teacher: [2, 3] });
  expect(notes).toEqual([
    expect.stringMatching(/^warning: .*the kept end of \w+ is damaged: "state\.bin" has other content/u),
    "teacher: continues a training of 1 epochs",
  ]);
});

test("a schedule that says it does not depend on the number of epochs, but does, is found out", async () => {
  const falling = defineProvider<"schedules", object>("schedules", {
    id: "falling",
    summary: "falls to zero, and says otherwise",
    schema: { type: "object", description: "Falls.", additionalProperties: false, properties: {} },
    cacheVersion: 1,
    dependsOnEpochs: () => undefined,
    create: (): Schedule => ({ factor: (epoch, epochs) => 1 - epoch / epochs }),
  });
  const plugin = definePlugin({ name: "kdflow-plugin-falling", version: "1.0.0", kdflow: "^1", providers: [falling] });
  await using project = await tinyTraining([plugin]);
  await project.run(["schedule=falling", "epochs=1"]);

  const { epochs, notes } = await project.run(["schedule=falling", "epochs=2"]);

  expect(epochs["train"]).toEqual([1, 2]);
  expect(notes[0]).toBe(
    "warning: train: starts anew instead of going on from 1 of 2 epochs: " +
      '"learningRate" depends on the number of epochs, though its provider does not say so',
  );
});

test("a collection drops the ends of what it drops, and counts their bytes", async () => {
  await using project = await tinyTraining();
  const upTo = { until: "teacher" };
  await project.run(["teacher=1"], upTo);
  await project.run(["teacher=2"], upTo);
  const store = await project.store();
  const before = await store.sizes();
  const { layout } = store;
  const [trajectory = ""] = await readdir(layout.trajectories);
  const [two, one] = await endsOf(layout, trajectory);

  const { removed, ends, freedBytes } = await store.gc({ keep: [two?.key ?? ""] });

  expect(ends).toEqual([one?.key]);
  const { trajectories } = await store.sizes();
  expect(trajectories).toBeGreaterThan(0);
  const results = removed.reduce((sum, { bytes }) => sum + bytes, 0);
  expect(freedBytes).toBe(results + before.trajectories - trajectories);
  await store.gc({ keep: [] });
  expect(await readdir(layout.trajectories)).toEqual([]);
});
