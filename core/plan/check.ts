import { KdflowError } from "../errors/kdflow-error.ts";
import type { Description, Options, PlanContext, PortDescriptions, StageProvider } from "../index.ts";
import { asPluginError } from "../plugins/plugin-error.ts";
import { isDeclaration, type PlanNode } from "./graph.ts";

/**
 * Lets every stage check its wiring before any compute: class counts, output kinds, headers of input files. Errors
 * point at the stage unless the provider says better.
 */
export async function checkPlan(nodes: readonly PlanNode[], context: PlanContext): Promise<void> {
  const descriptions = new Map<PlanNode, Description>();
  for (const node of nodes) {
    const inputs: Record<string, PortDescriptions[string]> = {};
    for (const [port, sources] of node.inputs) {
      inputs[port] = sources.map((source) => ({ stage: source.name, ...descriptions.get(source) }));
    }
    descriptions.set(node, await describe(node, inputs, context));
    checkClasses(node, inputs);
  }
}

async function describe(node: PlanNode, inputs: PortDescriptions, context: PlanContext): Promise<Description> {
  if (isDeclaration(node)) return {};
  const provider = node.registered.provider as unknown as StageProvider<never, Options, unknown>;
  try {
    return (await provider.describe?.(node.options, inputs, context)) ?? {};
  } catch (error) {
    if (!(error instanceof KdflowError)) throw asPluginError(error, node.registered, node.name);
    if (error.where !== undefined) throw error;
    throw new KdflowError(error.code, error.message, {
      hint: error.hint,
      where: node.stage.locate(),
      cause: error.cause,
    });
  }
}

/** A teacher, its soft labels and the data must speak of the same classes, in the same order. */
function checkClasses(node: PlanNode, inputs: PortDescriptions): void {
  const data = inputs["data"]?.[0];
  if (data?.classNames === undefined) return;
  for (const port of ["teacher", "softLabels", "model"]) {
    for (const source of inputs[port] ?? []) {
      if (source.classNames === undefined) continue;
      const difference = differenceOf(source.classNames, data.classNames);
      if (difference === undefined) continue;
      throw new KdflowError(
        "KDF_PLAN_CLASSES",
        `stage "${source.stage}" and stage "${data.stage}" do not have the same classes: ${difference}`,
        {
          hint: `stage "${node.name}" takes both; give it a ${port} made for these classes`,
          where: node.stage.locate(`/inputs/${port}`) ?? node.stage.locate(),
        },
      );
    }
  }
}

function differenceOf(ours: readonly string[], theirs: readonly string[]): string | undefined {
  if (ours.length !== theirs.length) return `${ours.length} against ${theirs.length}`;
  const index = ours.findIndex((name, i) => name !== theirs[i]);
  return index < 0 ? undefined : `class ${index} is "${ours[index]}" against "${theirs[index]}"`;
}
