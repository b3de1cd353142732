import type { SymbolicTensor } from "@tensorflow/tfjs";
import type {
  AnswerSource,
  BuiltNetwork,
  Dataset,
  DatasetSplit,
  HostArray,
  LossInputName,
  ObjectiveTerm,
  OutputSpec,
  Outputs,
  SoftLabels,
  Task,
  TensorSpec,
} from "../../../core/index.ts";
import type { BatchFiller, SampleSource } from "./batch-filler.ts";

/** Where a step has what a term is given. Terms that are given the same thing share its key. */
export type InputBinding = StudentBinding | BatchBinding | ConstantBinding;

interface Bound {
  readonly key: string;
  /** Without the batch axis. */
  readonly shape: readonly number[];
  /** Of a named output of the student or the teacher. */
  readonly output?: OutputSpec | undefined;
}

/** Made by the student's forward pass. */
export interface StudentBinding extends Bound {
  readonly from: "student";
  readonly place: SymbolicTensor;
}

/** Filled on the host for every batch; the key is the step's input. */
export interface BatchBinding extends Bound {
  readonly from: "batch";
  readonly dtype: TensorSpec["dtype"];
}

/** The same for all rows of all batches; there is no batch axis. */
export interface ConstantBinding extends Bound {
  readonly from: "constant";
  readonly values: HostArray;
}

/** What inputs are bound to, before the first step. */
export interface InputScene {
  readonly built: BuiltNetwork;
  readonly source: {
    readonly dataset: Pick<Dataset, "classNames" | "mixes" | "photos"> & {
      readonly splits: { readonly train: Pick<DatasetSplit, "truth"> };
    };
    readonly task: Task;
    readonly softLabels?: (AnswerSource & Partial<Pick<SoftLabels, "content">>) | undefined;
    readonly teacher?: (AnswerSource & { readonly taps?: Outputs | undefined }) | undefined;
  };
  /** The trainer's. */
  readonly options: object;
}

/** One input of loss terms, or inputs of one origin. */
export interface StepInput {
  answers(name: LossInputName): boolean;
  /**
   * What a term is given under a name.
   *
   * @returns `undefined` where this training has no such thing
   * @throws KDF_TRAIN_INPUT for an output or a tap that is not there
   */
  bind(
    name: LossInputName,
    term: Pick<ObjectiveTerm, "name" | "at" | "joined">,
    scene: InputScene,
  ): InputBinding | undefined;
  /** Fills all that it bound to the batch. */
  filler?(bindings: readonly BatchBinding[], source: SampleSource): BatchFiller;
}

/** An array for `rows` samples of an input. */
export function roomFor({ shape, dtype }: Pick<BatchBinding, "shape" | "dtype">, rows: number): HostArray {
  const size = shape.reduce((product, length) => product * length, rows);
  if (dtype === "float32") return new Float32Array(size);
  return dtype === "int32" ? new Int32Array(size) : new Uint8Array(size);
}
