import type * as tfTypes from "@tensorflow/tfjs";
import type { Forward, ForwardSpec } from "./forward.ts";
import type { Step, StepSpec } from "./step.ts";

/** The TensorFlow.js namespace that a backend hands out; nothing else may be used as `tf`. */
export type Tf = typeof tfTypes;

/** What a `backends` provider creates: one loaded tensor engine. */
export interface Backend {
  readonly id: string;
  /** Enters keys: results of different classes differ in the last bits. */
  readonly numericClass: string;
  /** Versions and thread counts, for the run record and `kdflow doctor`. */
  readonly details: Readonly<Record<string, string | number>>;
  /**
   * TensorFlow.js with kdflow's layers: batch norm follows PyTorch (unbiased running variance), and where the backend
   * has fused native forms, `layers.batchNormalization`, `layers.reLU`, `layers.leakyReLU` and
   * `losses.softmaxCrossEntropy` are those, serialising under the stock class names.
   */
  readonly tf: Tf;
  /** True where nothing is captured and a single batch may take minutes: signals do not wait for one that was not timed. */
  readonly blocks?: boolean;
  createStep(spec: StepSpec): Promise<Step>;
  /** The forward pass of a frozen model, for evaluation and teachers. */
  createForward(spec: ForwardSpec): Forward;
}

/** The answer of a backend that was asked, cheaply and without loading it, whether it can run here. */
export type BackendProbe =
  /** `numericClass` where it is another than the provider's, such as that of a mode that the environment forces. */
  | { readonly available: true; readonly detail: string; readonly numericClass?: string }
  | { readonly available: false; readonly reason: string };
