import type { LayersModel, NamedTensorMap, Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { type LayerCall, watchLayers } from "./watch-layers.ts";

/** A kernel as it ran; tensors are numbers of the recording. */
export interface RecordedKernel {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, number>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly outputs: readonly number[];
  readonly layer: LayerCall | undefined;
}

/** Every tensor that took part, in the order in which it was seen. */
export interface RecordedTensor {
  readonly shape: readonly number[];
  readonly dtype: Tensor["dtype"];
  /** Of constants, and of everything where values are kept; whoever records disposes it. */
  readonly kept: Tensor | undefined;
  readonly isConstant: boolean;
}

export interface KernelRecording {
  readonly kernels: readonly RecordedKernel[];
  readonly tensors: readonly RecordedTensor[];
  readonly input: number;
  readonly outputs: Readonly<Record<string, number>>;
}

export interface RecordKernelsRequest {
  readonly tf: Tf;
  /** Its layers are named in the recording; those inside of it too. */
  readonly model: LayersModel;
  readonly input: Tensor;
  /** What is recorded; runs in a tidy. */
  readonly forward: (input: Tensor) => Readonly<Record<string, Tensor>>;
  /** Keeps the values of all tensors, to compare another pass with. */
  readonly keepsValues?: boolean;
}

type RunKernel = (kernel: string, inputs: NamedTensorMap, attributes?: object) => Tensor | Tensor[];

/**
 * Runs a forward pass and notes every kernel that TensorFlow.js runs, whatever the backend and whoever wrote the
 * layers. What depends on constants alone becomes one itself. Kernels that a kernel is made of are not noted.
 *
 * @returns caller disposes what is kept, see {@link disposeRecording}
 */
export function recordKernels({ tf, model, input, forward, keepsValues }: RecordKernelsRequest): KernelRecording {
  const recorder = new KernelRecorder(tf, keepsValues === true);
  const watch = watchLayers(model);
  // kernels are run by the engine alone; its type does not say that `runKernel` may be replaced
  const engine = tf.engine() as unknown as { runKernel?: RunKernel };
  const stock = engine.runKernel as RunKernel;
  try {
    const start = recorder.add(input, false);
    engine.runKernel = (kernel, inputs, attributes) =>
      recorder.run(kernel, inputs, attributes ?? {}, watch.current(), () =>
        stock.call(engine, kernel, inputs, attributes),
      );
    const outputs = tf.tidy(() => {
      const given = Object.entries(forward(input));
      return Object.fromEntries(given.map(([name, tensor]) => [name, recorder.numberOf(tensor)]));
    }) as unknown as Record<string, number>;
    return { kernels: recorder.kernels, tensors: recorder.tensors, input: start, outputs };
  } catch (error) {
    disposeRecording(recorder);
    throw error;
  } finally {
    // the method of the class again
    delete engine.runKernel;
    watch.end();
  }
}

export function disposeRecording({ tensors }: Pick<KernelRecording, "tensors">): void {
  for (const { kept } of tensors) kept?.dispose();
}

class KernelRecorder {
  readonly kernels: RecordedKernel[] = [];
  readonly tensors: RecordedTensor[] = [];
  readonly #tf: Tf;
  readonly #keepsValues: boolean;
  readonly #numbers = new Map<number, number>();
  #depth = 0;

  constructor(tf: Tf, keepsValues: boolean) {
    this.#tf = tf;
    this.#keepsValues = keepsValues;
  }

  run(
    kernel: string,
    given: NamedTensorMap,
    attributes: object,
    layer: LayerCall | undefined,
    compute: () => Tensor | Tensor[],
  ): Tensor | Tensor[] {
    if (this.#depth > 0) return compute();
    this.#depth += 1;
    try {
      const named = Object.entries(given).filter(([, tensor]) => tensor !== undefined && tensor !== null);
      const inputs = Object.fromEntries(named.map(([name, tensor]) => [name, this.numberOf(tensor)]));
      const result = compute();
      const isConstant = Object.values(inputs).every((place) => this.tensors[place]?.isConstant);
      const outputs = [result].flat().map((tensor) => this.add(tensor, isConstant));
      if (!isConstant) this.kernels.push({ kernel, inputs, attributes: { ...attributes }, outputs, layer });
      return result;
    } finally {
      this.#depth -= 1;
    }
  }

  /** A tensor that no kernel gave is a constant. */
  numberOf(tensor: Tensor): number {
    return this.#numbers.get(tensor.id) ?? this.#quietly(() => this.add(tensor, true));
  }

  add(tensor: Tensor, isConstant: boolean): number {
    const keeps = isConstant || this.#keepsValues;
    const kept = keeps ? this.#quietly(() => this.#tf.keep(tensor.clone())) : undefined;
    const place = this.tensors.push({ shape: [...tensor.shape], dtype: tensor.dtype, kept, isConstant }) - 1;
    this.#numbers.set(tensor.id, place);
    return place;
  }

  /** What runs in between is not noted. */
  #quietly<T>(work: () => T): T {
    this.#depth += 1;
    try {
      return work();
    } finally {
      this.#depth -= 1;
    }
  }
}
