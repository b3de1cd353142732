import { parseArgs } from "node:util";
import { KdflowError } from "../errors/kdflow-error.ts";
import { allowedHint } from "../errors/nearest.ts";
import type { CommandArguments, CommandSpec } from "./command.ts";
import { habitOfCommand, habitOfOption } from "./habits.ts";
import { commandUsage } from "./help.ts";

/** What a command line asks for. */
export type Request =
  | { readonly do: "version" }
  | { readonly do: "general-help"; readonly commands: readonly CommandSpec[] }
  | { readonly do: "command-help"; readonly command: CommandSpec }
  | { readonly do: "command"; readonly command: CommandSpec; readonly args: CommandArguments };

const isHelp = (word: string | undefined): boolean => word === "--help" || word === "-h";

/**
 * Reads a command line against the table.
 *
 * @param argv the words after the program's name
 * @throws KDF_CLI_USAGE with the nearest command or option
 */
export function parseCommandLine(argv: readonly string[], table: readonly CommandSpec[]): Request {
  const [first, second] = argv;
  if (first === undefined || isHelp(first)) return { do: "general-help", commands: table };
  if (first === "--version" || first === "-v") return { do: "version" };
  if (first === "help") return parseCommandLine([...argv.slice(1), "--help"], table);
  const command = table.find(({ name }) => name === `${first} ${second}`) ?? table.find(({ name }) => name === first);
  if (command !== undefined) {
    const words = argv.slice(command.name.split(" ").length);
    if (words.some(isHelp)) return { do: "command-help", command };
    return { do: "command", command, args: parseArguments(words, command, argv) };
  }
  const group = table.filter(({ name }) => name.startsWith(`${first} `));
  if (group.length > 0 && isHelp(second)) return { do: "general-help", commands: group };
  throw badCommand(first, second, table);
}

function badCommand(first: string, second: string | undefined, table: readonly CommandSpec[]): KdflowError {
  const usage = (message: string, ...hint: readonly string[]): KdflowError =>
    new KdflowError("KDF_CLI_USAGE", message, { hint });
  if (first.startsWith("-")) {
    const hint = "options follow the command: kdflow <command> [options]; kdflow --help lists the commands";
    return usage(`"${first}" stands before a command`, hint);
  }
  const help = "kdflow --help describes them";
  const all = table.filter(({ hidden }) => hidden !== true).map(({ name }) => name);
  const group = all.filter((name) => name.startsWith(`${first} `));
  if (group.length === 0)
    return usage(`"${first}" is not a command`, ...habitOfCommand(first), allowedHint(first, all, "commands"), help);
  if (second === undefined) return usage(`"${first}" needs a second word`, `commands: ${group.join(", ")}`, help);
  const typed = `${first} ${second}`;
  return usage(`"${typed}" is not a command`, allowedHint(typed, group, "commands"), help);
}

function parseArguments(words: readonly string[], command: CommandSpec, argv: readonly string[]): CommandArguments {
  const options = Object.fromEntries(
    command.options.map(({ name, value, repeatable }) => [
      name,
      { type: value === undefined ? ("boolean" as const) : ("string" as const), multiple: repeatable === true },
    ]),
  );
  const config = { args: [...words], options, allowPositionals: true };
  let parsed: ReturnType<typeof parseArgs<typeof config>>;
  try {
    parsed = parseArgs({ ...config, strict: true });
  } catch (error) {
    throw badOption(error, config, command);
  }
  checkPositionals(parsed.positionals, command);
  const { values } = parsed;
  return {
    positionals: parsed.positionals,
    value: (name) => [values[name]].flat().findLast((value) => typeof value === "string"),
    values: (name) => [values[name]].flat().filter((value) => typeof value === "string"),
    has: (name) => values[name] === true,
    argv,
  };
}

/** Turns an error of `parseArgs` into ours; it does not carry the option's name, so the words are read once more. */
function badOption(
  error: unknown,
  config: { readonly args: string[]; readonly options: Readonly<Record<string, unknown>> },
  command: CommandSpec,
): KdflowError {
  const { tokens } = parseArgs({ args: config.args, strict: false, tokens: true });
  const unknown = tokens.find((token) => token.kind === "option" && !(token.name in config.options));
  const names = command.options.map(({ name }) => `--${name}`);
  const hint = [`usage: ${commandUsage(command)}`, `kdflow ${command.name} --help describes the options`];
  if (unknown?.kind === "option") {
    return new KdflowError("KDF_CLI_USAGE", `"${unknown.rawName}" is not an option of kdflow ${command.name}`, {
      hint: [...habitOfOption(unknown.name), allowedHint(unknown.rawName, names, "options"), ...hint],
    });
  }
  const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
  return new KdflowError(
    "KDF_CLI_USAGE",
    reason.replaceAll("'", '"').replace(/^./, (c) => c.toLowerCase()),
    {
      hint,
      cause: error,
    },
  );
}

function checkPositionals(given: readonly string[], command: CommandSpec): void {
  const hint = [`usage: ${commandUsage(command)}`, `kdflow ${command.name} --help describes the arguments`];
  const missing = command.positionals.find(({ optional }, index) => optional !== true && given[index] === undefined);
  if (missing !== undefined) {
    throw new KdflowError("KDF_CLI_USAGE", `kdflow ${command.name} needs <${missing.name}>`, { hint });
  }
  if (command.positionals.at(-1)?.repeatable === true) return;
  const extra = given[command.positionals.length];
  if (extra !== undefined) {
    throw new KdflowError("KDF_CLI_USAGE", `kdflow ${command.name} takes no argument "${extra}"`, { hint });
  }
}
