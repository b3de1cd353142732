import { access } from "node:fs/promises";
import { join } from "node:path";
import { KdflowError } from "../../errors/kdflow-error.ts";
import { reportPath } from "../../report/report-path.ts";
import { formatRun } from "../../report/run-text.ts";
import { listRuns, type RunRecord } from "../../run/run-record.ts";
import type { Command } from "../command.ts";
import { storeFolder } from "../store-folder.ts";

/** `kdflow runs show`: one run in full. */
export const command: Command = async (args, output) => {
  const [wanted = ""] = args.positionals;
  const folder = storeFolder(args);
  const run = chooseRun(await listRuns(folder), wanted, folder);
  const report = await reportOf(folder, run.runId);
  if (args.has("json")) output.event("run", { ...run, ...(report === undefined ? {} : { report }) });
  else for (const line of formatRun(run, report)) output.result(line);
  return 0;
};

/** Path of a run's report; a run that was killed, or still goes on, has none. */
async function reportOf(folder: string, runId: string): Promise<string | undefined> {
  const path = reportPath(join(folder, "runs", runId));
  return access(path).then(
    () => path,
    () => undefined,
  );
}

/** The run of an id, of the beginning of one that fits only one run, or the newest for `latest`. */
function chooseRun(runs: readonly RunRecord[], wanted: string, folder: string): RunRecord {
  const [latest] = runs;
  if (wanted === "latest" && latest !== undefined) return latest;
  const fitting = runs.filter(({ runId }) => runId.startsWith(wanted));
  const [run] = fitting;
  if (run !== undefined && (fitting.length === 1 || run.runId === wanted)) return run;
  const ids = (fitting.length > 1 ? fitting : runs).slice(0, 10).map(({ runId }) => runId);
  const message = fitting.length > 1 ? `"${wanted}" is the beginning of several runs` : `there is no run "${wanted}"`;
  throw new KdflowError("KDF_RUN_NOT_FOUND", `${message} in ${folder}`, {
    hint: [`runs: ${ids.join(", ") || "none"}`, "kdflow runs list shows all; --store names another store"],
  });
}
