import type { ClassProblem, NamedClasses } from "../contracts/classes.ts";
import { allowedHint } from "../errors/nearest.ts";

/** Names that a message lists before it counts. */
const listedNames = 5;

/** True for the same names in the same order. */
export function sameClasses(ours: readonly string[], theirs: readonly string[]): boolean {
  return ours.length === theirs.length && ours.every((name, place) => name === theirs[place]);
}

/** An entry of the class map for a class that the model does not have. */
export function mapProblem({ classNames, classMap }: NamedClasses, model: string): ClassProblem | undefined {
  const name = Object.keys(classMap ?? {}).find((key) => !classNames.includes(key));
  if (name === undefined) return undefined;
  return {
    code: "KDF_PLAN_CLASS_MAP",
    message: `\`classMap\` names the class "${name}", which ${model} does not have`,
    hint: [allowedHint(name, classNames, `classes of ${model}`)],
    entry: { name, side: "key" },
  };
}

/** The first names in quotes, and how many more there are. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, listedNames).map((name) => `"${name}"`);
  const more = names.length - shown.length;
  return `${shown.join(", ")}${more === 0 ? "" : ` and ${more} more`}`;
}
