import {
  type AnswerSelection,
  type AnswerSource,
  type ClassMatch,
  type ClassWords,
  KdflowError,
  listed,
  type NamedClasses,
  type Outputs,
} from "../../../core/index.ts";
import { classError, mapProblems } from "../classes/map-problems.ts";
import { rowWidth } from "../outputs/answer-rows.ts";
import { matchMeaning } from "./class-synonyms.ts";
import { boxNumbers, cellsKind, rowsKind } from "./names.ts";

/** Logit of a class that the source does not know: never found, and finite. */
const unknownLogit = -100;

/** A detector need not know every class: those that it does not know are unknown, not background. */
export function matchDetector(source: NamedClasses, data: readonly string[], words: ClassWords): ClassMatch {
  const problem = mapProblems(source, data, words);
  if (problem !== undefined) return problem;
  const columns = matchMeaning(source, data);
  const used = new Set(columns.flat());
  const unknown = data.filter((_, id) => columns[id]?.length === 0);
  const masked = source.classNames.filter((_, place) => !used.has(place));
  if (unknown.length === data.length) {
    return {
      code: "KDF_PLAN_CLASSES",
      message: `${words.model} knows none of the classes of ${words.data}`,
      hint: [`${words.data} has ${listed(data)}`, "name them alike with `classMap` at the teacher"],
    };
  }
  const count = `${masked.length} of the ${source.classNames.length} classes of ${words.model}`;
  return {
    notes: [
      ...(masked.length === 0 ? [] : [`${count} are none of ${words.data}: ${listed(masked)}`]),
      ...(unknown.length === 0
        ? []
        : [`${words.model} does not know ${listed(unknown)} of ${words.data}: nothing is said of them`]),
    ],
  };
}

/**
 * Brings a detector's rows to the data's classes. Where several of its classes stand for one, the surest counts.
 * Objectness of a detector that has none of its own is that of the best class that is left.
 *
 * @throws KDF_PLAN_CLASSES where it knows none of them, or gives cells of other classes; KDF_PLAN_CLASS_MAP
 */
export function alignDetector(source: AnswerSource, classNames: readonly string[]): AnswerSelection {
  const problem = mapProblems(source, classNames, { model: "the teacher", data: "the data" });
  if (problem !== undefined) throw classError(problem);
  const columns = matchMeaning(source, classNames);
  const unknown = columns.flatMap((own, id) => (own.length === 0 ? [id] : []));
  const isSame =
    source.classNames.length === classNames.length &&
    columns.every(([first, ...more], id) => first === id && more.length === 0);
  if (isSame) return { outputs: source.outputs, same: true, select: (rows) => rows };
  if (unknown.length === classNames.length) {
    throw new KdflowError("KDF_PLAN_CLASSES", "the teacher knows none of the data's classes", {
      hint: "name them alike with `classMap` at the teacher",
    });
  }
  const [entry, ...others] = Object.entries(source.outputs);
  if (entry === undefined || others.length > 0 || entry[1].kind !== rowsKind) {
    const what = Object.values(source.outputs).some(({ kind }) => kind === cellsKind) ? "cells" : "outputs";
    throw new KdflowError("KDF_PLAN_CLASSES", `the teacher gives ${what} of other classes than the data's`, {
      hint: "rows can be brought to other classes, cells cannot: give it the data's classes in their order",
    });
  }
  const [name, output] = entry;
  const [top = 0, width = 0] = output.shape;
  const outputs: Outputs = { [name]: { ...output, shape: [top, boxNumbers + classNames.length] } };
  const hasObjectness = output.objectness !== false;
  return {
    outputs,
    same: false,
    unknown,
    select(rows, count, into) {
      const target = rowWidth(outputs) / top;
      for (let row = 0; row < count * top; row++) {
        const [from, to] = [row * width, row * target];
        for (let at = 0; at < boxNumbers; at++) into[to + at] = rows[from + at] ?? 0;
        let best = unknownLogit;
        for (const [id, own] of columns.entries()) {
          let logit = unknownLogit;
          for (const place of own) logit = Math.max(logit, rows[from + boxNumbers + place] ?? unknownLogit);
          into[to + boxNumbers + id] = logit;
          best = Math.max(best, logit);
        }
        if (!hasObjectness) into[to + 4] = best;
      }
      return into;
    },
  };
}
