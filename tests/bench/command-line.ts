import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** What a bench tells while it works goes to stderr; its table goes to stdout. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/**
 * Reads a bench's arguments.
 *
 * @param parse throws an Error that says what is wrong with them
 * @returns `undefined` where something is wrong; that and the usage have been said then, and the exit code is 2
 */
export function readArguments<Options>(parse: () => Options, usage: string): Options | undefined {
  try {
    return parse();
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}\n${usage}`);
    return undefined;
  }
}

/** Writes what a bench measured, beside what it printed. */
export async function writeReport(file: string, report: object): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
  say(`JSON: ${file}`);
}

/** @throws Error where the text of `--option` is no whole number from 1 on */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${option} takes a whole number from 1, not "${text}"`);
  return value;
}
