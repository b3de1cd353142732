import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs";
import type { Rng } from "../tensors/rng.ts";
import type { ImageSize } from "./dataset.ts";

/** A named place in a backbone from which features can be taken. */
export interface Tap {
  /** `[batch, height, width, channels]`, or `[batch, channels]` for `pooled` and `logits`. */
  readonly tensor: SymbolicTensor;
  readonly channels: number;
  /** Input pixels per feature cell; 0 for taps without space (`pooled`, `logits`). */
  readonly stride: number;
}

/**
 * A backbone builds its layers on top of an input that holds normalised pixels.
 * Tap names: `stage1…stageN`, `stageN/pre` (before the stage's last activation), in order of growing stride.
 */
export interface Backbone {
  readonly name: string;
  build(input: SymbolicTensor): { readonly taps: Readonly<Record<string, Tap>>; readonly output: SymbolicTensor };
}

export interface NetworkRequest {
  readonly input: ImageSize;
  readonly classes: number;
  /** Fills the initial weights. */
  readonly rng: Rng;
}

/** A network as built: takes pixels 0…255 as float32 `[batch, height, width, channels]`; normalises inside. */
export interface BuiltNetwork {
  /** One output, `logits` `[batch, classes]`. */
  readonly model: LayersModel;
  /** All taps, those of the backbone and `pooled` and `logits`. */
  readonly taps: Readonly<Record<string, Tap>>;
}

/** What a `networks` provider creates. */
export interface Network {
  readonly task: "classification";
  readonly outputKind: "softmax-logits";
  /** The input size this network wants, or `undefined` to take the dataset's. */
  readonly inputSize: number | undefined;
  build(request: NetworkRequest): BuiltNetwork;
}
