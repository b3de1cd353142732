import { formatAllMetrics } from "../../report/metrics-table.ts";
import { reportAsEvents } from "../../report/ndjson.ts";
import { formatPlaces } from "../../report/place-text.ts";
import { shellCommand } from "../../report/shell-quote.ts";
import { reportToTerminal } from "../../report/terminal.ts";
import { openSession, type RunOutcome } from "../../run/session.ts";
import { overfitArguments } from "../builtins.ts";
import type { Command } from "../command.ts";
import { exitCodeOf } from "../exit-code.ts";
import { watchInterrupts } from "../interrupt.ts";
import { ownCommand } from "../own-command.ts";
import { printError } from "../print-error.ts";
import { selection, sessionOptions } from "../session-options.ts";

/**
 * `kdflow run`: shows the run while it goes on, its metrics and what lies where at the end, and how to resume it when
 * it was interrupted.
 */
export const command: Command = async (args, output) => {
  const json = args.has("json");
  const interrupts = watchInterrupts(output, "finishing the batch…");
  try {
    const options = { ...sessionOptions(args, output), signal: interrupts.signal };
    const overfit = args.value("overfit");
    const small = overfit && overfitArguments(overfit, (await openSession(options)).pipeline.stages);
    const session = await openSession({
      ...options,
      set: [...(small || []), ...(options.set ?? [])],
      observe: (hooks) => {
        if (json) reportAsEvents(hooks, output.event);
        else reportToTerminal(hooks, { ...output, verbose: args.has("verbose") });
      },
    });
    const outcome = await session.run(selection(args));
    output.line.clear();
    if (!json) for (const line of resultLines(outcome)) output.result(line);
    if (outcome.status === "ok") return 0;
    if (outcome.status === "interrupted") {
      const words = ownCommand({ script: process.argv[1] ?? "kdflow", cwd: process.cwd(), env: output.env });
      output.say(`resume with: ${shellCommand([...words, ...withoutForcing(args.argv)])}`);
      return 130;
    }
    // The last event on stdout stays `runEnd`, which carries the error; people read it on stderr.
    printError(outcome.error, false, output);
    const code = exitCodeOf(outcome.error);
    return code === 0 ? 1 : code;
  } finally {
    interrupts.close();
  }
};

/** The metrics, and where the exports and the report lie. */
function resultLines({ metrics, exports, directory }: RunOutcome): readonly string[] {
  const tables = formatAllMetrics(metrics);
  return [...tables, ...(tables.length === 0 ? [] : [""]), ...formatPlaces(exports, directory)];
}

/** Resuming means going on: what was forced has been cleared already, and forcing it again would start it anew. */
function withoutForcing(argv: readonly string[]): readonly string[] {
  const forcing = ["--force", "--from"];
  return argv.filter((word, i) => {
    const isOption = forcing.some((option) => word === option || word.startsWith(`${option}=`));
    return !isOption && !forcing.includes(argv[i - 1] ?? "");
  });
}
