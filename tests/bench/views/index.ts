/** `npm run bench -- views`: what stored soft labels of some views cost and bring, against a teacher in the loop. */
import { readArguments, say, writeReport } from "../command-line.ts";
import { describeMachine } from "../machine.ts";
import { compareViews } from "./compare.ts";
import { parseOptions, usage } from "./options.ts";
import { markdown } from "./report.ts";

/** @returns the exit code */
export async function run(args: readonly string[]): Promise<number> {
  const options = readArguments(() => parseOptions(args), usage);
  if (options === undefined) return 2;
  const machine = await describeMachine();
  const comparison = await compareViews(options, say);
  process.stdout.write(markdown(comparison));
  say(`${machine.cpu}, ${machine.cores} cores, load ${machine.load} at the start; kdflow at ${machine.commit}`);
  await writeReport(options.output, { date: new Date().toISOString(), machine, options, ...comparison });
  return 0;
}
