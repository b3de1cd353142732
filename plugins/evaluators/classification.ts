/** Scores classifiers on one split: teacher, student and baseline side by side, several seeds as mean and spread. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defineProvider, type Metrics, type MetricsRow, type ProviderOf } from "../../core/index.ts";
import type { EvaluateClassificationOptions } from "../options.ts";
import { checkRequirements } from "./requirements.ts";

export const classification: ProviderOf<"evaluate"> = defineProvider<"evaluate", EvaluateClassificationOptions>(
  "evaluate",
  {
    id: "classification",
    summary: "accuracy, likelihood and calibration of student, baseline and teacher on one split",
    cacheVersion: 2,
    cacheIgnore: ["require", "batchSize", "latencyRuns"],
    numeric: true,
    run: async (options, inputs, context) => (await import("./write-scores.ts")).writeScores(options, inputs, context),
    volatile: ["measurements.json"],
    async open({ directory }) {
      const metrics = JSON.parse(await readFile(join(directory, "metrics.json"), "utf8")) as Metrics;
      const measured = JSON.parse(await readFile(join(directory, "measurements.json"), "utf8")) as MetricsRow[];
      const rows = metrics.rows.map((row, i) => ({ ...row, metrics: { ...row.metrics, ...measured[i]?.metrics } }));
      return { ...metrics, rows };
    },
    accept: (metrics, options) => checkRequirements(metrics, options.require),
  },
);
