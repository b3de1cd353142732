import { access } from "node:fs/promises";
import { join } from "node:path";
import { reportPath } from "../../report/report-path.ts";
import { formatRun } from "../../report/run-text.ts";
import { listRuns } from "../../run/run-record.ts";
import { chooseRun } from "../choose-run.ts";
import type { Command } from "../command.ts";
import { storeFolder } from "../store-folder.ts";

/** `kdflow runs show`: one run in full. */
export const command: Command = async (args, output) => {
  const [wanted = ""] = args.positionals;
  const folder = storeFolder(args);
  const run = chooseRun(await listRuns(folder), wanted, folder);
  const report = await reportOf(folder, run.runId);
  if (args.has("json")) output.event("run", { ...run, ...(report === undefined ? {} : { report }) });
  else for (const line of formatRun(run, report)) output.prose(line);
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
