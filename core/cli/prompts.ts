import { KdflowError } from "../errors/kdflow-error.ts";

/** A yes-or-no question and the flag that answers it beforehand. */
export interface Question {
  readonly message: string;
  /** Such as `--yes`. */
  readonly flag: string;
}

/**
 * Asks a person at a terminal. The prompt library is imported only here.
 *
 * @throws KDF_CLI_USAGE naming the flag where nobody can answer, KDF_RUN_INTERRUPTED on Ctrl-C
 */
export async function confirm({ message, flag }: Question): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new KdflowError("KDF_CLI_USAGE", "this asks a question, and there is no terminal to answer it", {
      hint: `give ${flag} to answer yes beforehand`,
    });
  }
  const { default: inquirer } = await import("inquirer");
  try {
    const prompt = inquirer.createPromptModule({ output: process.stderr });
    const { answer } = await prompt([{ type: "confirm", name: "answer", message, default: false }]);
    return answer === true;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ExitPromptError") throw error;
    throw new KdflowError("KDF_RUN_INTERRUPTED", "the question was not answered; nothing was done");
  }
}
