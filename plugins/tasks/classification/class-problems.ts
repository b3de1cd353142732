import {
  type ClassMap,
  type ClassMatch,
  type ClassProblem,
  type ClassWords,
  listed,
  type NamedClasses,
  nearestName,
  sameClasses,
} from "../../../core/index.ts";
import { mapProblems } from "../classes/map-problems.ts";
import { matchClasses } from "./match-classes.ts";

/** Pairs that a message proposes. */
const proposedPairs = 10;
/** Shorter names are all near each other. */
const shortestLikeName = 3;

/** A classifier has to know every class of the data; those of its own that the data does not have are masked out. */
export function matchClassifier(source: NamedClasses, data: readonly string[], words: ClassWords): ClassMatch {
  const problem = classProblem(source, data, words);
  if (problem !== undefined) return problem;
  const { masked } = matchClasses(source, data);
  if (masked.length === 0) return { notes: [] };
  const count = `${masked.length} of the ${source.classNames.length} classes of ${words.model}`;
  return { notes: [`${count} are none of ${words.data} and are masked out: ${listed(masked)}`] };
}

/** The first thing that keeps a model's classes from standing for all classes of the data. */
export function classProblem(
  source: NamedClasses,
  data: readonly string[],
  words: ClassWords,
): ClassProblem | undefined {
  return mapProblems(source, data, words) ?? unmatched(source, data, words);
}

function unmatched(source: NamedClasses, data: readonly string[], words: ClassWords): ClassProblem | undefined {
  if (sameClasses(source.classNames, data)) return undefined;
  const twice = data.find((name, place) => data.indexOf(name) < place);
  if (twice !== undefined) {
    return {
      code: "KDF_PLAN_CLASSES",
      message: `${words.data} has two classes "${twice}", so that classes of ${words.model} cannot be matched by name`,
      hint: ["give every class of the data a name of its own"],
    };
  }
  const { missing, masked } = matchClasses(source, data);
  if (missing.length === 0) return undefined;
  return {
    code: "KDF_PLAN_CLASSES",
    message: `${words.model} lacks ${missing.length} of the ${data.length} classes of ${words.data}: ${listed(missing)}`,
    hint: masked.length === 0 ? [otherTeacher(words)] : mapHints(source.classMap, missing, masked, words),
  };
}

function otherTeacher({ model }: ClassWords): string {
  return `every class of ${model} is matched already; take a teacher that knows the others too, or data without them`;
}

function mapHints(
  classMap: ClassMap | undefined,
  missing: readonly string[],
  masked: readonly string[],
  { model, data }: ClassWords,
): readonly string[] {
  const pairs = [...Object.entries(classMap ?? {}), ...likelyPairs(missing, masked)];
  const line = pairs.map(([name, target]) => `${yamlName(name)}: ${yamlName(target)}`).join(", ");
  return [
    `classes of ${model} that are none of ${data}: ${listed(masked)}`,
    `say at ${model} which of them mean the same, and check each pair: \`classMap: { ${line} }\``,
  ];
}

/** Stands in a proposed map where no class suggests itself; it is no class, so a map with it is refused. */
const blank = "…";

/**
 * For the first missing classes a class that may be meant: one with nearly the same name; else, where as many classes
 * are left as are missing, the next of them.
 */
function likelyPairs(missing: readonly string[], masked: readonly string[]): (readonly [string, string])[] {
  const left = [...masked];
  const asked = missing.slice(0, Math.min(proposedPairs, masked.length));
  const take = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : left.splice(left.indexOf(name), 1)[0];
  const like = new Map(
    asked
      .filter((target) => target.length >= shortestLikeName)
      .map((target) => [target, take(nearestName(target, left))] as const),
  );
  const inOrder = masked.length === missing.length;
  return asked.map((target) => [like.get(target) ?? (inOrder ? take(left[0]) : undefined) ?? blank, target] as const);
}

/** A name as it has to be written in YAML to be read as text. */
function yamlName(name: string): string {
  if (name === blank) return name;
  const plain = /^[A-Za-z][\w-]*(?: [\w-]+)*$/.test(name) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(name);
  return plain ? name : JSON.stringify(name);
}
