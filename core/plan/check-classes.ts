import { mapProblem, sameClasses } from "../classes/class-names.ts";
import { childPointer } from "../config/pointer.ts";
import type { ClassProblem } from "../contracts/classes.ts";
import type { SourcePlace } from "../errors/kdflow-error.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import type { PlanContext } from "../plugins/context.ts";
import type { Description, PortDescriptions } from "../plugins/provider.ts";
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
  for (const model of inputs["model"] ?? []) assertSame(node, "model", model, data);
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
  const match = data.task === undefined ? undefined : context.task(data.task).matchClasses?.(named, dataClasses, words);
  if (match === undefined) {
    assertSame(node, port, source, data);
    return [];
  }
  if ("code" in match) throw errorOf(match, node, model);
  return match.notes;
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

function assertSame(node: PlanNode, port: string, model: Source, data: Source): void {
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
      where: node.stage.locate(`/inputs/${port}`),
    },
  );
}
