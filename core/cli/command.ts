import type { ExitCode } from "../errors/catalogue.ts";
import type { CommandOutput } from "./output.ts";

/** One `--option` of a command. */
export interface OptionSpec {
  readonly name: string;
  /** Placeholder of the value in help; an option without one is a switch. */
  readonly value?: string;
  readonly repeatable?: boolean;
  readonly summary: string;
}

export interface PositionalSpec {
  readonly name: string;
  readonly optional?: boolean;
  /** The last one may take several words. */
  readonly repeatable?: boolean;
  readonly summary: string;
}

/** What a command declares: the parser, `--help` and `docs/cli.md` are all made from it. */
export interface CommandSpec {
  /** One or two words, such as `run` or `cache verify`. */
  readonly name: string;
  readonly summary: string;
  readonly positionals: readonly PositionalSpec[];
  readonly options: readonly OptionSpec[];
  /** Left out of help; for kdflow's own child processes. */
  readonly hidden?: boolean;
  /** Imports the command's code, and only that. */
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** A command line that fits its command. */
export interface CommandArguments {
  readonly positionals: readonly string[];
  /** The value of an option that was given, else `undefined`. */
  value(option: string): string | undefined;
  /** All values of a repeatable option. */
  values(option: string): readonly string[];
  /** True when a switch was given. */
  has(option: string): boolean;
  /** The words after the program's name, as they came. */
  readonly argv: readonly string[];
}

/** A command's work. Throws a `KdflowError` when it fails; the returned code is for ends that are no error. */
export type Command = (args: CommandArguments, output: CommandOutput) => Promise<ExitCode>;
