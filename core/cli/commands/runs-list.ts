import { formatRuns } from "../../report/run-text.ts";
import { listRuns } from "../../run/run-record.ts";
import type { Command } from "../command.ts";
import { storeFolder } from "../store-folder.ts";

/** `kdflow runs list`: the recorded runs, latest first. */
export const command: Command = async (args, output) => {
  const folder = storeFolder(args);
  const runs = await listRuns(folder);
  if (args.has("json")) {
    for (const { runId, pipeline, status, startedAt, endedAt } of runs) {
      output.event("run", { runId, pipeline, status, startedAt, endedAt });
    }
  } else if (runs.length === 0) {
    output.say(`no runs in ${folder}`);
  } else {
    for (const line of formatRuns(runs)) output.result(line);
  }
  return 0;
};
