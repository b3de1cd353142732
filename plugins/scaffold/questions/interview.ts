import { allowedHint, KdflowError } from "../../../core/index.ts";
import { type Answers, type Asker, back, type Question, type Step } from "./question.ts";

export interface InterviewOptions {
  /** Answers that were given beforehand, by flag. */
  readonly given: Answers;
  /** True takes the default wherever nothing was given. */
  readonly yes: boolean;
  /** `undefined` where nobody can be asked. */
  readonly ask: Asker | undefined;
}

/**
 * Goes through the steps in order; each sees the answers before it. Going back forgets an answer and all after it.
 *
 * @throws KDF_CLI_USAGE naming the flag of a question that nobody can answer, or the answer that is none
 */
export async function interview(steps: readonly Step[], options: InterviewOptions): Promise<Answers> {
  const answers = new Map<string, string>();
  const asked: number[] = [];
  for (let at = 0; at < steps.length; at++) {
    const step = steps[at];
    const question = await step?.question(answers);
    if (step === undefined || question === undefined) continue;
    const known =
      options.given.get(step.flag) ?? (options.yes && question.needsAnswer !== true ? question.fallback : undefined);
    const answer =
      known === undefined
        ? await askAgain(step, question, options, asked.length > 0)
        : await readGiven(step, question, known);
    if (answer === back) {
      at = (asked.pop() ?? 0) - 1;
      for (const { flag } of steps.slice(at + 1)) answers.delete(flag);
      continue;
    }
    if (known === undefined) asked.push(at);
    answers.set(step.flag, answer);
  }
  return answers;
}

async function readGiven({ flag }: Step, question: Question, given: string): Promise<string> {
  try {
    return await readAnswer(question, given);
  } catch (error) {
    if (!(error instanceof KdflowError)) throw error;
    throw new KdflowError(error.code, `--${flag}: ${error.message}`, {
      hint: error.hint,
      where: error.where,
    });
  }
}

async function askAgain(
  { flag }: Step,
  question: Question,
  { ask }: InterviewOptions,
  canGoBack: boolean,
): Promise<string | typeof back> {
  if (ask === undefined) {
    throw new KdflowError("KDF_CLI_USAGE", `there is no terminal to ask: ${question.message}`, {
      hint: [
        `give --${flag} to answer it beforehand`,
        question.needsAnswer === true
          ? "--yes does not answer it: no default is safe"
          : "--yes answers every question with its default",
        ...listed(question),
      ],
    });
  }
  let refused: string | undefined;
  for (;;) {
    const reply = await ask(question, { canGoBack, refused });
    if (reply === back) return back;
    try {
      return await readAnswer(question, reply);
    } catch (error) {
      if (!(error instanceof KdflowError) || error.code === "KDF_RUN_INTERRUPTED") throw error;
      refused = [error.message, ...error.hint].join("; ");
    }
  }
}

async function readAnswer({ choices = [], other, read }: Question, answer: string): Promise<string> {
  if (read !== undefined) return read(answer);
  if (choices.some(({ value }) => value === answer)) return answer;
  if (choices.length === 0 || other !== undefined) return answer;
  throw notAChoice(answer, choices);
}

/** The error for an answer that is none of the choices. */
export function notAChoice(answer: string, choices: Question["choices"] = []): KdflowError {
  const values = choices.map(({ value }) => value);
  return new KdflowError("KDF_CLI_USAGE", `"${answer}" is none of the answers`, { hint: allowedHint(answer, values) });
}

function listed({ choices = [] }: Question): readonly string[] {
  return choices.length === 0
    ? []
    : [
        `answers: ${choices
          .map(({ value }) => value)
          .slice(0, 12)
          .join(", ")}`,
      ];
}
