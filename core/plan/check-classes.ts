import { type ClassProblem, classProblem, listed, mapProblem } from "../classes/class-problems.ts";
import { matchClasses, sameClasses } from "../classes/match-classes.ts";
import { childPointer } from "../config/pointer.ts";
import type { TaskClassMatch } from "../contracts/task.ts";
import type { SourcePlace } from "../errors/kdflow-error.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import type { Description, PlanContext, PortDescriptions } from "../index.ts";
import { modelBehind } from "./class-maps.ts";
import type { PlanNode } from "./graph.ts";

type Source = PortDescriptions[string][number];

/** A class map must name classes that the stage's own model has, whether or not it stands in a teacher port. */
export function checkOwnMap(node: PlanNode, { classNames }: Description): void {
  const { classMap } = node.stage;
  if (classMap === undefined || classNames === undefined) return;
  const problem = mapProblem({ classNames, classMap }, `stage "${node.name}"`);
  if (problem !== undefined) throw errorOf(problem, node, node);
}

/**
 * Matches the classes on a stage's ports to those of its data: a teacher and its soft labels by name, models as they
 * are.
 *
 * @returns what is masked out, one sentence each
 * @throws KDF_PLAN_CLASSES, KDF_PLAN_CLASS_MAP
 */
export function checkClasses(node: PlanNode, inputs: PortDescriptions, context: PlanContext): readonly string[] {
  const data = inputs["data"]?.[0];
  // a dataset that is made from another one has classes of its own; images without labels have none
  if (node.stage.kind === "data" || data?.classNames === undefined || data.classNames.length === 0) return [];
  for (const model of inputs["model"] ?? []) assertSame(node, model, data);
  return ["teacher", "softLabels"].flatMap((port) =>
    (inputs[port] ?? []).flatMap((source, place) =>
      source.classNames === undefined ? [] : maskedOn(node, { port, place }, source, data, context),
    ),
  );
}

function maskedOn(
  node: PlanNode,
  { port, place }: { readonly port: string; readonly place: number },
  source: Source,
  data: Source,
  context: PlanContext,
): readonly string[] {
  const model = modelBehind(port, node.inputs.get(port)?.[place]);
  const named = { classNames: source.classNames ?? [], classMap: model?.stage.classMap };
  const dataClasses = data.classNames ?? [];
  const words = { model: `stage "${model?.name ?? source.stage}"`, data: `stage "${data.stage}"` };
  const match = data.task === undefined ? undefined : context.task(data.task).matchClasses?.(named, dataClasses);
  if (match !== undefined) return sharedOn(match, named.classNames.length, dataClasses, words, node);
  const problem = classProblem(named, dataClasses, words);
  if (problem !== undefined) throw errorOf(problem, node, model);
  const { masked } = matchClasses(named, dataClasses);
  if (masked.length === 0) return [];
  const count = `${masked.length} of the ${named.classNames.length} classes of ${words.model}`;
  return [`${count} are none of ${words.data} and are masked out: ${listed(masked)}`];
}

/** What a source that need not know all of the data's classes shares with it. */
function sharedOn(
  { unknown, masked }: TaskClassMatch,
  count: number,
  dataClasses: readonly string[],
  words: { readonly model: string; readonly data: string },
  node: PlanNode,
): readonly string[] {
  if (unknown.length === dataClasses.length) {
    throw new KdflowError("KDF_PLAN_CLASSES", `${words.model} knows none of the classes of ${words.data}`, {
      hint: [`${words.data} has ${listed(dataClasses)}`, "name them alike with `classMap` at the teacher"],
      where: node.stage.locate(),
    });
  }
  return [
    ...(masked.length === 0
      ? []
      : [`${masked.length} of the ${count} classes of ${words.model} are none of ${words.data}: ${listed(masked)}`]),
    ...(unknown.length === 0
      ? []
      : [`${words.model} does not know ${listed(unknown)} of ${words.data}: nothing is said of them`]),
  ];
}

function errorOf(
  { code, message, hint, entry }: ClassProblem,
  node: PlanNode,
  model: PlanNode | undefined,
): KdflowError {
  const wanted = node === model ? [] : [`stage "${node.name}" takes both`];
  return new KdflowError(code, message, {
    hint: [...hint, ...wanted],
    where: placeOf(entry, model) ?? node.stage.locate(),
  });
}

/** The entry of the map that is wrong, else where the map stands or belongs. */
function placeOf(entry: ClassProblem["entry"], model: PlanNode | undefined): SourcePlace | undefined {
  if (entry === undefined) return model?.stage.locate("/classMap");
  return model?.stage.locate(childPointer("/classMap", entry.name), entry.side);
}

function assertSame(node: PlanNode, model: Source, data: Source): void {
  const ours = model.classNames;
  const theirs = data.classNames ?? [];
  if (ours === undefined || sameClasses(ours, theirs)) return;
  const first = ours.findIndex((name, index) => name !== theirs[index]);
  const difference =
    ours.length === theirs.length
      ? `class ${first} is "${ours[first]}" against "${theirs[first]}"`
      : `${ours.length} against ${theirs.length}`;
  throw new KdflowError(
    "KDF_PLAN_CLASSES",
    `stage "${model.stage}" and stage "${data.stage}" do not have the same classes: ${difference}`,
    {
      hint: `stage "${node.name}" takes both; give it a model made for these classes`,
      where: node.stage.locate("/inputs/model"),
    },
  );
}
