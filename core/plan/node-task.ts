import type { RegisteredProvider, Registry } from "../plugins/registry.ts";
import type { PlanNode } from "./graph.ts";

/** The id of the task that a provider is made for: those of data and networks say it. */
export function taskIdOf({ provider }: RegisteredProvider): string | undefined {
  return "task" in provider && typeof provider.task === "string" ? provider.task : undefined;
}

/** The task that a provider is made for, which was looked up before. */
export function ownTask(registered: RegisteredProvider, registry: Registry): RegisteredProvider<"tasks"> | undefined {
  const id = taskIdOf(registered);
  return id === undefined ? undefined : registry.found("tasks", id);
}

/** The task of a stage, or of the data that it takes. */
export function taskOfNode({ task, inputs }: PlanNode): RegisteredProvider<"tasks"> | undefined {
  return task ?? inputs.get("data")?.find((data) => data.task !== undefined)?.task;
}
