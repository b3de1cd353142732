import type { Tensor } from "@tensorflow/tfjs";
import type { HostArray, TensorSpec } from "./step.ts";

/** A frozen model's forward pass. */
export interface ForwardSpec {
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  /**
   * Batch sizes to be fast at, the largest first. A batch of another size is filled up to the next one: a sample's
   * result does not depend on the others of its batch.
   */
  readonly batchSizes: readonly number[];
  /** Pure; all variables are constants. Runs inside a tidy. Results are `[batch, ...]`. */
  forward(inputs: Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>>;
  /** Told once, with the reason, where a backend that captures runs this pass operation by operation. */
  onEager?(reason: string): void;
}

/** A forward pass on host arrays. */
export interface Forward {
  /** @param batchSize samples in the arrays; any number, run in pieces of at most the largest batch size */
  run(batch: Readonly<Record<string, HostArray>>, batchSize: number): Promise<Readonly<Record<string, Float32Array>>>;
  dispose(): void;
}
