import type { ErrorObject } from "ajv";

/** Keywords whose failure says that a value is of another sort than an alternative wants. */
const sortKeywords = new Set(["type", "enum", "const", "provider"]);

/** Errors of one alternative, by its index. */
function byBranch(prefix: string, errors: readonly ErrorObject[]): ErrorObject[][] {
  const branches = new Map<string, ErrorObject[]>();
  for (const error of errors) {
    const branch = error.schemaPath.slice(prefix.length).split("/")[0] ?? "";
    branches.set(branch, [...(branches.get(branch) ?? []), error]);
  }
  return [...branches.values()];
}

/** What to tell of one failed `anyOf`: the mistakes inside the alternative that was meant, or that none fits. */
function simplify(choice: ErrorObject, inner: readonly ErrorObject[], prefix: string): readonly ErrorObject[] {
  const meant = byBranch(prefix, inner).filter(
    (branch) => !branch.some((error) => error.instancePath === choice.instancePath && sortKeywords.has(error.keyword)),
  );
  const closest = meant.sort((a, b) => a.length - b.length)[0];
  if (closest !== undefined) return closest;
  return [
    {
      ...choice,
      keyword: "alternatives",
      params: { errors: inner.filter((error) => sortKeywords.has(error.keyword)) },
    },
  ];
}

/**
 * Ajv reports every alternative of a failed `anyOf` or `oneOf`. Keeps those of the alternative that the value is
 * shaped like; where there is none, one error of the made-up keyword `alternatives` that lists what each wants.
 */
export function simplifyAlternatives(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  let result = errors;
  // Ajv lists inner choices before outer ones, so that outer ones meet simplified branches.
  for (const choice of errors) {
    if (choice.keyword !== "anyOf" && choice.keyword !== "oneOf") continue;
    const prefix = `${choice.schemaPath}/`;
    const inner = result.filter(
      (error) => error.schemaPath.startsWith(prefix) && error.instancePath.startsWith(choice.instancePath),
    );
    const kept = inner.length === 0 ? [choice] : simplify(choice, inner, prefix);
    result = [...result.filter((error) => error !== choice && !inner.includes(error)), ...kept];
  }
  return result;
}
