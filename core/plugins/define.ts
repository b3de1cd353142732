import type { FamilyName } from "../contracts/kinds.ts";
import type { LossTerm } from "../contracts/loss-term.ts";
import type { Task } from "../contracts/task.ts";
import type { RunReport } from "../report/run-report.ts";
import type { CreateContext } from "./context.ts";
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
  /** Loads what writes the page that a run leaves behind, `report.html`; the last plugin that has one writes it. */
  report?(): Promise<(report: RunReport) => string | Promise<string>>;
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

type LossDefinition<O extends Options, Needs extends string, Takes extends string, Own extends string> = Omit<
  Definition<"losses", O>,
  "needs" | "takes" | "create"
> & {
  readonly needs: readonly Needs[] | ((options: O) => readonly Needs[]);
  readonly takes?: readonly Takes[];
  create(options: O, context: CreateContext): Promise<LossTerm<Needs, Takes, Own>> | LossTerm<Needs, Takes, Own>;
};

/**
 * Defines a loss term: `defineProvider("losses", …)`. `needs` and `takes` say what `compute` is given, and `prepared` and
 * `targets`, written before it, what is the term's own. The type of the options is that of the first parameter of
 * `create`.
 */
export function defineLoss<
  O extends Options,
  const Needs extends string,
  const Takes extends string = never,
  Own extends string = never,
>(definition: LossDefinition<O, Needs, Takes, Own>): ProviderTypes<never>["losses"] {
  return defineProvider<"losses", O>("losses", definition as unknown as Definition<"losses", O>);
}

/** Defines a task; it takes no options. */
export function defineTask<Truth, Prediction>(
  definition: Omit<TaskProvider, "family" | "task"> & { readonly task: Task<Truth, Prediction> },
): TaskProvider {
  // what a task is asked about is of its own kind: truths and predictions come from itself and from data of the task
  return { family: "tasks", ...definition, task: definition.task as Task };
}
