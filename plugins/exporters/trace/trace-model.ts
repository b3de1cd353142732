import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import { type ImageSize, KdflowError, type Tf } from "../../../core/index.ts";
import { type BatchPair, commonValue, UnlikeRecordings } from "./batch-sizes.ts";
import {
  disposeRecording,
  type KernelRecording,
  type RecordedKernel,
  type RecordedTensor,
  recordKernels,
} from "./record-kernels.ts";
import {
  type ConstantValues,
  type GraphNode,
  type GraphValue,
  isPerImage,
  prunedGraph,
  type Size,
  type TracedGraph,
} from "./traced-graph.ts";

export interface TraceRequest {
  readonly tf: Tf;
  readonly model: LayersModel;
  /** Of the model's input. */
  readonly imageSize: ImageSize;
  /** Takes float32 pixels 0…255, `[batch, height, width, channels]`; pure. */
  readonly forward: (pixels: Tensor) => Readonly<Record<string, Tensor>>;
  /** Images of a batch, or `dynamic` for any number. */
  readonly batch: number | "dynamic";
}

/**
 * What a forward pass computes, as a graph. The pass is recorded twice, on different pixels and, for a dynamic batch, at
 * two batch sizes: an operation or a constant that differs otherwise depends on the values, and no graph can hold it.
 *
 * @throws KDF_EXPORT_TRACE naming the layer
 */
export async function traceModel(request: TraceRequest): Promise<TracedGraph> {
  const batch = request.batch === "dynamic" ? { first: 2, second: 3 } : { first: request.batch, second: request.batch };
  const recordings: KernelRecording[] = [];
  try {
    recordings.push(record(request, batch.first, 1));
    recordings.push(record(request, batch.second, 2));
    const [one, other] = recordings as [KernelRecording, KernelRecording];
    return prunedGraph(await graphOf(one, other, batch));
  } finally {
    recordings.forEach(disposeRecording);
  }
}

function record({ tf, model, imageSize, forward }: TraceRequest, images: number, step: number): KernelRecording {
  const { height, width, channels } = imageSize;
  const shape: [number, number, number, number] = [images, height, width, channels];
  const pixels = Float32Array.from({ length: images * height * width * channels }, (_, place) => (place * step) % 256);
  const input = tf.tensor4d(pixels, shape);
  try {
    return recordKernels({ tf, model, input, forward });
  } finally {
    input.dispose();
  }
}

async function graphOf(one: KernelRecording, other: KernelRecording, batch: BatchPair): Promise<TracedGraph> {
  if (one.kernels.length !== other.kernels.length) throw unlike(undefined, "it runs another number of kernels");
  if (one.tensors.length !== other.tensors.length) throw unlike(undefined, "it uses another number of tensors");
  const values = await Promise.all(
    one.tensors.map((tensor, place) => commonTensor(tensor, other.tensors[place] as RecordedTensor, batch)),
  );
  const valueAt = (place: number): GraphValue => values[place] as GraphValue;
  const nodes = one.kernels.map((kernel, place): GraphNode => {
    const twin = other.kernels[place] as RecordedKernel;
    if (kernel.kernel !== twin.kernel || String(kernel.outputs) !== String(twin.outputs)) {
      throw unlike(kernel, `kernel ${kernel.kernel} becomes ${twin.kernel}`);
    }
    const inputs = Object.entries(kernel.inputs).map(([name, tensor]) => [name, valueAt(tensor)] as const);
    return {
      kernel: kernel.kernel,
      inputs: Object.fromEntries(inputs),
      attributes: commonAttributes(kernel, twin, batch),
      outputs: kernel.outputs.map(valueAt),
      layer: kernel.layer,
      place,
    };
  });
  const outputs = Object.entries(one.outputs).map(([name, place]) => [name, valueAt(place)] as const);
  return { input: valueAt(one.input), nodes, outputs: Object.fromEntries(outputs) };
}

function commonAttributes(kernel: RecordedKernel, twin: RecordedKernel, batch: BatchPair): GraphNode["attributes"] {
  try {
    return commonValue(kernel.attributes, twin.attributes, batch) as GraphNode["attributes"];
  } catch (error) {
    if (error instanceof UnlikeRecordings) throw unlike(kernel, `kernel ${kernel.kernel}: ${error.message}`);
    throw error;
  }
}

async function commonTensor(one: RecordedTensor, other: RecordedTensor, batch: BatchPair): Promise<GraphValue> {
  const shape = commonShape(one, other, batch);
  if (!one.isConstant) return { shape, dtype: one.dtype };
  const [constant, twin] = await Promise.all([valuesOf(one), valuesOf(other)]);
  const [first, ...rest] = shape;
  if (!isPerImage(first)) {
    if (sameNumbers(constant, twin)) return { shape, dtype: one.dtype, constant };
  } else if (first.perImage === 1 && !rest.some(isPerImage)) {
    // the same for each image: one row, which is broadcast
    const row = constant.subarray(0, constant.length / batch.first);
    const isSame = [constant, twin].every((rows) => rowsOf(rows, row.length).every((each) => sameNumbers(each, row)));
    if (isSame) return { shape: [1, ...rest], dtype: one.dtype, constant: row };
  }
  throw unlike(undefined, `a constant of shape [${one.shape.join(", ")}] depends on the images`);
}

function rowsOf(values: ConstantValues, length: number): ConstantValues[] {
  const count = length === 0 ? 0 : values.length / length;
  return Array.from({ length: count }, (_, row) => values.subarray(row * length, (row + 1) * length));
}

function sameNumbers(one: ConstantValues, other: ConstantValues): boolean {
  const [bytes, otherBytes] = [one, other].map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  return bytes !== undefined && otherBytes !== undefined && bytes.equals(otherBytes);
}

function commonShape(one: RecordedTensor, other: RecordedTensor, batch: BatchPair): readonly Size[] {
  try {
    return commonValue(one.shape, other.shape, batch) as readonly Size[];
  } catch (error) {
    if (error instanceof UnlikeRecordings) throw unlike(undefined, `a tensor's shape: ${error.message}`);
    throw error;
  }
}

/** The numbers of a constant, copied. */
async function valuesOf({ kept }: RecordedTensor): Promise<ConstantValues> {
  const data = await kept?.data();
  if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array) return data.slice();
  throw unlike(undefined, `a constant has the type ${kept?.dtype}, which is none of numbers`);
}

function unlike(kernel: RecordedKernel | undefined, why: string): KdflowError {
  const layer = kernel?.layer;
  const where = layer === undefined ? "" : ` in the layer "${layer.name}" (${layer.className})`;
  return new KdflowError("KDF_EXPORT_TRACE", `the forward pass is no fixed graph${where}: ${why}`, {
    hint: "the pass may not branch on values, read tensors on the host or draw random numbers; with `batch: 1` it may use the batch size as it likes",
  });
}
