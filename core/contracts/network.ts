import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs";
import type { ImageSize, SideLengths } from "./dataset.ts";
import type { Outputs } from "./outputs.ts";
import type { Rng } from "./rng.ts";

/** A named place in a backbone from which features can be taken. */
export interface Tap {
  /** `[batch, height, width, channels]`, or `[batch, channels]` for `pooled` and `logits`. */
  readonly tensor: SymbolicTensor;
  readonly channels: number;
  /** Input pixels per feature cell; 0 for taps without space (`pooled`, `logits`). */
  readonly stride: number;
}

/** What a backbone builds. */
export interface BuiltBackbone {
  readonly taps: Readonly<Record<string, Tap>>;
  /** `[batch, height, width, channels]` */
  readonly output: SymbolicTensor;
  /**
   * Layers of a classifier between the mean over space and the classes, where the published network has some:
   * `[batch, channels]` → `[batch, features]`. Networks without classes leave them out.
   */
  hidden?(pooled: SymbolicTensor): SymbolicTensor;
}

/** A tensor in host memory. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The form in which a backbone is used once it is trained, where that has other layers: branches become one. */
export interface DeployedBackbone {
  build(input: SymbolicTensor): BuiltBackbone;
  /**
   * Weights of the deployed form out of the trained ones, both by name (`stem/conv/kernel`). A weight that it does not
   * give is that of the same name.
   */
  fuse(trained: ReadonlyMap<string, HostTensor>): ReadonlyMap<string, HostTensor>;
}

/**
 * A backbone builds its layers on top of an input that holds normalised pixels.
 * Tap names: `stage1…stageN`, `stageN/pre` (before the stage's last activation), in order of growing stride.
 */
export interface Backbone {
  readonly name: string;
  build(input: SymbolicTensor): BuiltBackbone;
  readonly deployed?: DeployedBackbone;
}

export interface NetworkRequest {
  readonly imageSize: ImageSize;
  readonly classes: number;
  /** Fills the initial weights. */
  readonly rng: Rng;
  /** What the training split knows, as its task has it, for networks that are fitted to it. */
  readonly truth?: unknown;
}

/** A network as built: takes pixels 0…255 as float32 `[batch, height, width, channels]`; normalises inside. */
export interface BuiltNetwork {
  readonly model: LayersModel;
  /** The model's outputs, in its order, by name. */
  readonly outputs: Outputs;
  /** All taps, those of the backbone and `pooled` and `logits`. */
  readonly taps: Readonly<Record<string, Tap>>;
  /**
   * The form for use, with the weights that the model has now; caller disposes. Same inputs, same answers at inference,
   * other layers. Left out where the model is that form.
   */
  deploy?(): Promise<LayersModel>;
  /** What was chosen while it was built, sentences for whoever trains it. */
  readonly notes?: readonly { readonly message: string; readonly isWarning: boolean }[];
}

/** What a `networks` provider creates. */
export interface Network {
  /** The size at which it wants to see images, or `undefined` to take the dataset's. */
  readonly imageSize: SideLengths | undefined;
  build(request: NetworkRequest): BuiltNetwork;
}

/** Feature maps of a detector, finest first: strides 8, 16 and 32. Each is `[batch, height, width, channels]`. */
export type PyramidLevel = "p3" | "p4" | "p5";
export type Pyramid = Readonly<Record<PyramidLevel, SymbolicTensor>>;

/** Applies a detector's activation; the layer has the name given. */
export type Activate = (input: SymbolicTensor, name: string) => SymbolicTensor;

/** What a `necks` provider creates: mixes a backbone's feature maps across scales. Its layers' names begin with `neck/`. */
export interface Neck {
  build(features: Pyramid, activate: Activate): Pyramid;
}

export interface HeadRequest {
  readonly classes: number;
  /** Anchors of a cell, the same number at every level. */
  readonly anchors: number;
}

/** Weights on the host by name, such as `head/p3/conv/kernel`. */
export type NamedWeights = ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;

/**
 * What a `heads` provider creates: cells `[batch, height, width, anchors · (5 + classes)]` out of a neck's feature maps,
 * anchor by anchor: x, y, width, height, objectness, classes. Its layers' names begin with `head/`.
 */
export interface Head {
  build(features: Pyramid, request: HeadRequest): Pyramid;
  /** The start of the head's own weights, called after all kernels are filled. */
  initialWeights?(request: HeadRequest & { readonly rng: Rng }, built: NamedWeights): NamedWeights;
  /** The form for use, where it has other layers. */
  readonly deployed?: {
    build(features: Pyramid, request: HeadRequest): Pyramid;
    /** Weights of that form that are not the trained ones of the same name. */
    fuse(trained: NamedWeights): NamedWeights;
  };
}
