import { pad } from "../report/text-width.ts";
import type { CommandSpec, OptionSpec } from "./command.ts";

const helpOption: OptionSpec = { name: "help", summary: "Show this help." };
const versionOption: OptionSpec = { name: "version", summary: "Show the version." };

/** `--set <path=value>`. */
export function optionUsage(option: OptionSpec): string {
  return option.value === undefined ? `--${option.name}` : `--${option.name} <${option.value}>`;
}

/** `kdflow explain <pipeline> <stage> [options]`. */
export function commandUsage(command: CommandSpec): string {
  const positionals = command.positionals.map(({ name, optional, repeatable }) => {
    const word = optional === true ? `[${name}]` : `<${name}>`;
    return repeatable === true ? `${word}…` : word;
  });
  const options = command.options.length === 0 ? [] : ["[options]"];
  return ["kdflow", command.name, ...positionals, ...options].join(" ");
}

function definitions(entries: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...entries.map(([term]) => term.length));
  return entries.map(([term, meaning]) => `  ${pad(term, width)}  ${meaning}`);
}

/** Help of the whole program, or of a group such as `cache`. */
export function formatGeneralHelp(commands: readonly CommandSpec[]): string {
  const visible = commands.filter((command) => command.hidden !== true);
  return [
    "kdflow: knowledge-distillation workflows, configured by YAML",
    "",
    "usage: kdflow <command> [options]",
    "",
    "commands:",
    ...definitions(visible.map((command) => [command.name, command.summary])),
    "",
    "options:",
    ...definitions([
      ["--help", "Show this help, or a command's: kdflow run --help."],
      [optionUsage(versionOption), versionOption.summary],
    ]),
  ].join("\n");
}

/** Help of one command. */
export function formatCommandHelp(command: CommandSpec): string {
  const positionals = command.positionals.map(({ name, summary }) => [name, summary] as const);
  const options = [...command.options, helpOption].map(
    (option) =>
      [optionUsage(option), option.repeatable === true ? `${option.summary} Repeatable.` : option.summary] as const,
  );
  return [
    command.summary,
    "",
    `usage: ${commandUsage(command)}`,
    "",
    ...(positionals.length === 0 ? [] : ["arguments:", ...definitions(positionals), ""]),
    "options:",
    ...definitions(options),
  ].join("\n");
}
