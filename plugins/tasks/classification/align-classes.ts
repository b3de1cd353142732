import type { AnswerSelection, AnswerSource } from "../../../core/index.ts";
import { selectClasses } from "./class-selection.ts";
import { classifierOutputs, logitsKind, sigmoidKind } from "./names.ts";

/** Brings a teacher's logits to the data's classes, by name; see {@link selectClasses}. */
export function alignClasses(source: AnswerSource, classNames: readonly string[]): AnswerSelection {
  const { same, select } = selectClasses(source, classNames);
  const isSigmoid = source.outputs["logits"]?.kind === sigmoidKind;
  return { outputs: classifierOutputs(classNames.length, isSigmoid ? sigmoidKind : logitsKind), same, select };
}
