import { expect, it } from "vitest";
import { costLines, sizeWords, timeWords, totalCost } from "../../../plugins/cost/estimate/cost-rows.ts";

const stage = (name: string, state: "run" | "reuse", seconds: number, bytes: number, peakMemoryBytes: number) => ({
  ...{ stage: name, kind: "train", state, seconds, bytes, peakMemoryBytes },
});

it("adds times and bytes up, and takes the largest memory", () => {
  const cost = totalCost(
    [stage("data", "reuse", 0, 0, 0), stage("train", "run", 60, 10, 5), stage("evaluate", "run", 3, 1, 7)],
    9,
  );
  expect(cost).toMatchObject({ seconds: 63, bytes: 11, peakMemoryBytes: 7, probeSeconds: 9 });
});

it("prints a line for each stage, one for all, and what the probe took", () => {
  const cost = totalCost([stage("data", "reuse", 0, 0, 0), stage("train", "run", 754, 1_700_000, 640_000_000)], 12);
  expect(costLines(cost)).toEqual([
    "stage     time  on disk  memory",
    "data    stored",
    "train   13 min   1.7 MB  640 MB",
    "in all  13 min   1.7 MB  640 MB",
    "from a probe of 12 s on this machine, as busy as it was",
  ]);
});

it("says below them what the probe said of a network", () => {
  const cost = totalCost([{ ...stage("train", "run", 60, 10, 5), notes: ["yolo: 7 trained weights"] }], 9);
  expect(costLines(cost).at(-2)).toBe("note: train, on the probe's photos: yolo: 7 trained weights");
});

it("says times and sizes with as many digits as an estimate has", () => {
  expect([0.04, 9.94, 9.96, 99.4, 99.6, 3590, 4500].map(timeWords)).toEqual([
    ...["0.0 s", "9.9 s", "10 s", "99 s", "2 min", "1 h 0 min", "1 h 15 min"],
  ]);
  expect([0, 999, 1000, 12_345, 2_340_000, 7.6e9].map(sizeWords)).toEqual([
    ...["0 B", "999 B", "1.0 KB", "12 KB", "2.3 MB", "7.6 GB"],
  ]);
});
