import { KdflowError } from "../errors/kdflow-error.ts";
import type { PlanContext } from "../plugins/context.ts";
import { asPluginError } from "../plugins/plugin-error.ts";
import type { Description, Options, PortDescriptions, StageProvider } from "../plugins/provider.ts";
import { checkClasses, checkOwnMap } from "./check-classes.ts";
import { checkLabels } from "./check-labels.ts";
import { checkLossInputs } from "./check-loss-inputs.ts";
import { modelBehind } from "./class-maps.ts";
import { isDeclaration, type PlanNode } from "./graph.ts";
import { located } from "./located.ts";
import { taskIdOf } from "./node-task.ts";
import { declarationsOf } from "./trajectory.ts";

export interface CheckedPlan {
  readonly notes: readonly string[];
  readonly descriptions: ReadonlyMap<PlanNode, Description>;
}

/**
 * Lets every stage check its wiring before any compute: class counts, output kinds, headers of input files. Errors
 * point at the stage unless the provider says better.
 *
 * @returns what the user should know, one sentence each, and what the stages say of themselves
 */
export async function checkPlan(nodes: readonly PlanNode[], context: PlanContext): Promise<CheckedPlan> {
  const notes = new Set<string>();
  const descriptions = new Map<PlanNode, Description>();
  for (const node of nodes) {
    const inputs: Record<string, PortDescriptions[string]> = {};
    for (const [port, sources] of node.inputs) {
      inputs[port] = sources.map((source) => {
        const classMap = modelBehind(port, source)?.stage.classMap;
        return { stage: source.name, ...(classMap && { classMap }), ...descriptions.get(source) };
      });
    }
    checkLabels(node, inputs);
    const description = { task: taskOf(node, inputs), ...(await describe(node, inputs, context)) };
    descriptions.set(node, description);
    checkOwnMap(node, description);
    checkLossInputs(node, description, inputs, context);
    for (const note of [...checkClasses(node, inputs, context), ...(description.notes ?? [])]) notes.add(note);
  }
  return { notes: [...notes], descriptions };
}

async function describe(node: PlanNode, inputs: PortDescriptions, context: PlanContext): Promise<Description> {
  if (isDeclaration(node)) return {};
  const provider = node.registered.provider as unknown as StageProvider<never, Options, unknown>;
  try {
    return (await provider.describe?.(node.options, inputs, context, declarationsOf(node))) ?? {};
  } catch (error) {
    throw error instanceof KdflowError ? located(error, node) : asPluginError(error, node.registered, node.name);
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
