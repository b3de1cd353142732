import { diffRuns, type RecordedRun } from "../../run/diff-runs.ts";
import { listRuns, type RunRecord, readResolved } from "../../run/run-record.ts";
import { runsDiffText } from "../builtins.ts";
import { chooseRun } from "../choose-run.ts";
import type { Command } from "../command.ts";
import { storeFolder } from "../store-folder.ts";

/** `kdflow runs diff`: what differs between two runs. */
export const command: Command = async (args, output) => {
  const folder = storeFolder(args);
  const runs = await listRuns(folder);
  const [first = "", second = ""] = args.positionals;
  const before = await recorded(chooseRun(runs, first, folder), folder);
  const after = await recorded(chooseRun(runs, second, folder), folder);
  const difference = diffRuns(before, after);
  if (args.has("json")) {
    output.event("runsDiff", { before: factsOf(before.record), after: factsOf(after.record), ...difference });
  } else {
    for (const line of await runsDiffText(before.record, after.record, difference)) output.prose(line);
    for (const { record, resolved } of [before, after]) {
      if (resolved === undefined) output.say(`options are not compared: run ${record.runId} has no resolved.yaml`);
    }
  }
  return 0;
};

async function recorded(record: RunRecord, folder: string): Promise<RecordedRun> {
  return { record, resolved: await readResolved(folder, record.runId) };
}

function factsOf({ runId, pipeline, status, startedAt, endedAt }: RunRecord): object {
  return { runId, pipeline, status, startedAt, endedAt };
}
