/** `npm run bench -- views`: what stored soft labels of some views cost and bring, against a teacher in the loop. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { describeMachine } from "../machine.ts";
import { compareViews } from "./compare.ts";
import { parseOptions, usage, type ViewsBenchOptions } from "./options.ts";
import { markdown } from "./report.ts";

/** @returns the exit code */
export async function run(args: readonly string[]): Promise<number> {
  let options: ViewsBenchOptions;
  try {
    options = parseOptions(args);
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}\n${usage}`);
    return 2;
  }
  const machine = await describeMachine();
  const comparison = await compareViews(options, say);
  await mkdir(dirname(options.output), { recursive: true });
  const report = { date: new Date().toISOString(), machine, options, ...comparison };
  await writeFile(options.output, `${JSON.stringify(report, undefined, 2)}\n`);
  process.stdout.write(markdown(comparison));
  say(`${machine.cpu}, ${machine.cores} cores, load ${machine.load} at the start; kdflow at ${machine.commit}`);
  say(`JSON: ${options.output}`);
  return 0;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
