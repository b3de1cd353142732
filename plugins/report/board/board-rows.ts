import { formatNumber, type RunRecord } from "../../../core/index.ts";
import type { BoardResult } from "./read-board.ts";

/** Columns of what boards measured. */
export const boardHead = ["machine", "runtime", "threads", "ms (10 %…90 %)", "°C", "metric", "model"] as const;

/** What a board measured, in the columns of {@link boardHead}. */
export function boardCells(board: BoardResult, record: Pick<RunRecord, "stages">): readonly string[] {
  const { machine, runtime, threads, batch, latencyMs, temperatureC, metric, modelDigest } = board;
  const images = batch === 1 ? "" : ` for ${batch} images`;
  const spread = `${formatNumber(latencyMs.p10)}…${formatNumber(latencyMs.p90)}`;
  const degrees = [temperatureC.before, temperatureC.after].map((each) => (each === null ? "–" : formatNumber(each)));
  return [
    machine,
    runtime,
    threads === 0 ? "all" : String(threads),
    `${formatNumber(latencyMs.median)} (${spread})${images}`,
    degrees.every((each) => each === "–") ? "–" : degrees.join(" → "),
    metric === undefined ? "–" : `${metric.name} ${metric.value.toFixed(4)} on ${metric.images} images`,
    stageOf(modelDigest, record) ?? "none of this run's",
  ];
}

/** The stage whose model was measured. */
function stageOf(digest: string | undefined, { stages }: Pick<RunRecord, "stages">): string | undefined {
  return stages.find((stage) => digest !== undefined && stage.digest === digest)?.stage;
}
