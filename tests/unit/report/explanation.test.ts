import { expect, it } from "vitest";
import { formatExplanation } from "../../../core/report/explanation.ts";

const parts = { keyFormat: 1, provider: "logits", options: { views: 4, topK: null }, inputs: {}, seeds: [1, 2] };

it("prints the key, its parts and each difference with its place", () => {
  const changes = [
    { path: "options.views", before: 2, now: 4, where: "a.yaml:9" },
    { path: "options.topK", before: undefined, now: null },
  ];
  expect(formatExplanation({ stage: "softLabels", key: "abc", parts, changes })).toEqual([
    "softLabels: key abc",
    "",
    "made from",
    "  keyFormat      1",
    '  provider       "logits"',
    "  options.views  4",
    "  options.topK   null",
    "  inputs         {}",
    "  seeds          [1,2]",
    "",
    "changed since the last run",
    "  options.views  2 → 4     (a.yaml:9)",
    "  options.topK   – → null",
  ]);
});

it("tells no change from no earlier run", () => {
  const last = (changes: [] | undefined) => formatExplanation({ stage: "a", key: "abc", parts: {}, changes }).at(-1);
  expect(last([])).toBe("nothing changed since the last run");
  expect(last(undefined)).toBe("no earlier run of this stage is on record");
});

it("says why a key is not known yet", () => {
  expect(formatExplanation({ stage: "train", key: undefined, parts: {}, changes: undefined })).toEqual([
    "train: its key is made from the results of its inputs, which are not computed yet",
  ]);
});
