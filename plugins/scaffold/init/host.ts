import type {
  BuiltNetwork,
  ClassMap,
  Description,
  FamilyName,
  JsonSchema,
  ProviderOf,
  RunRecord,
  SourcePlace,
} from "../../../core/index.ts";
import type { CompletedCommand } from "../cli/completion.ts";

/** A provider and the schema of its options. */
export interface Supplied<F extends FamilyName> {
  readonly provider: ProviderOf<F>;
  readonly schema: JsonSchema;
}

/** What `kdflow init` gets from the command line: it asks providers by contract; its own commands write through it. */
export interface ScaffoldHost {
  readonly cwd: string;
  /** Those that people call, in the order of the help. */
  readonly commands: readonly CompletedCommand[];
  /** How this kdflow is started, such as `npx kdflow`. */
  readonly command: string;
  /** All providers of a family that are declared, in their order. */
  providers<F extends FamilyName>(family: F): Promise<readonly Supplied<F>[]>;
  /**
   * Checks a pipeline file, builds the network of each of its trainings and looks at it; `undefined` where it cannot be
   * built. Keeps nothing.
   */
  inspect<T>(file: string, look: (built: BuiltNetwork) => T): Promise<Inspected<T>>;
  /** Checks and plans a pipeline file; gives the plan in lines. */
  plan(file: string): Promise<readonly string[]>;
  /** Measures on a few batches what a run of a pipeline file would take; gives the table in lines. */
  preview(file: string): Promise<readonly string[]>;
  /** The stages of a pipeline file, after it was checked; nothing is planned. */
  stages(file: string, set: readonly string[]): Promise<StagesOfFile>;
  /** A run of a store by its id, the beginning of one, or `latest`. */
  openRun(wanted: string, store: string | undefined): Promise<OpenedRun>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Writes a line for people. */
  say(line: string): void;
  /** Writes a line of a result. */
  result(line: string): void;
  /** Writes an event for programs. */
  event(name: string, data: object): void;
}

/** What a pipeline file says, options completed. */
export interface StagesOfFile {
  /** Paths in options start there. */
  readonly baseDir: string;
  readonly stages: readonly {
    readonly name: string;
    readonly kind: string;
    readonly seed: number;
    readonly options: Readonly<Record<string, unknown>>;
    /** What a teacher calls the data's classes, where its stage says so. */
    readonly classMap: ClassMap | undefined;
    readonly registered: { readonly provider: { readonly id: string } };
    /** The place of the stage in its file, or of an option that a JSON pointer names. */
    locate(pointer?: string, side?: "key" | "value"): SourcePlace | undefined;
  }[];
}

/** A run, and how its pipeline is opened again with changes. */
export interface OpenedRun {
  readonly record: RunRecord;
  /** The pipeline as it was, `undefined` where the run's folder does not hold it. */
  readonly resolved: unknown;
  readonly storeDir: string;
  /**
   * @param text a pipeline that takes the place of the run's; paths start at the same folder
   * @param isShown whether its runs are shown while they go on
   */
  open(text: string, isShown: boolean): Promise<RunPipeline>;
}

/** What a command does with a run's pipeline. */
export interface RunPipeline {
  /** Its stages, options completed. */
  readonly pipeline: StagesOfFile;
  plan(selection?: { readonly until?: string }): Promise<{ readonly stages: readonly RunStage[] }>;
  run(selection?: { readonly until?: string }): Promise<RunEnd>;
}

/** A line of a plan. */
export interface RunStage {
  readonly stage: string;
  readonly kind: string;
  readonly state: string;
  readonly key: string | undefined;
  readonly inputs: Readonly<Record<string, readonly string[]>>;
}

export interface RunEnd {
  readonly status: "ok" | "failed" | "interrupted";
  /** Folders of exports by stage. */
  readonly exports: Readonly<Record<string, string>>;
  readonly error?: unknown;
}

export interface Inspected<T> {
  /** By stage. */
  readonly networks: ReadonlyMap<string, T | undefined>;
  /** What stages say of what will come out of them. */
  readonly descriptions: ReadonlyMap<string, Description>;
}
