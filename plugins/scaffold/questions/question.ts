/** One answer that can be chosen. */
export interface Choice {
  readonly value: string;
  /** What the list shows. */
  readonly name: string;
}

/** One thing that a person is asked. */
export interface Question {
  readonly message: string;
  /** What may be chosen; without choices any text is taken. */
  readonly choices?: readonly Choice[];
  /** Words of a last choice under which something else is typed: `another folder`. */
  readonly other?: string;
  /** What `--yes` answers, and Enter. */
  readonly fallback: string;
  /** True where a wrong guess would not be noticed: `--yes` does not answer it. */
  readonly needsAnswer?: boolean;
  /**
   * Brings an answer that was typed or given by a flag to its form.
   *
   * @throws KdflowError saying why it is none
   */
  readonly read?: (answer: string) => string | Promise<string>;
}

/** Answers so far, by flag. */
export type Answers = ReadonlyMap<string, string>;

/** A place in the talk. */
export interface Step {
  /** The flag that answers it beforehand, without dashes. */
  readonly flag: string;
  /** @returns `undefined` where the answers before leave nothing to ask */
  question(answers: Answers): Promise<Question | undefined> | Question | undefined;
}

/** The wish to see the question before this one again. */
export const back: unique symbol = Symbol("back");

/**
 * Asks a person.
 *
 * @param refused why the answer before was not taken
 */
export type Asker = (
  question: Question,
  options: { readonly canGoBack: boolean; readonly refused: string | undefined },
) => Promise<string | typeof back>;

export const yesOrNo: readonly Choice[] = [
  { value: "yes", name: "yes" },
  { value: "no", name: "no" },
];
