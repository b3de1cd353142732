import type { ClassMap } from "../contracts/classes.ts";
import type { KindName } from "../contracts/kinds.ts";
import type { SourcePlace } from "../errors/kdflow-error.ts";
import type { RegisteredProvider, Registry } from "../plugins/registry.ts";
import type { HiddenValues } from "./hidden-values.ts";

/** A provider found inside a stage's options. */
export interface ResolvedComponent {
  /**
   * JSON pointer to the provider's options inside the stage's options, such as `/network/backbone`; for a loss term
   * `/kd/options`.
   */
  readonly pointer: string;
  readonly registered: RegisteredProvider;
}

/** One stage of a validated pipeline file; a list such as `export: [a, b]` gives one for each item. */
export interface ResolvedStage {
  /** `export.layers-model` for items of a list; else the key in `stages:`. */
  readonly name: string;
  readonly kind: KindName;
  readonly registered: RegisteredProvider;
  /** Frozen; defaults applied; bare strings in slots expanded to `{ use }`. Reserved keys are not among them. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly components: readonly ResolvedComponent[];
  readonly seed: number;
  /** For `train`: how many seeds, and whether the planner adds a baseline. */
  readonly seeds: number;
  readonly baseline: boolean;
  /** What `inputs:` says, by port. */
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  /** What `classMap:` says; `undefined` where it says nothing. */
  readonly classMap: ClassMap | undefined;
  /** For `export`: the folder that its files are also put in, as `to:` says it. */
  readonly to: string | undefined;
  /** Options of this stage's provider as records show them, with values of the environment by name. */
  record(options: unknown): unknown;
  /**
   * Where something of this stage stands: a pointer inside the stage as written (`/inputs/teacher`), or the stage.
   *
   * @param side `key` for the key that holds a value; else the value, where it is a single one
   */
  locate(pointer?: string, side?: "key" | "value"): SourcePlace | undefined;
}

/** A pipeline file after `extends`, variables, `--set` and validation. */
export interface ResolvedPipeline {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  /** The file's folder: relative paths and plugins start here. */
  readonly baseDir: string;
  readonly stages: readonly ResolvedStage[];
  /** The composed document as plain data, with values of environment variables replaced by their names. */
  readonly record: Readonly<Record<string, unknown>>;
  readonly registry: Registry;
  /** What must not be printed or recorded. */
  readonly hidden: HiddenValues;
}
