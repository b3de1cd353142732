import type { LayersModel } from "@tensorflow/tfjs";
import type { Answers, Model } from "../../../core/index.ts";
import type { WrittenGraphModel } from "../graph-model/write-graph-model.ts";
import type { ExportedPass } from "../trace/exported-pass.ts";
import type { LiteRequest } from "./build-tensorflow.ts";

/** What is wanted of an export by TensorFlow. */
export interface TensorflowForm {
  readonly kind: "saved-model" | "tflite";
  readonly precision: LiteRequest["type"];
  readonly batch: number | "dynamic";
  readonly boxes: "raw" | "decoded";
  /** Of the probabilities beside a classifier's logits; none without it. */
  readonly temperature?: number | undefined;
  readonly calibrationImages: number;
  readonly metricImages: number;
}

/** A model that is being exported by TensorFlow. */
export interface TensorflowExporting {
  readonly form: TensorflowForm;
  readonly python: string;
  /** Who calls Python, for messages. */
  readonly purpose: string;
  readonly chosen: Model;
  /** `chosen`, loaded. */
  readonly network: LayersModel;
  readonly pass: ExportedPass;
  readonly outputNames: readonly string[];
  readonly written: WrittenGraphModel;
}

export type Answer = (pixels: Uint8Array, count: number) => Promise<Answers>;
