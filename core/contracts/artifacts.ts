import type { Backend } from "./backend.ts";
import type { NamedClasses } from "./classes.ts";
import type { ImageSize } from "./dataset.ts";
import type { Log } from "./log.ts";
import type { Answers, Outputs } from "./outputs.ts";
import type { MetricName } from "./task.ts";

/** What a `teacher` stage gives: a frozen model that labels pixels. */
export interface Teacher extends NamedClasses, Predictor {
  /** The id of a `tasks` provider. */
  readonly task: string;
  readonly imageSize: ImageSize;
  /** SHA-256 of everything that decides its answers. */
  readonly digest: string;
  /** How pixels become its input, in words that pin it; part of soft-label metadata. */
  readonly preprocessing: string;
  /** True where `predict` works in another thread, so that a trainer may ask ahead, one batch at a time, during a step. */
  readonly worksApart?: boolean;
  /** Size, cost and history, where the teacher is a model of ours. */
  readonly description?: ModelDescription | undefined;
  /** What it costs where no description says it: a model from outside. */
  readonly cost?:
    | { readonly parameters: number; readonly sizeBytes: number; readonly multiplyAdds?: number }
    | undefined;
  /** The files behind it, where the teacher is a model of ours. */
  readonly model?: Model | undefined;
  /** Other ways to read the same model's input; tried to tell what is wrong where the teacher scores near chance. */
  readonly readings?: readonly TeacherReading[] | undefined;
  /** The teachers that answer together. Whoever renders pixels gives each its own size; `predict` resizes them. */
  readonly ensemble?: TeacherEnsemble | undefined;
}

/** A model in memory, ready to be asked about pixels. */
export interface Predictor {
  /** What it answers with, by name. */
  readonly outputs: Outputs;
  /** Places inside it from which features can be taken too, by name. */
  readonly taps?: Outputs | undefined;
  /**
   * Raw answers, from one pass.
   *
   * @param pixels uint8 `[count, height, width, channels]` at `imageSize`
   * @param names of outputs and taps, of both the tap; all outputs unless given
   */
  predict(pixels: Uint8Array, count: number, names?: readonly string[]): Promise<Answers>;
  /** One pass of the model alone, where `predict` also decodes what it answers; for latency. */
  forward?(pixels: Uint8Array, count: number): Promise<void>;
  /** What computes it, where that is not the run's backend: name, version, device. */
  readonly runtime?: string | undefined;
  dispose(): void;
}

/** How an ensemble's answer comes from those of its members. */
export interface TeacherEnsemble {
  /** At least one; each knows the classes of all, in an order of its own. */
  readonly members: readonly Teacher[];
  /** One for each member, in all 1. */
  readonly weights: readonly number[];
  /** Logits: Σ wᵢ zᵢ. Probabilities: ln Σ wᵢ softmax(zᵢ), at temperature 1. */
  readonly average: "logits" | "probabilities";
}

/** A teacher whose pixels are scaled, ordered or laid out in another way. */
export interface TeacherReading {
  /** The options that a pipeline would say for it, such as `normalize: unit`. */
  readonly options: string;
  /** The size and fit that it sees; the teacher's own unless given. */
  readonly imageSize?: ImageSize;
  /** As that of the teacher. */
  readonly predict: Predictor["predict"];
}

/** What a `softLabels` stage gives: the teacher's answers to every sample and view of the train split, stored or asked for. */
export interface SoftLabels extends NamedClasses {
  /** The id of a `tasks` provider. */
  readonly task: string;
  /** What is stored of an answer: `logits` is all of its raw outputs. */
  readonly content: "logits" | "detections" | "features";
  /** The teacher's outputs that are there. */
  readonly outputs: Outputs;
  /** `undefined` where there is one for any number: the teacher is asked when they are read. */
  readonly views: number | undefined;
  readonly sampleCount: number;
  readonly teacherDigest: string;
  /**
   * Reads the teacher's raw answers into `out`, `[indices.length, width]`: all outputs of a row one after the other. Top-K stores come back with the residual
   * mass spread evenly over those of the teacher's classes that were not stored; what the data's classes are among them
   * is for the reader to select.
   */
  read(indices: ArrayLike<number>, views: ArrayLike<number>, out: Float32Array): Promise<void>;
  close(): Promise<void>;
}

/** One epoch of training, as kept in a model's history. */
export interface EpochRecord {
  readonly epoch: number;
  readonly learningRate: number;
  /** Mean over the epoch's fetched steps; `loss` is the weighted total, the rest are unweighted terms. */
  readonly losses: Readonly<Record<string, number>>;
  /** Validation metrics by name. */
  readonly validation: Readonly<Record<string, number>>;
  /** By term, at the last batch: its weight and, where measured, the norm of the gradient that it gives the network with it. */
  readonly balance?: Readonly<Record<string, { readonly weight: number; readonly gradientNorm?: number }>>;
}

/** What a trained or loaded model says of itself without being loaded. */
export interface ModelDescription {
  /** The id of a `tasks` provider. */
  readonly task: string;
  readonly classNames: readonly string[];
  readonly imageSize: ImageSize;
  readonly outputs: Outputs;
  /** Places from which features can be taken, of networks that were trained here. */
  readonly taps?: Outputs;
  /** Weights that training changes, and all weights. */
  readonly trainableParameters: number;
  readonly parameters: number;
  /** Multiply-adds of one image, counted from the graph. */
  readonly multiplyAdds: number;
  /** Bytes of `model.json` and `weights.bin`. */
  readonly sizeBytes: number;
  /** Best epoch by the validation metric, and that metric; absent for models from outside. */
  readonly best?: { readonly epoch: number; readonly metric: string; readonly value: number };
  readonly history: readonly EpochRecord[];
  /** How far a training got that is not over, in words. */
  readonly unfinished?: string;
}

/** What a `train` or `model` stage gives: stock TensorFlow.js layers on disk. */
export interface Model {
  readonly description: ModelDescription;
  readonly digest: string;
  /** Folder with `model.json` (stock layers-model format) and `weights.bin`. */
  readonly directory: string;
  /** @param log told where the backend cannot capture the model's forward pass */
  load(backend: Backend, log: Log): Promise<Predictor>;
}

/** The row of one model in an evaluation; numbers over several seeds are mean and standard deviation. */
export interface MetricsRow {
  /** `teacher`, `student` or `baseline`. */
  readonly role: "teacher" | "student" | "baseline";
  readonly stages: readonly string[];
  readonly metrics: Readonly<Record<string, { readonly mean: number; readonly sd: number | null }>>;
  /** What computed it where its latency was measured. */
  readonly runtime?: string;
}

/** What an `evaluate` stage gives. */
export interface Metrics {
  /** The id of a `tasks` provider. */
  readonly task: string;
  /** How the task's metrics are called and written, in the order in which they are shown. */
  readonly names: Readonly<Record<string, MetricName>>;
  readonly split: "test" | "validation";
  readonly sampleCount: number;
  readonly rows: readonly MetricsRow[];
  /** Of the trainings behind what was scored, by stage. */
  readonly terms?: Readonly<Record<string, readonly Pick<EpochRecord, "epoch" | "losses" | "balance">[]>>;
  /** What scorers tell beside the numbers, by stage. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** What the numbers say of the teacher's use; left out without a baseline, or where samples cannot be compared. */
  readonly verdict?: Verdict;
}

/** Whether the teacher helps, as far as the samples can tell. */
export interface Verdict {
  readonly metric: string;
  /** Student minus baseline, positive where the student is better. */
  readonly gain: number;
  /** Where `gain` lies with 95 %: a seeded bootstrap over the samples, which both models share. */
  readonly interval: readonly [number, number];
  /** One sentence. */
  readonly text: string;
}

/** What an `export` stage gives. */
export interface Exported {
  readonly directory: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** Largest difference of the exported model's answers to the trained model's, relative to the largest one. */
  readonly parity: number;
}
