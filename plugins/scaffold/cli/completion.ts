import { KdflowError } from "../../../core/index.ts";
import type { ScaffoldSpec } from "./command-specs.ts";

export const shells = ["bash", "zsh"] as const;
export type Shell = (typeof shells)[number];

/** What completion knows of a command. */
export type CompletedCommand = Pick<ScaffoldSpec, "name" | "options">;

/** @throws KDF_CLI_USAGE for any other shell */
export function shellOf(name: string): Shell {
  const shell = shells.find((known) => known === name);
  if (shell !== undefined) return shell;
  throw new KdflowError("KDF_CLI_USAGE", `there is no completion for "${name}"`, {
    hint: `shells: ${shells.join(", ")}`,
  });
}

/**
 * The script that completes commands, their second words, options, and values that are one of a few; whatever else
 * stands there is a file. zsh runs it through its own `bashcompinit`.
 */
export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  const firstWords = unique(commands.map(({ name }) => name.split(" ")[0] ?? ""));
  const groups = unique(commands.flatMap(({ name }) => (name.includes(" ") ? [name.split(" ")[0] ?? ""] : [])));
  const lines = [
    `# ${shell} completion for kdflow, as \`kdflow completion ${shell}\` prints it`,
    ...(shell === "zsh" ? ["autoload -U +X bashcompinit && bashcompinit"] : []),
    "_kdflow() {",
    `  local current="${word("COMP_CWORD")}" before="${word("COMP_CWORD-1")}" command="${word(1)}" words=""`,
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    COMPREPLY=($(compgen -W "${[...firstWords, "--help", "--version"].join(" ")}" -- "$current"))`,
    "    return",
    "  fi",
    '  case "$command" in',
    ...groups.flatMap((group) => groupLines(group, secondWords(group, commands))),
    "  esac",
    '  case "$command $before" in',
    ...commands.flatMap(valueLines),
    "  esac",
    '  case "$command" in',
    ...commands.map(({ name, options }) => `    ${quoted(name)}) words="${optionWords(options)}" ;;`),
    "  esac",
    '  case "$current" in',
    '    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;',
    "    *) COMPREPLY=() ;;",
    "  esac",
    "}",
    "complete -o default -F _kdflow kdflow",
  ];
  return lines.join("\n");
}

const unique = (words: readonly string[]): readonly string[] => [...new Set(words)];
/** A word of the line, as the shell says it. */
const word = (place: number | string): string => `\${COMP_WORDS[${place}]}`;
const quoted = (words: string): string => `"${words}"`;

function secondWords(group: string, commands: readonly CompletedCommand[]): readonly string[] {
  return commands.flatMap(({ name }) => (name.startsWith(`${group} `) ? [name.slice(group.length + 1)] : []));
}

/** A command of two words: the second is completed, and from then on both are the command. */
function groupLines(group: string, seconds: readonly string[]): readonly string[] {
  return [
    `    ${group})`,
    '      if [ "$COMP_CWORD" -eq 2 ]; then',
    `        COMPREPLY=($(compgen -W "${seconds.join(" ")}" -- "$current"))`,
    "        return",
    "      fi",
    `      command="$command ${word(2)}" ;;`,
  ];
}

/** Options whose value is one of a few, as `--protocol <coco|voc07|voc>`. */
function valueLines({ name, options }: CompletedCommand): readonly string[] {
  return options.flatMap((option) => {
    const values = option.value?.split("|") ?? [];
    if (values.length < 2) return [];
    return [`    "${name} --${option.name}") COMPREPLY=($(compgen -W "${values.join(" ")}" -- "$current")); return ;;`];
  });
}

function optionWords(options: CompletedCommand["options"]): string {
  return [...options.map(({ name }) => `--${name}`), "--help"].join(" ");
}
