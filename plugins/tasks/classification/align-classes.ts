import type { AnswerSelection, AnswerSource } from "../../../core/index.ts";
import { selectClasses } from "./class-selection.ts";
import { classifierOutputs } from "./names.ts";

/** Brings a teacher's logits to the data's classes, by name; see {@link selectClasses}. */
export function alignClasses(source: AnswerSource, classNames: readonly string[]): AnswerSelection {
  const { same, select } = selectClasses(source, classNames);
  return { outputs: classifierOutputs(classNames.length), same, select };
}
