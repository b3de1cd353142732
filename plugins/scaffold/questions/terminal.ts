import { KdflowError } from "../../../core/index.ts";
import { type Asker, back, type Question } from "./question.ts";

const typed = "\u0000typed";
const goBack = "\u0000back";
/** What is typed to go back where there is no list. */
const backWord = "<";

/** True where a person sees the questions and can answer. */
export function hasTerminal(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/**
 * Asks at the terminal, on stderr. The prompt library is imported only here.
 *
 * @param nothing what is so far, for the error of Ctrl-C
 * @throws KDF_RUN_INTERRUPTED on Ctrl-C
 */
export async function terminalAsker(nothing: string): Promise<Asker> {
  const { default: inquirer } = await import("inquirer");
  const prompt = inquirer.createPromptModule({ output: process.stderr });
  const answered = async (question: Parameters<typeof prompt>[0]): Promise<string> => {
    try {
      const { answer } = (await prompt(question)) as { readonly answer: string };
      return answer;
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "ExitPromptError") throw error;
      throw new KdflowError("KDF_RUN_INTERRUPTED", `the question was not answered; ${nothing}`);
    }
  };
  const type = async ({ message, fallback }: Question, canGoBack: boolean): Promise<string | typeof back> => {
    const hint = canGoBack ? `${message} (${backWord} goes back)` : message;
    const answer = await answered([{ type: "input", name: "answer", message: hint, default: fallback }]);
    return canGoBack && answer.trim() === backWord ? back : answer.trim();
  };
  return async (question, { canGoBack, refused }) => {
    if (refused !== undefined) process.stderr.write(`  ${refused}\n`);
    const { message, choices, other, fallback } = question;
    if (choices === undefined) return type(question, canGoBack);
    const list = [
      ...choices,
      ...(other === undefined ? [] : [{ value: typed, name: `${other}…` }]),
      ...(canGoBack ? [{ value: goBack, name: "← back" }] : []),
    ];
    for (;;) {
      const select = {
        type: "select",
        name: "answer",
        message,
        choices: list,
        default: fallback,
        pageSize: 12,
      } as const;
      const answer = await answered([select]);
      if (answer === goBack) return back;
      if (answer !== typed) return answer;
      const own = await type({ message: `${other}:`, fallback: "" }, true);
      if (own !== back) return own;
    }
  };
}

/** A yes-or-no question and the flag that answers it beforehand. */
export interface Confirmation {
  readonly message: string;
  /** Such as `--yes`. */
  readonly flag: string;
}

/**
 * Asks a person at a terminal whether to go on.
 *
 * @throws KDF_CLI_USAGE naming the flag where nobody can answer, KDF_RUN_INTERRUPTED on Ctrl-C
 */
export async function confirm({ message, flag }: Confirmation): Promise<boolean> {
  if (!hasTerminal()) {
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
