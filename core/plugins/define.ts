import type { FamilyName } from "../contracts/kinds.ts";
import type { Task } from "../contracts/task.ts";
import type { Engine } from "./hooks.ts";
import type { LazyProvider, Options, Provider, ProviderTypes, TaskProvider } from "./provider.ts";

/** What a plugin package exports as `plugin`, or as default. */
export interface Plugin {
  /** The package's name; every error names it. */
  readonly name: string;
  readonly version: string;
  /** Range of the plugin API that it was written for, such as `^1`. */
  readonly kdflow: string;
  /** Folder with `<family>/<id>.schema.json` for providers without an inline schema. */
  readonly schemas?: URL;
  readonly providers?: readonly (Provider | LazyProvider)[];
  /** Taps hooks, after the plugin's providers were registered. */
  apply?(engine: Engine): void;
}

/** Returns its argument; gives editors the type. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}

type Definition<F extends FamilyName, O extends Options> = Omit<ProviderTypes<O>[F], "family">;

/**
 * Defines a provider of any family. `O` is the type of its options as its schema validates them.
 * The cast is sound because options reach a provider only after its own schema accepted them.
 */
export function defineProvider<F extends FamilyName, O extends Options>(
  family: F,
  definition: Definition<F, O>,
): ProviderTypes<never>[F] {
  return { family, ...definition } as unknown as ProviderTypes<never>[F];
}

/** Defines a loss term: `defineProvider("losses", …)`. */
export function defineLoss<O extends Options>(definition: Definition<"losses", O>): ProviderTypes<never>["losses"] {
  return defineProvider<"losses", O>("losses", definition);
}

/** Defines a task; it takes no options. */
export function defineTask<Truth, Prediction>(
  definition: Omit<TaskProvider, "family" | "task"> & { readonly task: Task<Truth, Prediction> },
): TaskProvider {
  // what a task is asked about is of its own kind: truths and predictions come from itself and from data of the task
  return { family: "tasks", ...definition, task: definition.task as Task };
}
