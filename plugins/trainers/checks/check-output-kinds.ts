import {
  comesFromTeacher,
  type Declarations,
  KdflowError,
  type LossInputName,
  type PlanContext,
  type PlannedTerm,
  type PortDescriptions,
} from "../../../core/index.ts";
import { logitsKind, sigmoidKind } from "../../tasks/classification/names.ts";
import { outputOf } from "../inputs/student.ts";
import { plannedTerms } from "./planned-terms.ts";

type Kinds = Readonly<Record<string, string>>;

/** Kinds in words, and the term on a teacher's logits that fits each. */
const words: Readonly<Record<string, string>> = {
  [logitsKind]: "logits of one softmax over all classes",
  [sigmoidKind]: "logits of independent sigmoids",
};
const fitting: Readonly<Record<string, string>> = {
  [logitsKind]: "kd",
  [sigmoidKind]: "soft-target-bce",
};

/**
 * Holds terms that read logits in one way to what the networks of student and teacher say of their outputs. Networks
 * that say nothing while planning are held to it by {@link assertOutputKind} once they are built.
 *
 * @throws KDF_PLAN_LOSS_INPUT naming the term that fits
 */
export function checkOutputKinds(
  student: Kinds | undefined,
  inputs: PortDescriptions,
  declarations: Declarations,
  context: PlanContext,
): void {
  const teacher = inputs["teacher"]?.[0]?.outputKinds ?? inputs["softLabels"]?.[0]?.outputKinds;
  for (const term of plannedTerms(declarations["loss"]?.[0], context)) {
    for (const input of term.needs) {
      const kinds = comesFromTeacher(input) ? teacher : student;
      assertOutputKind(term, input, kinds?.[outputName(input)], "KDF_PLAN_LOSS_INPUT");
    }
  }
}

/** @throws the code given, for a term on an output of another kind than it reads */
export function assertOutputKind(
  { name, outputKind, option }: Pick<PlannedTerm, "name" | "outputKind"> & Partial<Pick<PlannedTerm, "option">>,
  input: LossInputName,
  kind: string | undefined,
  code: "KDF_PLAN_LOSS_INPUT" | "KDF_TRAIN_INPUT",
): void {
  if (outputKind === undefined || kind === undefined || kind === outputKind) return;
  const who = comesFromTeacher(input) ? "teacher" : "student";
  const term = fitting[kind];
  const told = (given: string): string => (words[given] === undefined ? given : `${words[given]} (${given})`);
  const message = `the loss term "${name}" reads ${input} as ${told(outputKind)}, and the ${who} gives ${told(kind)}`;
  throw new KdflowError(code, message, {
    hint: term === undefined ? "take a term that reads such outputs" : `take \`${term}\`, which reads such logits`,
    ...(option !== undefined && { option }),
  });
}

function outputName(input: LossInputName): string {
  return outputOf(input, comesFromTeacher(input) ? "teacher" : "student");
}
