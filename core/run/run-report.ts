import { stringify } from "yaml";
import type { ResolvedPipeline } from "../config/pipeline.ts";
import { formatError } from "../errors/format.ts";
import type { Hooks } from "../plugins/hooks.ts";
import type { EvaluateProvider } from "../plugins/provider.ts";
import { reportPath } from "../report/report-path.ts";
import type { Gate } from "../report/run-report.ts";
import { observeRun, type SeenRun } from "../report/seen-run.ts";
import type { TrainingCurve } from "../report/training-curve.ts";
import { replaceFile } from "../store/durable.ts";
import type { StoreLayout } from "../store/layout.ts";
import type { RunRecord } from "./run-record.ts";

/** Watches a run and writes its `report.html` when it is over. */
export interface RunReporter {
  readonly seen: SeenRun;
  /** @param error what ended the run before its time */
  write(directory: string, record: RunRecord, curves: readonly TrainingCurve[], error: unknown): Promise<void>;
}

export function startRunReport(layout: StoreLayout, pipeline: ResolvedPipeline, hooks: Hooks): RunReporter {
  const seen = observeRun(hooks);
  return {
    seen,
    async write(directory, record, curves, error) {
      const pageOf = await pipeline.registry.report?.();
      if (pageOf === undefined) return;
      const page = await pageOf({
        record,
        seen,
        artifacts: layout.artifacts,
        curves,
        gates: gatesOf(pipeline, seen),
        pipelineYaml: stringify(pipeline.record),
        errorText: error === undefined ? undefined : formatError(error, { color: false }),
      });
      await replaceFile(layout, reportPath(directory), pipeline.hidden.text(page));
    },
  };
}

/** The `require` of every `evaluate` stage that has one, by stage. */
function gatesOf(pipeline: ResolvedPipeline, { stages }: SeenRun): ReadonlyMap<string, Gate> {
  const gates = new Map<string, Gate>();
  for (const { name, registered, options } of pipeline.stages) {
    const { gatesOf: read } = registered.provider as Partial<EvaluateProvider<typeof options>>;
    const required = numbersOf(read?.(options));
    if (Object.keys(required).length === 0) continue;
    const error = stages.get(name)?.error;
    gates.set(name, { required, missed: error?.code === "KDF_EVALUATE_REQUIRE" ? error.message : undefined });
  }
  return gates;
}

function numbersOf(value: unknown): Readonly<Record<string, number>> {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => typeof entry[1] === "number"));
}
