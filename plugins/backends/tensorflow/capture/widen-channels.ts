import type { NativeBinding } from "../native-backend.ts";
import { leaveOutIdle } from "./idle-operations.ts";
import { beforeNarrowNorms, isNarrowNorm, wideShape } from "./narrow-norms.ts";
import { type LeafShapes, rewriteTrace } from "./rewrite-trace.ts";
import type { Source, Trace } from "./trace.ts";
import { type WideTwins, WideValues } from "./wide-values.ts";

/**
 * Computes batch norms whose channels are no multiple of four, such as the 58 of ShuffleNetV2, with channels of zeros
 * besides: oneDNN takes about a third of the time for 60 that it takes for 58 (docs/performance.md). What comes
 * before and after is computed with them too as far as that costs nothing: products take wider kernels, activations and
 * depthwise convolutions go along.
 */
export function widenChannels(trace: Trace, binding: NativeBinding, shapeOfLeaf: LeafShapes): Trace {
  if (!trace.ops.some(isNarrowNorm)) return trace;
  // reshapes that come twice are one then, and so are kernels that are padded
  const merged = leaveOutIdle(trace, shapeOfLeaf);
  const asked = beforeNarrowNorms(merged);
  const twins: WideTwins = new Map();
  return rewriteTrace(merged, shapeOfLeaf, (op, editor, place) =>
    widenings[op.name]?.(new WideValues(binding, editor, op, twins), asked.has(place)),
  );
}

/**
 * Computes an operation with more channels.
 *
 * @param isAsked whether a batch norm will ask for its output with more channels
 * @returns the outputs without them, or `undefined` to leave the operation as it is
 */
type Widen = (values: WideValues, isAsked: boolean) => Source | readonly Source[] | undefined;

const widenings: Readonly<Record<string, Widen>> = {
  FusedBatchNormV3: widenNorm,
  FusedBatchNormGradV3: widenNormGradient,
  MatMul: widenProduct,
  Reshape: widenReshape,
  Relu: widenActivation,
  Relu6: widenActivation,
  Maximum: widenActivation,
  ReluGrad: widenActivationGradient,
  Relu6Grad: widenActivationGradient,
  DepthwiseConv2dNative: widenDepthwise,
  DepthwiseConv2dNativeBackpropInput: widenDepthwiseInput,
  DepthwiseConv2dNativeBackpropFilter: widenDepthwiseKernel,
};

/** Zeros have mean 0 and variance 0, and γ and β are 0 for them: they stay zeros. */
function widenNorm(values: WideValues): readonly Source[] | undefined {
  if (!isNarrowNorm(values.op)) return undefined;
  const [x, gamma, beta, ...none] = values.op.inputs as [Source, Source, Source, ...Source[]];
  const outputs = values.addAll([values.wide(x), values.wide(gamma), values.wide(beta), ...none], wideShape);
  return withoutZeros(values, outputs, 3);
}

/** Takes what the batch norm took. */
function widenNormGradient(values: WideValues): readonly Source[] | undefined {
  const [dy, , , ...reserved] = values.op.inputs as [Source, Source, Source, ...Source[]];
  const norm = values.maker(reserved[0] as Source);
  if (!isNarrowNorm(values.op) || norm === undefined) return undefined;
  const outputs = values.addAll([values.wide(dy), ...norm.inputs.slice(0, 2), ...reserved], wideShape);
  return withoutZeros(values, outputs, 3);
}

/** @param count of the outputs that others than the gradient take; it takes the rest as they are */
function withoutZeros(values: WideValues, outputs: readonly Source[], count: number): readonly Source[] {
  return outputs.map((output, place) =>
    place < count ? values.cut(output, values.op.outputs[place]?.shape ?? []) : output,
  );
}

/** y = x · w, dx = dy · wᵀ, dw = xᵀ · dy, as `multiplyPointwise` writes them. */
function widenProduct(values: WideValues, isAsked: boolean): Source | undefined {
  const [left, right] = values.op.inputs as [Source, Source];
  const flag = (name: string) => values.op.attributes.some((each) => each.name === name && each.value === true);
  const [rows = 0, columns = 0] = values.op.outputs[0]?.shape ?? [];
  if (flag("transpose_a")) {
    if (flag("transpose_b") || (values.twin(left) ?? values.twin(right)) === undefined) return undefined;
    const [x, dy] = [values.twin(left) ?? left, values.twin(right) ?? right];
    return values.add([x, dy], [values.shapeOf(x)[1] ?? rows, values.shapeOf(dy)[1] ?? columns]);
  }
  const x = values.twin(left) ?? left;
  const output = isAsked ? wideShape([rows, columns]) : [rows, columns];
  if (x === left && output[1] === columns) return undefined;
  const kernel = [values.shapeOf(x)[1] ?? 0, output[1] ?? columns];
  return values.add([x, values.padded(right, flag("transpose_b") ? kernel.toReversed() : kernel)], output);
}

/** Where the channels stay the last axis. */
function widenReshape(values: WideValues): Source | undefined {
  const [value] = values.op.inputs as [Source];
  const shape = values.op.outputs[0]?.shape ?? [];
  const twin = values.twin(value);
  if (twin === undefined || shape.at(-1) !== values.shapeOf(value).at(-1)) return undefined;
  return values.add([twin, values.words.integers(wideShape(shape))], wideShape(shape));
}

function widenActivation(values: WideValues): Source | undefined {
  const [x, ...bound] = values.op.inputs as [Source, ...Source[]];
  const twin = values.twin(x);
  if (twin === undefined || bound.some((other) => values.shapeOf(other).length > 0)) return undefined;
  return values.add([twin, ...bound], wideShape(values.shapeOf(x)));
}

function widenActivationGradient(values: WideValues): Source | undefined {
  const [dy, y] = values.op.inputs as [Source, Source];
  const twin = values.twin(y);
  return twin && values.add([values.wide(dy), twin], wideShape(values.shapeOf(y)));
}

function widenDepthwise(values: WideValues): Source | undefined {
  const [x, kernel] = values.op.inputs as [Source, Source];
  const twin = values.twin(x);
  if (twin === undefined || !isPlain(values.shapeOf(kernel))) return undefined;
  return values.add([twin, values.padded(kernel, wideKernel(values.shapeOf(kernel)))], wideOutput(values));
}

function widenDepthwiseInput(values: WideValues): Source | undefined {
  const [, kernel, dy] = values.op.inputs as [Source, Source, Source];
  const twin = values.twin(dy);
  if (twin === undefined || !isPlain(values.shapeOf(kernel))) return undefined;
  const shape = wideOutput(values);
  return values.add(
    [values.words.integers(shape), values.padded(kernel, wideKernel(values.shapeOf(kernel))), twin],
    shape,
  );
}

function widenDepthwiseKernel(values: WideValues): Source | undefined {
  const [x, , dy] = values.op.inputs as [Source, Source, Source];
  const kernel = values.op.outputs[0]?.shape ?? [];
  if ((values.twin(x) ?? values.twin(dy)) === undefined || !isPlain(kernel)) return undefined;
  const shape = wideKernel(kernel);
  return values.add([values.wide(x), values.words.integers(shape), values.wide(dy)], shape);
}

/** Kernels `[height, width, channels, 1]`: each channel has one output. */
function isPlain(kernel: readonly number[]): boolean {
  return kernel.length === 4 && kernel[3] === 1;
}

function wideKernel(kernel: readonly number[]): readonly number[] {
  return wideShape(kernel, 2);
}

function wideOutput({ op }: WideValues): readonly number[] {
  return wideShape(op.outputs[0]?.shape ?? []);
}
