import type { Task } from "../contracts/task.ts";
import type { PlanNode } from "./graph.ts";

/** The task that a stage's provider is made for: those of data and networks say it. */
export function taskIdOf({ registered: { provider } }: Pick<PlanNode, "registered">): string | undefined {
  return "task" in provider && typeof provider.task === "string" ? provider.task : undefined;
}

/** The task of a stage, or of the data that it takes. */
export function taskOfNode(node: PlanNode, taskOf: (id: string) => Task): Task | undefined {
  const id =
    taskIdOf(node) ??
    node.inputs
      .get("data")
      ?.map(taskIdOf)
      .find((each) => each !== undefined);
  return id === undefined ? undefined : taskOf(id);
}
