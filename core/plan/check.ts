import { Problems } from "../config/problems.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import type { PlanContext } from "../plugins/context.ts";
import { asPluginError } from "../plugins/plugin-error.ts";
import type { Description, PortDescriptions } from "../plugins/provider.ts";
import { checkClasses, checkOwnMap } from "./check-classes.ts";
import { checkLabels } from "./check-labels.ts";
import { checkLossInputs } from "./check-loss-inputs.ts";
import { modelBehind } from "./class-maps.ts";
import { isDeclaration, type PlanNode, stageProvider } from "./graph.ts";
import { locatedErrors } from "./locate-error.ts";
import { missingFiles } from "./missing-files.ts";
import { taskIdOf } from "./node-task.ts";
import { declarationsOf } from "./trajectory.ts";

export interface CheckedPlan {
  readonly notes: readonly string[];
  readonly descriptions: ReadonlyMap<PlanNode, Description>;
}

/**
 * Lets every stage check its wiring before any compute: class counts, output kinds, headers of input files. Errors
 * point at the stage unless the provider says better. What takes a stage that is wrong is asked for its files alone.
 *
 * @returns what the user should know, one sentence each, and what the stages say of themselves
 * @throws ConfigErrors with every mistake
 */
export async function checkPlan(nodes: readonly PlanNode[], context: PlanContext): Promise<CheckedPlan> {
  const notes = new Set<string>();
  const descriptions = new Map<PlanNode, Description>();
  const problems = new Problems();
  for (const node of nodes) {
    const sources = [...node.inputs.values()].flat();
    await problems.collect(async () => {
      if (sources.every((source) => descriptions.has(source))) await checkNode(node, descriptions, notes, context);
      else await missingFiles([node.stage], context, problems);
    });
  }
  problems.throwIfAny();
  return { notes: [...notes], descriptions };
}

async function checkNode(
  node: PlanNode,
  descriptions: Map<PlanNode, Description>,
  notes: Set<string>,
  context: PlanContext,
): Promise<void> {
  const inputs: Record<string, PortDescriptions[string]> = {};
  for (const [port, sources] of node.inputs) {
    inputs[port] = sources.map((source) => {
      const classMap = modelBehind(port, source)?.stage.classMap;
      return { stage: source.name, ...(classMap && { classMap }), ...descriptions.get(source) };
    });
  }
  checkLabels(node, inputs);
  const description = { task: taskOf(node, inputs), ...(await describe(node, inputs, context)) };
  checkOwnMap(node, description);
  checkLossInputs(node, description, inputs, context);
  for (const note of [...checkClasses(node, inputs, context), ...(description.notes ?? [])]) notes.add(note);
  descriptions.set(node, description);
}

/** Errors of terms that a training does not give what they take: they point at the term. */
const termCodes: readonly string[] = ["KDF_PLAN_LOSS_INPUT", "KDF_PLAN_FEATURES"];

async function describe(node: PlanNode, inputs: PortDescriptions, context: PlanContext): Promise<Description> {
  if (isDeclaration(node)) return {};
  const provider = stageProvider(node);
  try {
    return (await provider.describe?.(node.options, inputs, context, declarationsOf(node))) ?? {};
  } catch (error) {
    if (!(error instanceof KdflowError)) throw asPluginError(error, node.registered, node.name);
    const loss = termCodes.includes(error.code) ? node.inputs.get("loss")?.[0] : undefined;
    throw locatedErrors(error, loss?.stage ?? node.stage);
  }
}

/** The task of a provider, else that of what is on the stage's ports. */
function taskOf(node: PlanNode, inputs: PortDescriptions): string | undefined {
  return (
    taskIdOf(node.registered) ??
    Object.values(inputs)
      .flat()
      .find(({ task }) => task !== undefined)?.task
  );
}
