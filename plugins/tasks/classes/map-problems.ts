import {
  allowedHint,
  type ClassProblem,
  type ClassWords,
  KdflowError,
  mapProblem,
  type NamedClasses,
} from "../../../core/index.ts";

/** An entry of the class map for a class that the model or the data does not have. */
export function mapProblems(
  source: NamedClasses,
  data: readonly string[],
  words: ClassWords,
): ClassProblem | undefined {
  return mapProblem(source, words.model) ?? strayTarget(source, data, words);
}

/** A problem that is found where no plan can tell its place. */
export function classError({ code, message, hint }: ClassProblem): KdflowError {
  return new KdflowError(code, message, { hint });
}

function strayTarget({ classMap }: NamedClasses, data: readonly string[], words: ClassWords): ClassProblem | undefined {
  const stray = Object.entries(classMap ?? {}).find(([, target]) => !data.includes(target));
  if (stray === undefined) return undefined;
  const [name, target] = stray;
  return {
    code: "KDF_PLAN_CLASS_MAP",
    message: `\`classMap\` takes "${name}" for "${target}", which is no class of ${words.data}`,
    hint: [allowedHint(target, data, `classes of ${words.data}`)],
    entry: { name, side: "value" },
  };
}
