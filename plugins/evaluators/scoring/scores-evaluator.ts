import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  defineProvider,
  type EvaluateProvider,
  type Metrics,
  type MetricsRow,
  type ProviderOf,
} from "../../../core/index.ts";
import { checkRequirements } from "./requirements.ts";

export interface ScoresOptions {
  readonly split: "test" | "validation";
  readonly batchSize: number;
  readonly latencyRuns: number;
  readonly require: Readonly<Record<string, number | undefined>>;
}

/** An evaluator by the metric of the data's task; evaluators of one task differ in what `require` may say. */
export function scoresEvaluator(
  id: string,
  summary: string,
  more: Pick<EvaluateProvider<ScoresOptions>, "ports" | "describe"> = {},
): ProviderOf<"evaluate"> {
  return defineProvider<"evaluate", ScoresOptions>("evaluate", {
    id,
    summary,
    ...more,
    cacheVersion: 3,
    cacheIgnore: ["require", "batchSize", "latencyRuns"],
    numeric: true,
    gatesOf: ({ require }) => require,
    run: async (options, inputs, context) => (await import("./write-scores.ts")).writeScores(options, inputs, context),
    volatile: ["measurements.json"],
    async open({ directory }) {
      const metrics = JSON.parse(await readFile(join(directory, "metrics.json"), "utf8")) as Metrics;
      const measured = JSON.parse(await readFile(join(directory, "measurements.json"), "utf8")) as MetricsRow[];
      const rows = metrics.rows.map((row, i) => ({ ...row, metrics: { ...row.metrics, ...measured[i]?.metrics } }));
      return { ...metrics, rows };
    },
    accept: (metrics, options, context) =>
      checkRequirements(metrics, options.require, context.task(metrics.task).metric),
  });
}
