import type { Exported, Metrics, Model, SoftLabels, Teacher } from "../contracts/artifacts.ts";
import type { Backend, BackendProbe } from "../contracts/backend.ts";
import type { ClassMap } from "../contracts/classes.ts";
import type {
  Adapter,
  Augmentation,
  Objective,
  Optimizer,
  Schedule,
  TapPair,
  WeightSpec,
} from "../contracts/components.ts";
import type { Dataset, SplitName } from "../contracts/dataset.ts";
import type { JsonSchema } from "../contracts/json-schema.ts";
import type { FamilyName, PortSpec } from "../contracts/kinds.ts";
import type { LossInputName, LossTerm } from "../contracts/loss-term.ts";
import type { Backbone, Head, Neck, Network } from "../contracts/network.ts";
import type { PhotoFit } from "../contracts/photo-reader.ts";
import type { Task } from "../contracts/task.ts";
import type { CreateContext, PlanContext, StageContext } from "./context.ts";

/** Options as validated: schema defaults applied, slots hold `{ use, …options }`. */
export type Options = object;

/** A provider named inside options: `{ use: id, …its options }`, defaults applied. */
export interface ProviderUse {
  readonly use: string;
  readonly [option: string]: unknown;
}

/** A loss term named inside options: a `losses` provider beside the keys that every term may have. */
export interface LossTermUse extends ProviderUse {
  /** 1 unless given. */
  readonly weight?: WeightSpec;
  /** Taps of the student and the teacher's that each is compared with; a name alone is that of both. */
  readonly at?: string | Readonly<Record<string, string>>;
  readonly adapter?: ProviderUse;
}

export interface ProviderBase<Family extends FamilyName> {
  readonly family: Family;
  /** kebab-case; what a pipeline writes after `use:`. */
  readonly id: string;
  /** What it is, for `kdflow plugins list`: a phrase in lower case without a full stop. */
  readonly summary: string;
  /** The paper behind it, such as `arXiv:1503.02531`. */
  readonly reference?: string;
  /** Options schema; left out when the plugin has a `schemas` folder with `<family>/<id>.schema.json`. */
  readonly schema?: JsonSchema;
  /** Raise it when the same options give another result. */
  readonly cacheVersion: number;
  /** Options that cannot change the result. */
  readonly cacheIgnore?: readonly string[];
  /** A package that it needs and that may be missing; `kdflow setup` provides it, `kdflow doctor` reports it. */
  readonly runtime?: ProviderRuntime;
}

/** Something that a provider runs on, beside the tensor backend. */
export interface ProviderRuntime {
  /** One word for people, such as `onnxruntime`; providers that share a runtime give the same. */
  readonly name: string;
  /** Looks, cheaply and without loading it, whether it is there. */
  probe(): Promise<BackendProbe>;
  /** Fetches or builds it; never throws, and leaves nothing half done. */
  provision(request: ProvisionRequest): Promise<ProvisionResult>;
}

/** What a stage says of its result while planning, before anything is computed. `undefined` fields are unknown. */
export interface Description {
  readonly classNames?: readonly string[] | undefined;
  /** The id of a `tasks` provider; that of the data on its ports unless given. */
  readonly task?: string | undefined;
  /** True for data without labels; stages that need them refuse it. */
  readonly unlabelled?: boolean | undefined;
  /** For `data`: whether views mix two samples, so that rows have two labels. */
  readonly mixes?: boolean | undefined;
  /** For `data`: most photos that one view shows. */
  readonly photos?: number | undefined;
  /** For `data`: samples of training, those without labels among them; `about` where splits are drawn when it runs. */
  readonly training?: { readonly samples: number; readonly unlabelled?: number; readonly about: boolean } | undefined;
  /** For `data`: splits that are known to have no samples. */
  readonly emptySplits?: readonly SplitName[] | undefined;
  /** For `data`: its augmentations by name, in order. */
  readonly augmentations?: readonly string[] | undefined;
  /** For `train`: the inputs that it fills of the truth; a loss that needs another is refused. */
  readonly lossInputs?: readonly LossInputName[] | undefined;
  /**
   * For `train`: inputs that this very training has beside another one, by the name of that, and that every loss term
   * on it has to take, because it alone would be wrong: second labels beside `labels`.
   */
  readonly besides?: Readonly<Record<LossInputName, readonly LossInputName[]>> | undefined;
  /** Of a model: the kinds of its outputs by name, where its network tells them. */
  readonly outputKinds?: Readonly<Record<string, string>> | undefined;
  /** For teachers: the taps that it has. */
  readonly taps?: readonly string[] | undefined;
  /** True where another training can start from its weights: a `Model`, or a `Teacher` with one. */
  readonly hasWeights?: boolean | undefined;
  /** How many views of each sample there are, for `softLabels`. */
  readonly views?: number | undefined;
  readonly imageSize?: { readonly height: number; readonly width: number; readonly channels: number } | undefined;
  /** How a teacher sees images and answers, in words, for stages that take it. */
  readonly words?: string | undefined;
  /** What the user should know, one sentence each; `kdflow plan` and runs print them. */
  readonly notes?: readonly string[] | undefined;
}

/** What is on a port: a stage by its name, what it says of itself, and what the pipeline calls its classes. */
export type PortDescription = Description & { readonly stage: string; readonly classMap?: ClassMap | undefined };

export type PortDescriptions = Readonly<Record<string, readonly PortDescription[]>>;

/** Values that the ports of a stage were wired to, opened. A port with `many` holds a list. */
export type PortValues = Readonly<Record<string, unknown>>;

/** What came out when a sample of a stored result was computed again. */
export interface StageVerification {
  /** Records that were compared. */
  readonly checked: number;
  /** Largest difference, relative to the largest value. */
  readonly worst: number;
  readonly ok: boolean;
  /** One sentence for the user. */
  readonly detail: string;
}

/** What a stage takes from declarations (student, loss): the provider's id and its options, by port. */
export type Declarations = Readonly<Record<string, readonly ProviderUse[]>>;

/** How a stage's work grows with one of its options. */
export interface Lengthening {
  /** The option that says how long the work goes on, a whole number: `epochs`. */
  readonly option: string;
  /** One of what the option counts: `epoch`. */
  readonly unit: string;
  /** Why longer work is other work from the start, as a clause; left out where shorter work is its beginning. */
  readonly anew?: string;
}

/** A provider of a stage that stores what it makes. */
export interface StageProvider<Family extends FamilyName, O extends Options, Value> extends ProviderBase<Family> {
  /** True when the stage's seed changes the result; it then enters the key. */
  readonly seeded?: boolean;
  /**
   * True when tensors are computed: the backend is then loaded, and its numeric class enters the key. `inputs` when only
   * the inputs may compute tensors: the class enters the key, and the backend is loaded for those that need it.
   */
  readonly numeric?: boolean | "inputs";
  /** Replaces single ports of the kind (a teacher that needs data makes `data` obligatory). */
  readonly ports?: Readonly<Record<string, PortSpec>>;
  /**
   * Digests of files outside the store that decide the result, by a name that is not a path.
   *
   * @throws KDF_INPUT_MISSING_FILE where one is not there
   */
  fingerprint?(options: O, context: PlanContext): Promise<Readonly<Record<string, string>>>;
  /** Checks the wiring before any compute and says what will come out. Throws a `KdflowError`. */
  describe?(
    options: O,
    inputs: PortDescriptions,
    context: PlanContext,
    declarations?: Declarations,
  ): Promise<Description> | Description;
  /**
   * Says which option only lengthens the work. Where shorter work is the beginning of longer work, the engine keeps
   * the last checkpoint of what is finished, which must be its end, and gives it to longer work that is equal
   * otherwise (`context.trajectory`).
   */
  lengthening?(options: O, declarations: Declarations, context: PlanContext): Lengthening;
  /** Does the work and writes files under `context.outputDir`. The engine commits them. */
  run(options: O, inputs: PortValues, context: StageContext): Promise<void>;
  /**
   * Reads the committed artifact in `directory`. `digest` is its content digest. Values that go on asking their inputs
   * (a teacher in the loop) get them from `context.openInput`.
   */
  open(
    artifact: { readonly directory: string; readonly digest: string },
    options: O,
    context: StageContext,
  ): Promise<Value>;
  /** Files of the artifact that are measurements of this machine: stored, but not part of the content's identity. */
  readonly volatile?: readonly string[];
  /** Computes a sample of a stored result again and compares; for `kdflow cache verify`. */
  verify?(
    artifact: { readonly directory: string; readonly digest: string },
    options: O,
    inputs: PortValues,
    context: StageContext,
  ): Promise<StageVerification>;
  /** A condition on the result that holds for reused results too; throws when it is not met. */
  accept?(value: Value, options: O, context: StageContext): Promise<void> | void;
}

/** A provider of a component. */
export interface ComponentProvider<Family extends FamilyName, O extends Options, Instance>
  extends ProviderBase<Family> {
  create(options: O, context: CreateContext): Promise<Instance> | Instance;
}

/** A task has no options: whoever names it means the same. */
export interface TaskProvider extends ProviderBase<"tasks"> {
  readonly task: Task;
}

/** Data that a provider found in a folder, for `kdflow init`. */
export interface FoundData {
  /** What a pipeline would say for it; paths are absolute. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly classNames: readonly string[];
  /** Samples of each split that the files name. */
  readonly counts: Readonly<Partial<Record<SplitName, number>>>;
  /** `[height, width]` of a few samples. */
  readonly sizes: readonly (readonly [number, number])[];
}

/** Data whose task is known before anything is looked at. */
export interface DataProvider<O extends Options> extends StageProvider<"data", O, Dataset> {
  /** The id of a `tasks` provider. */
  readonly task: string;
  /** Tells whether a folder holds its data; `undefined` for anything else, and for data with faults. */
  recognise?(folder: string): Promise<FoundData | undefined>;
  /** How photos that are not square are fitted. */
  fitOf?(options: O): PhotoFit | undefined;
}

/** Soft labels of a number of views that their options tell. */
export interface SoftLabelsProvider<O extends Options> extends StageProvider<"softLabels", O, SoftLabels> {
  /** Views of each sample; left out where there is one for any number. */
  viewsOf?(options: O): number | undefined;
  /** Inputs of loss terms that they answer; `teacherLogits` alone unless given. */
  readonly answers?: readonly LossInputName[];
}

export interface TrainProvider<O extends Options> extends StageProvider<"train", O, Model> {
  /** The same training on so many views of each sample, for a baseline that has no soft labels to tell it. */
  withViews?(options: O, views: number): O;
}

export interface EvaluateProvider<O extends Options> extends StageProvider<"evaluate", O, Metrics> {
  /** What the student has to reach, by metric. */
  gatesOf?(options: O): Readonly<Record<string, number | undefined>>;
}

export interface TeacherProvider<O extends Options> extends StageProvider<"teacher", O, Teacher> {
  /**
   * Tells from a path, cheaply, whether it reads what is there.
   *
   * @returns the options that a pipeline would say for it, `undefined` for anything else
   */
  recognise?(path: string): Promise<Readonly<Record<string, string>> | undefined>;
  /** What a file says of itself, in lines for people. */
  summarise?(path: string): Promise<readonly string[]>;
}

export interface NetworkProvider<O extends Options> extends ComponentProvider<"networks", O, Network> {
  /** The id of a `tasks` provider. */
  readonly task: string;
  /** Kinds of its outputs by name, so that a term that does not fit them is refused while planning. */
  readonly outputKinds?: Readonly<Record<string, string>>;
}

export interface ScheduleProvider<O extends Options> extends ComponentProvider<"schedules", O, Schedule> {
  /**
   * What makes the factor at an epoch depend on how many epochs there are in all, in words (`cosine`); `undefined`
   * where nothing does, so that a training can be lengthened. Left out: it is taken to depend.
   */
  dependsOnEpochs?(options: O, context: PlanContext): string | undefined;
}

export interface LossProvider<O extends Options> extends ComponentProvider<"losses", O, LossTerm> {
  /** Which inputs `compute` reads. */
  readonly needs: readonly LossInputName[] | ((options: O) => readonly LossInputName[]);
  /**
   * Inputs that `compute` reads too where the training has them. A term that does not take what a training has beside
   * an input that it needs, such as a second label beside `labels`, is refused while planning.
   */
  readonly takes?: readonly LossInputName[];
  /**
   * True where `studentFeatures` have to be of the shape of `teacherFeatures`: a trained adapter then brings them to as
   * many channels, unless the pipeline names another.
   */
  readonly adapts?: boolean;
  /**
   * True for a loss that takes the features of all pairs of `at` at once, in their order, as `studentFeatures1`,
   * `teacherFeatures1`, `studentFeatures2` and so on. Left out: each pair is a term of its own.
   */
  readonly joins?: boolean;
  /** What of the teacher's answers it compares with what of the student's, in words for the plan. */
  readonly matches?: string;
  /** The kind that the outputs it compares have to be of: `softmax-logits`. Left out: any. */
  readonly outputKind?: string;
  /** As that of a schedule, for a term whose scalars change over the run. Left out: nothing makes it depend. */
  dependsOnEpochs?(options: O, context: PlanContext): string | undefined;
}

export interface AugmentationProvider<O extends Options> extends ComponentProvider<"augmentations", O, Augmentation> {
  /** True where `describe` may set `mix`: the rows of a batch then have two labels. */
  readonly mixes?: boolean;
  /** True where `describe` may add edits that turn, shear or shift pixels, which boxes do not follow. */
  readonly movesPixels?: boolean;
  /** Photos that lie on a canvas of its making, where `describe` may set `scene`: for data with boxes alone. */
  readonly canvas?: 1 | 4;
}

/** Options of the baseline's loss, and the sentence that says on screen what was changed. */
export interface BaselineLoss {
  readonly options: object;
  readonly note: string;
}

/** A term of a loss as the planner sees it. */
export interface PlannedTerm {
  readonly name: string;
  readonly needs: readonly LossInputName[];
  readonly takes: readonly LossInputName[];
  readonly at?: TapPair | undefined;
  /** Whether the pipeline names an adapter. */
  readonly adapted?: boolean;
  /** Where the loss's options name it, as JSON pointer. */
  readonly option: string;
  readonly matches?: string | undefined;
  readonly outputKind?: string | undefined;
}

export interface ObjectiveProvider<O extends Options> extends ComponentProvider<"loss", O, Objective> {
  /** The names of inputs that any term needs. */
  needs(options: O, context: PlanContext): readonly LossInputName[];
  /** What each term is given, so that mistakes are found while planning. Left out: nothing is checked. */
  terms?(options: O, context: PlanContext): readonly PlannedTerm[];
  /** As that of a schedule: what makes a term at an epoch depend on how many epochs there are in all. */
  dependsOnEpochs?(options: O, context: PlanContext): string | undefined;
  /**
   * The same loss without a teacher.
   *
   * @param rules what the task says of the weights of what is left, and of a loss of which nothing is left
   */
  baseline(options: O, context: PlanContext, rules: Task["baseline"]): BaselineLoss;
}

/** Where a backend may put files for a moment. */
export interface BackendPlace {
  /** Makes an empty folder where the store is; whoever asks removes it. Left out where there is no store. */
  readonly scratch?: () => Promise<{ readonly directory: string; remove(): Promise<void> }>;
  /** Between its events `blockingStarts` and `blockingEnds`, the operating system's signals end the process at once. */
  readonly signal?: AbortSignal;
}

export interface BackendProvider<O extends Options> extends ProviderBase<"backends"> {
  /** Loads it. There is no context yet: everything else is made with a backend. */
  create(options: O, place?: BackendPlace): Promise<Backend> | Backend;
  readonly numericClass: string;
  /** Higher is tried first by `backend: auto`. */
  readonly priority: number;
  probe(): Promise<BackendProbe>;
  /** Fetches or builds what the backend needs; never throws, and leaves nothing half done. */
  provision?(request: ProvisionRequest): Promise<ProvisionResult>;
}

export interface ProvisionRequest {
  /** Takes one line about what is being done. */
  log(line: string): void;
  /** Starts anew even if the backend works already. */
  readonly force: boolean;
  readonly signal: AbortSignal;
}

export type ProvisionResult =
  | { readonly ok: true; readonly detail: string }
  | { readonly ok: false; readonly reason: string };

/** The provider type of each family. */
export interface ProviderTypes<O extends Options> {
  data: DataProvider<O>;
  teacher: TeacherProvider<O>;
  softLabels: SoftLabelsProvider<O>;
  loss: ObjectiveProvider<O>;
  train: TrainProvider<O>;
  model: StageProvider<"model", O, Model>;
  evaluate: EvaluateProvider<O>;
  export: StageProvider<"export", O, Exported>;
  networks: NetworkProvider<O>;
  backbones: ComponentProvider<"backbones", O, Backbone>;
  losses: LossProvider<O>;
  augmentations: AugmentationProvider<O>;
  optimizers: ComponentProvider<"optimizers", O, Optimizer>;
  schedules: ScheduleProvider<O>;
  backends: BackendProvider<O>;
  necks: ComponentProvider<"necks", O, Neck>;
  heads: ComponentProvider<"heads", O, Head>;
  adapters: ComponentProvider<"adapters", O, Adapter>;
  decoders: ComponentProvider<"decoders", O, unknown>;
  metrics: ComponentProvider<"metrics", O, unknown>;
  tasks: TaskProvider;
  executors: ComponentProvider<"executors", O, unknown>;
  emitters: ComponentProvider<"emitters", O, unknown>;
}

/** Any provider; options are checked against its schema before they reach it, hence `never` on the way in. */
export type Provider = { [F in FamilyName]: ProviderTypes<never>[F] }[FamilyName];
export type ProviderOf<F extends FamilyName> = ProviderTypes<never>[F];

/** A provider beside the options that a use gives it: validated ones, which only its own methods take. */
export type BoundProvider<F extends FamilyName> = ProviderOf<F> & { readonly options: never };

/** What the components of each family are once created. */
export type InstanceOf<F extends FamilyName> = ProviderTypes<never>[F] extends {
  create(options: never, context: CreateContext): Promise<infer Instance> | infer Instance;
}
  ? Instance
  : never;

/** A provider that is imported only when a pipeline names it. */
export interface LazyProvider {
  readonly family: FamilyName;
  readonly id: string;
  /** True where it is meant by a stage of its kind that says no `use`; for built-in providers. */
  readonly isDefault?: boolean;
  /** True where the provider has a `runtime`; `kdflow setup` and `kdflow doctor` import it for that. */
  readonly hasRuntime?: boolean;
  readonly load: () => Promise<Provider>;
}
