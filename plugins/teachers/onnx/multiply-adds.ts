import type { ModelInput } from "../asking/model-input.ts";
import { pixelReadingOf } from "../detector/detector-file.ts";
import type { OnnxSession } from "./onnx-session.ts";
import { type ProtobufField, protobufFields } from "./protobuf-fields.ts";

/** A convolution with weights in the file. */
export interface Convolution {
  /** Tensor that it gives. */
  readonly output: string;
  /** Weights of one filter: one multiply-add each for every number that it gives. */
  readonly perFilter: number;
}

/** Field numbers of `onnx.proto`. */
const modelGraph = 7;
const graph = { node: 1, initializer: 5 } as const;
const node = { input: 1, output: 2, operator: 4 } as const;
const tensor = { dims: 1, name: 8 } as const;

/** Operators that multiply too and that are not counted here: a count without them would be no count. */
const uncounted =
  /^(MatMul|Gemm|Einsum|ConvTranspose|ConvInteger|QLinear|MatMulInteger|DeformConv|RNN|GRU|LSTM|If|Loop)/u;
/** Maps that are held at once. */
const mapsAtOnce = 8;

const decoder = new TextDecoder();

/**
 * The convolutions of a model; `undefined` where others of its operators multiply too, or where weights are computed.
 *
 * @param bytes of an ONNX file that was read before
 */
export function convolutionsOf(bytes: Uint8Array): readonly Convolution[] | undefined {
  const sizes = new Map<string, readonly number[]>();
  const found: { readonly output: string; readonly weights: string }[] = [];
  for (const { number, bytes: inner } of protobufFields(bytes)) {
    if (number !== modelGraph) continue;
    for (const field of protobufFields(inner)) {
      if (field.number === graph.initializer) {
        const parts = [...protobufFields(field.bytes)];
        sizes.set(textOf(parts, tensor.name)[0] ?? "", dimsOf(parts));
      }
      if (field.number !== graph.node) continue;
      const parts = [...protobufFields(field.bytes)];
      const [operator = ""] = textOf(parts, node.operator);
      if (uncounted.test(operator)) return undefined;
      const [[, weights = ""], [output = ""]] = [textOf(parts, node.input), textOf(parts, node.output)];
      if (operator === "Conv") found.push({ output, weights });
    }
  }
  const all = found.map(({ output, weights }) => {
    const [, ...filter] = sizes.get(weights) ?? [];
    return { output, perFilter: filter.reduce((product, side) => product * side, filter.length === 0 ? 0 : 1) };
  });
  return all.length > 0 && all.every(({ perFilter }) => perFilter > 0) ? all : undefined;
}

function textOf(parts: readonly ProtobufField[], number: number): string[] {
  return parts.filter((part) => part.number === number).map((part) => decoder.decode(part.bytes));
}

/** One by one, or packed into one field. */
function dimsOf(parts: readonly ProtobufField[]): number[] {
  return parts
    .filter(({ number }) => number === tensor.dims)
    .flatMap(({ bytes, integer }) => (bytes.length === 0 ? [integer] : varints(bytes)));
}

function varints(bytes: Uint8Array): number[] {
  const values: number[] = [];
  let [value, scale] = [0, 1];
  for (const byte of bytes) {
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte >= 0x80) continue;
    values.push(value);
    [value, scale] = [0, 1];
  }
  return values;
}

/** Multiply-adds of one image, from the sizes of the maps that a loaded model gives. */
export async function countMultiplyAdds(
  session: OnnxSession,
  convolutions: readonly Convolution[],
  input: ModelInput,
): Promise<number> {
  const { height, width, channels } = input.size;
  const pixels = new Uint8Array(height * width * channels);
  const reading = pixelReadingOf(input, { normalize: "none", channelOrder: "rgb" });
  let sum = 0;
  for (let start = 0; start < convolutions.length; start += mapsAtOnce) {
    const some = convolutions.slice(start, start + mapsAtOnce);
    // no axis is turned
    const taps = some.map(({ output }) => ({ tensor: output, layout: "nhwc" as const }));
    const { features } = await session.label(pixels, 1, reading, taps);
    for (const [at, { values }] of features.entries()) sum += values.length * (some[at]?.perFilter ?? 0);
  }
  return sum;
}
