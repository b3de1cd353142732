import { spawn } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { KdflowError } from "../../errors/kdflow-error.ts";
import { reportPath } from "../../report/report-path.ts";
import { listRuns } from "../../run/run-record.ts";
import { chooseRun } from "../choose-run.ts";
import type { Command } from "../command.ts";
import { storeFolder } from "../store-folder.ts";

/** `kdflow report`: where the page of a run is, and with `--open` the page itself. */
export const command: Command = async (args, output) => {
  const [wanted = "latest"] = args.positionals;
  const folder = storeFolder(args);
  const { runId, status } = chooseRun(await listRuns(folder), wanted, folder);
  const path = reportPath(join(folder, "runs", runId));
  await access(path).catch((cause: unknown) => {
    const hint = "a run has its page when it is over; one that was killed has none";
    throw new KdflowError("KDF_RUN_NOT_FOUND", `run ${runId} (${status}) has no report`, { hint, cause });
  });
  if (args.has("json")) output.event("report", { runId, path });
  else output.result(path);
  if (args.has("open") && !(await show(path))) output.say("no program here opens it; open the file in a browser");
  return 0;
};

/** Hands a file to the desktop; false where there is none. */
async function show(path: string): Promise<boolean> {
  const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
    darwin: ["open"],
    win32: ["cmd", "/c", "start", '""'],
  };
  const [program, ...words] = openers[process.platform] ?? ["xdg-open"];
  const child = spawn(program, [...words, path], { stdio: "ignore" });
  const [code] = await once(child, "exit").catch(() => [1]);
  return code === 0;
}
