import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { compareViews } from "../../bench/views/compare.ts";
import { parseOptions } from "../../bench/views/options.ts";
import { markdown } from "../../bench/views/report.ts";
import { writeTinyMnist } from "../../support/mnist.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-bench-views-"));
  await writeTinyMnist(join(folder, "mnist"), { train: 40, test: 10 });
  vi.stubEnv("KDFLOW_STEP", "eager");
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

it("compares stored views with a teacher in the loop, whose teacher is trained once and all else every time", async () => {
  const small = ["teacher.network.backbone.depth=8", "teacher.epochs=1", "data.limit=40", "train.seeds=2"];
  const student = ["student.backbone={ use: resnet, depth: 8 }", "train.epochs=2", "train.batchSize=32"];
  const roots = ["data", "teacherData"].map((stage) => `${stage}.root=${join(folder, "mnist")}`);
  const set = [...roots, ...small, ...student].map((each) => `stages.${each}`);
  const options = { ...parseOptions(["--views", "1,2"]), set, store: join(folder, "store") };
  const said: string[] = [];
  const first = await compareViews(options, (text) => said.push(text));
  const again = await compareViews(options, (text) => said.push(text));
  expect(said.filter((text) => text.startsWith("  teacher: "))).toHaveLength(1);
  for (const { variants } of [first, again]) {
    expect(variants.map(({ views, seeds }) => [views, seeds])).toEqual([
      [1, 2],
      [2, 2],
      ["online", 2],
    ]);
    const [one = 0, two = 0, online] = variants.map(({ storedBytes }) => storedBytes);
    expect([two > one, one > 0, online]).toEqual([true, true, 0]);
    for (const { labelMs, trainMs } of variants) expect([labelMs > 0, trainMs > 0]).toEqual([true, true]);
  }
  expect(again.variants.map(({ top1 }) => top1)).toEqual(first.variants.map(({ top1 }) => top1));
});

it("writes one row for each way, the teacher's time in the loop as part of the training", () => {
  const variants = [
    { views: 4, top1: { mean: 0.9512, sd: 0.0021 }, seeds: 3, labelMs: 4200, trainMs: 90_000, storedBytes: 230_400 },
    { views: "online", top1: { mean: 0.96, sd: 0.001 }, seeds: 3, labelMs: 100, trainMs: 125_000, storedBytes: 0 },
  ] as const;
  const [, , stored, online, , teacher] = markdown({ variants, teacherTop1: 0.9957 }).split("\n");
  const cells = (line = "") => line.split("|").map((cell) => cell.trim());
  expect(cells(stored)).toEqual(["", "4 views", "95.12 ± 0.21 %", "4.2 s", "1m 30s", "1m 34s", "230.4 KB", ""]);
  expect(cells(online)).toEqual(["", "online", "96.00 ± 0.10 %", "in the training", "2m 05s", "2m 05s", "–", ""]);
  expect(teacher).toBe("teacher: 99.57 %");
});

it("takes views in whole numbers from 1", () => {
  expect(parseOptions([]).views).toEqual([1, 4, 8]);
  expect(() => parseOptions(["--views", "1,x"])).toThrow('--views takes a whole number from 1, not "x"');
});
