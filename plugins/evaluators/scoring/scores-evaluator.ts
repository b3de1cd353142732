import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  defineProvider,
  type EvaluateProvider,
  KdflowError,
  type Metrics,
  type MetricsRow,
  type PortDescriptions,
  type ProviderOf,
} from "../../../core/index.ts";
import { nothingToScore } from "./nothing-to-score.ts";
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
    describe(options, inputs, context, uses) {
      const data = inputs["data"]?.[0];
      if (data?.emptySplits?.includes(options.split)) throw nothingToScore(options.split);
      return more.describe?.(options, inputs, context, uses) ?? {};
    },
    cacheVersion: 5,
    cacheIgnore: ["require", "batchSize", "latencyRuns"],
    numeric: true,
    gatesOf: ({ require }) => require,
    run: async (options, inputs, context) => (await import("./write-scores.ts")).writeScores(options, inputs, context),
    volatile: ["measurements.json", "pictures.json"],
    async open({ directory }) {
      const metrics = JSON.parse(await readFile(join(directory, "metrics.json"), "utf8")) as Metrics;
      const measured = JSON.parse(await readFile(join(directory, "measurements.json"), "utf8")) as MetricsRow[];
      const rows = metrics.rows.map((row, i) => ({
        ...row,
        metrics: numbersOf({ ...row.metrics, ...measured[i]?.metrics }),
        ...(measured[i]?.runtime !== undefined && { runtime: measured[i].runtime }),
      }));
      return { ...metrics, rows };
    },
    accept: (metrics, options, context) =>
      checkRequirements(metrics, options.require, context.task(metrics.task).metric),
  });
}

/**
 * Refuses data of another task than the evaluator is for.
 *
 * @throws KDF_PLAN_PORT_KIND
 */
export function assertTask(id: string, inputs: PortDescriptions): void {
  const other = inputs["data"]?.find(({ task }) => task !== undefined && task !== id);
  if (other === undefined) return;
  throw new KdflowError("KDF_PLAN_PORT_KIND", `${id} is evaluated, but stage "${other.stage}" has ${other.task} data`, {
    hint: `take \`evaluate: scores\`, which goes by the data's task, or data for ${id}`,
  });
}

/** JSON has no NaN and writes null in its place; it comes back as NaN, which meets no requirement. */
function numbersOf(metrics: MetricsRow["metrics"]): MetricsRow["metrics"] {
  const entries = Object.entries(metrics).map(([name, { mean, sd }]) => [name, { mean: mean ?? Number.NaN, sd }]);
  return Object.fromEntries(entries);
}
