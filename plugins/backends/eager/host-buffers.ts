import type { Tensor } from "@tensorflow/tfjs";
import { type HostArray, KdflowError, type TensorSpec, type Tf } from "../../../core/index.ts";

/**
 * Turns batches of typed arrays into tensors. float32 and int32 arrays are handed over as they are; uint8, which
 * TensorFlow.js does not have, is widened into an int32 array that is kept for each batch size.
 */
export class HostBuffers {
  readonly #tf: Tf;
  readonly #specs: Readonly<Record<string, TensorSpec>>;
  readonly #widened = new Map<string, Int32Array>();

  constructor(tf: Tf, specs: Readonly<Record<string, TensorSpec>>) {
    this.#tf = tf;
    this.#specs = specs;
  }

  /**
   * Makes the tensors `[batch, ...]` of the named inputs; caller disposes. They may share memory with `batch`, which
   * must not change while they live.
   *
   * @param batch arrays with at least `batchSize` samples each; what lies beyond is not read
   * @throws KDF_TENSORS_SHAPE where an array is missing, too short or of another type than declared
   */
  tensors(
    names: readonly string[],
    batch: Readonly<Record<string, HostArray>>,
    batchSize: number,
  ): Record<string, Tensor> {
    const tensors: Record<string, Tensor> = {};
    for (const name of names) {
      const spec = this.#specs[name];
      if (spec === undefined) throw new KdflowError("KDF_INTERNAL", `the step declares no input "${name}"`);
      const checked = checkedInput(name, spec, batch[name], batchSize);
      const values = checked instanceof Uint8Array ? this.#widen(name, checked) : checked;
      const dtype = spec.dtype === "float32" ? "float32" : "int32";
      tensors[name] = this.#tf.tensor(values, [batchSize, ...spec.shape], dtype);
    }
    return tensors;
  }

  dispose(): void {
    this.#widened.clear();
  }

  #widen(name: string, bytes: Uint8Array): Int32Array {
    const key = `${name}:${bytes.length}`;
    let wide = this.#widened.get(key);
    if (wide === undefined) {
      wide = new Int32Array(bytes.length);
      this.#widened.set(key, wide);
    }
    wide.set(bytes);
    return wide;
  }
}

/**
 * The part of a host array that a batch takes, as it is.
 *
 * @throws KDF_TENSORS_SHAPE where the array is missing, too short or of another type than declared
 */
export function checkedInput(
  name: string,
  spec: TensorSpec,
  array: HostArray | undefined,
  batchSize: number,
): HostArray {
  const size = batchSize * spec.shape.reduce((product, length) => product * length, 1);
  if (array === undefined) throw new KdflowError("KDF_TENSORS_SHAPE", `the batch has no input "${name}"`);
  if (array.length < size) {
    const message = `input "${name}" holds ${array.length} numbers, but ${batchSize} samples of [${spec.shape.join(", ")}] are ${size}`;
    throw new KdflowError("KDF_TENSORS_SHAPE", message);
  }
  const declared = { uint8: Uint8Array, int32: Int32Array, float32: Float32Array }[spec.dtype];
  if (array instanceof declared) return array.length === size ? array : array.subarray(0, size);
  const message = `input "${name}" is declared as ${spec.dtype}, but the batch holds a ${array.constructor.name}`;
  throw new KdflowError("KDF_TENSORS_SHAPE", message);
}
