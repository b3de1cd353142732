import type { JsonSchema } from "../../../core/index.ts";
import { detectionId } from "../../tasks/detection/names.ts";

export function isDetection(task: string): boolean {
  return task === detectionId;
}

/**
 * With these, detectors of few classes learn from random weights within hours: boxes claim cells by shape, and small
 * inputs weigh objectness and classes in full.
 */
const detectorLoss: Readonly<Record<string, unknown>> = { assign: "anchor", box: 0.1, rescale: false };

/** The settled options that a loss has. */
export function settledLoss(schema: JsonSchema): Readonly<Record<string, unknown>> {
  const properties = (schema["properties"] ?? {}) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.entries(detectorLoss).filter(([option]) => option in properties));
}

/** Photos of a batch with which detectors are trained. */
export const detectorBatch = 8;

/** A training of a detector from random weights: all of it begins anew and has batch norms, so the rate is high. */
export const detectorTraining: Readonly<Record<string, unknown>> = {
  batchSize: detectorBatch,
  optimizer: { use: "adam", learningRate: 0.01 },
  schedule: { use: "warm-up", epochs: 2 },
  ema: { decay: 0.99 },
  validateEvery: 5,
};

/** Updates below which a detector shows little. */
const detectorUpdates = 1600;

/** Epochs in which detectors have updates enough, 15 to 100. */
export function detectorEpochs(photos: number): number {
  const epochs = Math.min(100, Math.max(15, (detectorUpdates * detectorBatch) / Math.max(1, photos)));
  return 5 * Math.round(epochs / 5);
}
