import type { ExitCode } from "../errors/catalogue.ts";
import { explainDiskError } from "../store/disk-errors.ts";
import { commandTable } from "./command-table.ts";
import { exitCodeOf } from "./exit-code.ts";
import { formatCommandHelp, formatGeneralHelp } from "./help.ts";
import type { CommandOutput } from "./output.ts";
import { parseCommandLine, type Request } from "./parse.ts";

/** Runs one command line. Never throws: what fails is printed and becomes the exit code. */
export async function runCommandLine(argv: readonly string[], output: CommandOutput): Promise<ExitCode> {
  try {
    return await answer(parseCommandLine(argv, commandTable), output);
  } catch (caught) {
    output.line.clear();
    const error = await explainDiskError(caught, ".");
    const { printError } = await import("./print-error.ts");
    printError(error, argv.includes("--json"), output);
    return exitCodeOf(error);
  }
}

async function answer(request: Request, output: CommandOutput): Promise<ExitCode> {
  if (request.do === "version") {
    const { readVersion } = await import("./version.ts");
    output.result(await readVersion());
    return 0;
  }
  if (request.do === "general-help") {
    for (const line of formatGeneralHelp(request.commands).split("\n")) output.prose(line);
    return 0;
  }
  if (request.do === "command-help") {
    for (const line of formatCommandHelp(request.command).split("\n")) output.prose(line);
    return 0;
  }
  const { command } = await request.command.load();
  return command(request.args, output);
}
