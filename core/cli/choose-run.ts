import { KdflowError } from "../errors/kdflow-error.ts";
import { nearestName } from "../errors/nearest.ts";
import type { RunRecord } from "../run/run-record.ts";

/**
 * The run of an id, of the beginning of one that fits only one run, or the newest for `latest`.
 *
 * @throws KDF_RUN_NOT_FOUND
 */
export function chooseRun(runs: readonly RunRecord[], wanted: string, folder: string): RunRecord {
  const [latest] = runs;
  if (wanted === "latest" && latest !== undefined) return latest;
  const fitting = runs.filter(({ runId }) => runId.startsWith(wanted));
  const [run] = fitting;
  if (run !== undefined && (fitting.length === 1 || run.runId === wanted)) return run;
  if (runs.length === 0) {
    throw new KdflowError("KDF_RUN_NOT_FOUND", `there are no runs in ${folder} yet`, {
      hint: "`kdflow run pipeline.yaml` makes one; --store names another store",
    });
  }
  const ids = (fitting.length > 1 ? fitting : runs).map(({ runId }) => runId);
  const message = fitting.length > 1 ? `"${wanted}" is the beginning of several runs` : `there is no run "${wanted}"`;
  const nearest = fitting.length > 1 ? undefined : nearestName(wanted, ["latest", ...ids]);
  const meant = nearest === undefined ? "" : ` (did you mean "${nearest}"?)`;
  throw new KdflowError("KDF_RUN_NOT_FOUND", `${message} in ${folder}`, {
    hint: [`runs: ${ids.slice(0, 10).join(", ")}${meant}`, "kdflow runs list shows all; --store names another store"],
  });
}
