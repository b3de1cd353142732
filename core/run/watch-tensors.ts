import type { PlanNode } from "../plan/graph.ts";
import { builtinPluginName } from "../plugins/plugin-error.ts";
import type { ContextParts } from "./stage-context.ts";

/**
 * Counts tensors around the work of a stage that plugins of others take part in.
 *
 * @returns what warns of tensors that are left once the stage is over, naming the providers that may have left them
 */
export function watchTensors({ backend, hooks }: ContextParts, node: PlanNode): () => void {
  const others = [node, ...[...node.inputs.values()].flat()]
    .flatMap((each) => [each, ...each.components])
    .filter(({ registered }) => registered.plugin.name !== builtinPluginName)
    .map(({ registered: { provider, plugin } }) => `${provider.family}/${provider.id} of plugin "${plugin.name}"`);
  const count = (): number => (others.length === 0 ? 0 : (backend()?.tf.memory().numTensors ?? 0));
  const before = count();
  return () => {
    const left = count() - before;
    if (left <= 0) return;
    const where = `stage "${node.name}" left ${left} tensors in memory after hook ${node.stage.kind}.run`;
    const message = `${where}; what makes tensors there has to dispose them: ${[...new Set(others)].join(", ")}`;
    hooks.warning.call(Object.freeze({ stage: node.name, event: "tensorsLeft", message }));
  };
}
