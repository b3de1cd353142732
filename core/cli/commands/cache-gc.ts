import { join } from "node:path";
import { confirm } from "../../../plugins/scaffold/questions/terminal.ts";
import { KdflowError } from "../../errors/kdflow-error.ts";
import { formatBytes } from "../../report/quantities.ts";
import { type RunRecord, readRuns } from "../../run/run-record.ts";
import type { Command } from "../command.ts";
import { openExistingStore } from "../existing-store.ts";

const defaultRuns = 5;

/** `kdflow cache gc`: deletes what the last runs of each pipeline did not use. Exports are never garbage. */
export const command: Command = async (args, output) => {
  const keep = readCount(args.value("keep"));
  const dryRun = args.has("dry-run");
  const store = await openExistingStore(args, output);
  const { runs, unreadable } = await readRuns(store.layout.root);
  if (unreadable.length > 0) throw unreadableError(unreadable, join(store.layout.root, "runs"));
  const used = keysOfLastRuns(runs, keep);
  for (const { key, kind } of await store.list()) if (kind === "export") used.add(key);
  const unfinished = args.has("unfinished");
  if (!dryRun && !args.has("yes")) {
    const planned = await store.gc({ keep: used, dryRun: true, checkpoints: unfinished });
    const ends = `${planned.ends.length} ends of trainings`;
    const what = `${planned.removed.length} results, ${planned.checkpoints.length} checkpoints and ${ends}`;
    const message = `delete ${what}, ${formatBytes(planned.freedBytes)}?`;
    if (!(await confirm({ message, flag: "--yes" }))) return 0;
  }
  const collection = await store.gc({ keep: used, dryRun, checkpoints: unfinished });
  const { removed, kept, checkpoints, ends, freedBytes } = collection;
  if (args.has("json")) {
    output.event("cacheGc", {
      dryRun,
      removed: removed.map(({ key }) => key),
      kept: kept.map(({ key }) => key),
      checkpoints,
      ends,
      freedBytes,
    });
    return 0;
  }
  for (const { key, kind, stage, bytes } of removed) {
    output.result(
      `${dryRun ? "would delete" : "deleted"} ${key.slice(0, 12)}  ${stage ?? kind}  ${formatBytes(bytes)}`,
    );
  }
  for (const key of checkpoints)
    output.result(`${dryRun ? "would delete" : "deleted"} checkpoints of ${key.slice(0, 12)}`);
  for (const key of ends)
    output.result(`${dryRun ? "would delete" : "deleted"} the end of ${key.slice(0, 12)}, kept for more epochs`);
  output.say(`${dryRun ? "would free" : "freed"} ${formatBytes(freedBytes)}; ${kept.length} results are kept`);
  return 0;
};

function readCount(text: string | undefined): number {
  if (text === undefined) return defaultRuns;
  if (/^\d+$/.test(text)) return Number(text);
  throw new KdflowError("KDF_CLI_USAGE", `--keep takes a count of runs, not "${text}"`, {
    hint: "such as --keep 3; --keep 0 deletes everything but exports",
  });
}

/** What a run used whose record cannot be read is not known, so nothing may go. */
function unreadableError(runs: readonly string[], folder: string): KdflowError {
  const named = runs.slice(0, 5).join(", ");
  return new KdflowError("KDF_STORE_UNREADABLE", `the record of ${runs.length} runs cannot be read: ${named}`, {
    hint: [
      "nothing was deleted: what those runs used is not known",
      `repair their run.json, or delete their folders in "${folder}", and with them the claim to what they used`,
    ],
  });
}

/**
 * Keys that the newest `count` successful runs of each pipeline file used, and all runs that ended otherwise since;
 * what they refer to is kept by the store.
 */
function keysOfLastRuns(newestFirst: readonly RunRecord[], count: number): Set<string> {
  const successes = new Map<string, number>();
  const keys = new Set<string>();
  for (const { file, status, stages } of newestFirst) {
    const before = successes.get(file) ?? 0;
    if (before >= count) continue;
    if (status === "ok") successes.set(file, before + 1);
    for (const { key } of stages) if (key !== undefined) keys.add(key);
  }
  return keys;
}
