import { expect, it } from "vitest";
import type { Metrics } from "../../../core/contracts/artifacts.ts";
import { formatAllMetrics, formatMetrics, isMetrics, withNaN } from "../../../core/report/metrics-table.ts";
import { classificationMetric } from "../../../plugins/tasks/classification/scorer.ts";

const once = (mean: number) => ({ mean, sd: null });

const metrics: Metrics = {
  task: "classification",
  names: classificationMetric.names,
  split: "test",
  sampleCount: 10_000,
  rows: [
    {
      role: "teacher",
      stages: ["teacher"],
      metrics: {
        top1: once(0.9852),
        parameters: once(77_850),
        multiplyAdds: once(8_120_000),
        sizeBytes: once(316_000),
      },
    },
    {
      role: "student",
      stages: ["train.seed0", "train.seed1", "train.seed2"],
      metrics: {
        top1: { mean: 0.974, sd: 0.0021 },
        agreement: { mean: 0.981, sd: 0.001 },
        parameters: { mean: 352_042, sd: 0 },
        multiplyAdds: { mean: 41_180_000, sd: 0 },
        sizeBytes: { mean: 1_412_000, sd: 0 },
        latencyMs: { mean: 1.84, sd: 0.05 },
      },
    },
    {
      role: "baseline",
      stages: ["train.baseline"],
      metrics: { top1: once(0.9681), nll: once(0.10512), own: once(12.5) },
    },
  ],
};

const table = [
  "evaluate: test split, 10,000 images",
  "                          teacher  student (3 seeds)  baseline",
  "top-1 accuracy            98.52 %     97.40 ± 0.21 %   96.81 %",
  "negative log-likelihood         –                  –    0.1051",
  "agreement with teacher          –     98.10 ± 0.10 %         –",
  "parameters                 77,850            352,042         –",
  "multiply-adds              8.12 M             41.2 M         –",
  "size                     316.0 KB             1.4 MB         –",
  "latency at batch 1              –     1.84 ± 0.05 ms         –",
  "own                             –                  –     12.50",
];

it("puts teacher, student and baseline side by side, with spreads where there are several seeds", () => {
  expect(formatMetrics("evaluate", metrics)).toEqual(table);
});

it("shows a share that there was nothing to take of as a dash", () => {
  const names = { APlarge: { better: "higher", label: "AP of large boxes", unit: "share" } } as const;
  const rows = [{ role: "student", stages: ["train"], metrics: { APlarge: once(-1) } }] as const;

  expect(formatMetrics("evaluate", { ...metrics, names, rows })).toEqual([
    table[0],
    "                   student",
    "AP of large boxes        –",
  ]);
});

it("names what computed a latency", () => {
  const rows = [
    {
      role: "teacher",
      stages: ["teacher"],
      metrics: { latencyMs: once(8), latencyBoxesMs: once(9.5) },
      runtime: "ort 1 cpu",
    },
    { role: "student", stages: ["train"], metrics: { latencyMs: once(2) } },
  ] as const;
  expect(formatMetrics("evaluate", { ...metrics, rows })).toEqual([
    table[0],
    "                         teacher  student",
    "latency at batch 1       8.00 ms  2.00 ms",
    "with decoding and NMS    9.50 ms        –",
    "computed by            ort 1 cpu        –",
  ]);
});

it("prints several evaluations one below the other", () => {
  expect(formatAllMetrics({ evaluate: metrics, evaluateAgain: metrics })).toEqual([
    ...table,
    "",
    "evaluateAgain: test split, 10,000 images",
    ...table.slice(1),
  ]);
  expect(formatAllMetrics({})).toEqual([]);
});

it("shows results of another form as they are", () => {
  expect(isMetrics({ score: 1 })).toBe(false);
  expect(formatAllMetrics({ evaluate: { score: 1 } })).toEqual(['evaluate: {"score":1}']);
});

it("shows NaN of a record as NaN, which JSON holds as null", () => {
  const broken = { ...metrics, rows: [{ role: "student", stages: ["train"], metrics: { nll: once(Number.NaN) } }] };
  const read = withNaN(JSON.parse(JSON.stringify({ evaluate: broken, other: { a: null } })));
  expect(formatAllMetrics({ evaluate: read["evaluate"] })[2]).toMatch(/^negative log-likelihood +NaN$/);
  expect(read["other"]).toEqual({ a: null });
});
