import type {
  Dataset,
  DatasetSplit,
  HostArray,
  ImageSize,
  SoftLabels,
  Task,
  Teacher,
  View,
} from "../../../core/index.ts";

/** What the inputs of a training are filled from. */
export interface SampleSource {
  readonly dataset: Dataset;
  /** That of the dataset. */
  readonly task: Task;
  readonly inputSize: ImageSize;
  readonly batchSize: number;
  readonly softLabels: SoftLabels | undefined;
  /** Asked for every batch, for what soft labels do not tell. */
  readonly teacher: Teacher | undefined;
}

/** The samples of one batch. */
export interface BatchRows {
  readonly split: DatasetSplit;
  /** Indices in the split. */
  readonly chosen: Uint32Array;
  /** Number of the view that is shown of each, `[size]`. */
  readonly viewNumbers: Uint16Array;
  /** `undefined` where there is no augmentation. */
  readonly views: readonly View[] | undefined;
  readonly size: number;
  /** As the student sees them; rendered before anybody is asked. */
  readonly pixels: Uint8Array;
}

/** Fills inputs of a step on the host. */
export interface BatchFiller {
  /** Whether `ask` works in another thread, so that it may run during a step; one batch at a time all the same. */
  readonly apart?: boolean;
  /** Memory for one batch. Several exist, whose batches are made ahead. */
  slot(batchSize: number): BatchSlot;
}

export interface BatchSlot {
  /** Fills what can be filled while earlier batches are in use. */
  ahead?(rows: BatchRows): Promise<void> | void;
  /** Fills the rest when the batch's turn has come. */
  ask?(rows: BatchRows): Promise<void>;
  /** What was filled, by the step's inputs, `[size, ...]`. */
  given(size: number): Readonly<Record<string, HostArray>>;
}
