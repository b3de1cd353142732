import { textTable } from "../../report/text-table.ts";
import { markDoubtful } from "../../run/doubt.ts";
import { listRuns } from "../../run/run-record.ts";
import type { Command, CommandArguments } from "../command.ts";
import { openExistingStore } from "../existing-store.ts";
import { watchInterrupts } from "../interrupt.ts";
import type { CommandOutput } from "../output.ts";
import { sessionOptions } from "../session-options.ts";
import { warnOnTerminal } from "../warnings.ts";

/**
 * `kdflow cache verify`: hashes every stored result; damaged ones are set aside, so that the next run makes them anew.
 * With a pipeline, samples of its results are also computed again.
 */
export const command: Command = async (args, output) => {
  const interrupts = watchInterrupts(output, "stopping the check…");
  try {
    const whole = await verifyBytes(args, output, interrupts.signal);
    const [file] = args.positionals;
    const equal = file === undefined || (await verifySamples(args, output, interrupts.signal));
    return whole && equal ? 0 : 1;
  } finally {
    interrupts.close();
  }
};

async function verifyBytes(args: CommandArguments, output: CommandOutput, signal: AbortSignal): Promise<boolean> {
  const store = await openExistingStore(args, output);
  const results = await store.verify(undefined, signal);
  const damaged = results.filter(({ problems }) => problems.length > 0);
  const doubtful = await markDoubtful(store, await listRuns(store.layout.root), damaged);
  if (args.has("json")) {
    for (const result of results) output.event("verified", result);
    for (const result of doubtful) output.event("doubtful", result);
  } else {
    const rows = damaged.flatMap(({ key, kind, problems }) =>
      problems.map((problem) => [key.slice(0, 12), kind ?? "–", problem]),
    );
    rows.push(...doubtful.map(({ key, stage, why }) => [key.slice(0, 12), stage, `${why}; it will be made again`]));
    for (const line of textTable(rows)) output.prose(line);
  }
  const more = doubtful.length === 0 ? "" : `, ${doubtful.length} computed from them`;
  output.say(`${results.length} results checked, ${damaged.length} damaged${more}`);
  return damaged.length === 0;
}

/** Lets providers compute a sample of what they stored again: soft labels ask their teacher. */
async function verifySamples(args: CommandArguments, output: CommandOutput, signal: AbortSignal): Promise<boolean> {
  const { openSession } = await import("../../run/session.ts");
  const observe = (hooks: Parameters<typeof warnOnTerminal>[0]): void => warnOnTerminal(hooks, output);
  const session = await openSession({ ...sessionOptions(args, output), signal, observe });
  const stages = await session.verify();
  for (const verified of stages) {
    if (args.has("json")) output.event("recomputed", verified);
    else output.result(`${verified.stage}: ${verified.ok ? "equal" : "DIFFERS"}, ${verified.detail}`);
  }
  if (stages.length === 0) output.say("no stored result of this pipeline can be computed again in part");
  return stages.every(({ ok }) => ok);
}
