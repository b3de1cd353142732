import type { Teacher } from "./artifacts.ts";
import type { ClassMatch, ClassWords, NamedClasses } from "./classes.ts";
import type { Dataset, ImageSize } from "./dataset.ts";
import type { Log } from "./log.ts";
import type { Answers, Outputs } from "./outputs.ts";
import type { HostArray, TensorSpec } from "./step.ts";
import type { View } from "./view.ts";

/**
 * What a `tasks` provider holds: the one place for all that depends on what labels and answers look like. Data sets,
 * networks, teachers and soft labels name their task; the engine knows none.
 *
 * @typeParam Truth what a split knows of all its samples, such as a class for each
 * @typeParam Prediction what a model says of one image, read and ready to be shown
 */
export interface Task<Truth = unknown, Prediction = unknown> {
  readonly truth: TruthRules<Truth>;
  readonly metric: Metric<Truth>;
  /**
   * Which classes of the data an answer speaks of, and how it is brought to them; answers stay as they are where a task
   * has no such rule.
   *
   * @throws KDF_PLAN_CLASSES, KDF_PLAN_CLASS_MAP where the source does not know the data's classes
   */
  align?(source: AnswerSource, classNames: readonly string[]): AnswerSelection;
  /**
   * How the classes of a teacher or of soft labels stand for the data's, while planning; left out where they have to be
   * the same.
   */
  matchClasses?(source: NamedClasses, classNames: readonly string[], words: ClassWords): ClassMatch;
  /** How many classes a model's outputs tell apart; left out where the task has none. */
  classes?(outputs: Outputs): number;
  /**
   * Knows a model that nothing describes by what it gives.
   *
   * @returns names and kinds in the same order, or `undefined` for a model of another task
   */
  recognise?(raw: readonly RawOutput[]): Outputs | undefined;
  /**
   * Checks, while planning, that a model's outputs are of this task.
   *
   * @returns one sentence for each problem
   */
  check?(outputs: Outputs): readonly string[];
  /** Turns raw outputs into predictions, one for each image. */
  read(answers: Answers, request: ReadRequest): readonly Prediction[];
  readonly show: Show<Prediction>;
  /**
   * Asks a teacher about a sample of the validation split before it labels everything.
   *
   * @throws KDF_TEACHER_CHANCE where it does no better than guessing, with what would be better where something is
   */
  preflight?(teacher: Teacher, dataset: Dataset, log: Log): Promise<void>;
  /**
   * What the weights of the hard terms become where the teacher's are dropped: `rescale` for shares of one mass, whose
   * total stays; `keep` for terms of their own.
   */
  readonly baseline: {
    readonly weights: "rescale" | "keep";
    /** The term that a loss of the teacher's terms alone falls back to; without one such a loss has no baseline. */
    readonly term?: { readonly use: string; readonly options?: object };
  };
}

/** What a split knows of its samples, and what a training step is fed of it. */
export interface TruthRules<Truth> {
  /** What loss terms may ask for, by the names that they use. */
  readonly inputs: readonly TruthInput<Truth>[];
  /**
   * The truths of several sources, one after the other.
   *
   * @param classNames those of the result, which all sources have in an order of their own
   */
  join(
    parts: readonly { readonly truth: Truth; readonly classNames: readonly string[] }[],
    classNames: readonly string[],
  ): Truth;
  /** What is drawn on the pictures of a batch as the student sees them, for each row; left out where there is nothing. */
  marks?(rows: TruthRows<Truth>, classNames: readonly string[]): readonly (readonly Mark[])[];
  /** The group of each sample, from 0, for sampling that draws groups equally often; left out where there are none. */
  groups?(truth: Truth): ArrayLike<number>;
}

/** What a training says of itself before it begins. */
export interface TrainingFacts {
  readonly classNames: readonly string[];
  /** Whether views mix two samples. */
  readonly mixes: boolean;
  /** Most photos that one view shows. */
  readonly photos: number;
  /** The trainer's options. */
  readonly options: object;
}

/** Samples of a batch, with what their split knows. */
export interface TruthRows<Truth> {
  /** Of the whole split. */
  readonly truth: Truth;
  /** Places in the split, one for each row. */
  readonly indices: ArrayLike<number>;
  /** One for each row; `undefined` where all are plain. */
  readonly views: readonly View[] | undefined;
  /** The size at which the student sees them. */
  readonly imageSize: ImageSize;
}

/** One input of loss terms that comes from the truth. It either has `fill`, or is the same for all batches. */
export interface TruthInput<Truth> {
  readonly name: string;
  /**
   * Whether this training has it; left out where every training has. Where it is there, every loss term on the truth has
   * to take it, because the others alone would be wrong.
   */
  isThere?(training: TrainingFacts): boolean;
  /**
   * Checks the trainer's options while planning.
   *
   * @throws a `KdflowError` that points at the option
   */
  check?(training: TrainingFacts): void;
  /** Shape of one row, or of the whole where it is the same for all batches. */
  spec(training: TrainingFacts, truth: Truth): TensorSpec;
  /** Writes the rows of a batch, one after the other. */
  fill?(rows: TruthRows<Truth>, out: HostArray): void;
  /** What it is for all batches. */
  constant?(training: TrainingFacts, truth: Truth): HostArray;
}

/** How answers are scored. Nothing of it depends on how many are added at a time. */
export interface Metric<Truth> {
  /** Every number that a score has, in the order in which they are shown. */
  readonly names: Readonly<Record<string, MetricName>>;
  /** The one that chooses the best epoch and seed unless the user says another. */
  readonly best: string;
  /** The one that decides between equal ones. */
  readonly tie?: string;
  /** Those that are told after every epoch. */
  readonly watched: readonly string[];
  /** False where no number compares answers with the teacher's, which are then not kept. */
  readonly comparesTeacher?: boolean;
  start(spec: ScoreSpec): Scorer<Truth>;
}

export interface MetricName {
  readonly better: "higher" | "lower";
  /** As people call it: `top-1 accuracy`. */
  readonly label: string;
  /** `share` is written in percent. */
  readonly unit: "share" | "number";
}

export interface ScoreSpec {
  readonly classNames: readonly string[];
  /** Of the answers that are added. */
  readonly outputs: Outputs;
  /** The size at which whoever answers saw the images. */
  readonly imageSize: ImageSize;
  /** Classes that whoever answers does not know; they are left out of the means. */
  readonly unknown?: readonly number[];
  /** What an evaluator's options say of the scoring. */
  readonly options?: object;
}

export interface Scorer<Truth> {
  /**
   * Adds some samples' answers.
   *
   * @param reference the teacher's answers to the same samples, where agreement with it is to be told
   */
  add(answers: Answers, rows: Pick<TruthRows<Truth>, "truth" | "indices">, reference?: Answers): void;
  /** All numbers that can be told, by their names. */
  result(): Readonly<Record<string, number>>;
  /**
   * The main metric of each sample alone, in the order in which they were added, where it is a mean over samples: two
   * models can then be compared sample by sample.
   */
  samples?(): ArrayLike<number>;
  /** What is told beside the numbers, as plain data. */
  details?(): unknown;
  /** What was scored, as files by name, so that others can score it too. */
  files?(): Readonly<Record<string, string>>;
}

/** An output of a model as its file has it. */
export interface RawOutput {
  readonly name: string;
  /** Without the batch axis; `null` where the model leaves it free. */
  readonly shape: readonly (number | null)[];
  /** Whether it comes out of a softmax. */
  readonly isSoftmax: boolean;
}

/** Whatever answers: a teacher, or stored soft labels. */
export interface AnswerSource extends NamedClasses {
  readonly outputs: Outputs;
}

/** Brings answers to the data's classes. A row holds all outputs one after the other. */
export interface AnswerSelection {
  /** What comes out. */
  readonly outputs: Outputs;
  /** True where answers stay as they are. */
  readonly same: boolean;
  /** Places of the data's classes that the source does not know. */
  readonly unknown?: readonly number[];
  /**
   * @param rows `[count, width]` of the source
   * @param into room for `[count, width]` of {@link outputs}; not used where `same`
   * @returns `into`, or `rows` where `same`
   */
  select(rows: Float32Array, count: number, into: Float32Array): Float32Array;
}

export interface ReadRequest {
  readonly count: number;
  readonly classNames: readonly string[];
  readonly outputs: Outputs;
  /** Most things to tell of one image. */
  readonly top: number;
  /** The size at which the model saw the images. */
  readonly imageSize: ImageSize;
  /** Sizes of the upright images themselves, one for each. */
  readonly originals: readonly ImageSize[];
}

/** How predictions look. */
export interface Show<Prediction> {
  /** A table's columns, after that of the file. */
  readonly columns: readonly { readonly title: string; readonly align?: "right" }[];
  /** A cell for each column. */
  row(prediction: Prediction): readonly string[];
  /** What `--json` says. */
  data(prediction: Prediction): Readonly<Record<string, unknown>>;
  /** Lines under a picture. */
  caption(prediction: Prediction): readonly string[];
  /** What is drawn on a picture. */
  marks?(prediction: Prediction): readonly Mark[];
}

/** Something drawn on a picture, in fractions of its sides. */
export type Mark =
  | {
      readonly shape: "box";
      readonly left: number;
      readonly top: number;
      readonly width: number;
      readonly height: number;
      readonly label: string;
      /** Marks of one group have one colour. */
      readonly group: number;
    }
  | { readonly shape: "point"; readonly x: number; readonly y: number; readonly label: string; readonly group: number };
