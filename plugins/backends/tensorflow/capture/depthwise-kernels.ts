import type { NativeBinding, OpAttribute } from "../native-backend.ts";
import { type LeafShapes, rewriteTrace, type TraceEditor } from "./rewrite-trace.ts";
import type { Source, Trace, TracedOp } from "./trace.ts";

/** Channels from which TensorFlow's own kernel for the gradient of a depthwise kernel is the faster one. */
const fewestChannels = 32;

/**
 * Lets depthwise convolutions pad by themselves, and keeps the gradients of their kernels out of oneDNN, which computes
 * them slowly: up to forty times as long as TensorFlow's own kernel where feature maps are small
 * (docs/performance.md). TensorFlow leaves that operation to oneDNN unless its padding is given in numbers.
 */
export function plainDepthwiseKernels(trace: Trace, binding: NativeBinding, shapeOfLeaf: LeafShapes): Trace {
  return rewriteTrace(trace, shapeOfLeaf, (op, editor) => {
    const [input, ...others] = op.inputs;
    const [filter] = others;
    const isGradient = op.name === "DepthwiseConv2dNativeBackpropFilter";
    if (input === undefined || filter === undefined) return undefined;
    if (!(isGradient || op.name === "DepthwiseConv2dNative")) return undefined;
    const kernel = isGradient ? op.outputs[0]?.shape : editor.shapeOf(filter);
    if (kernel?.length !== 4 || !isPlain(op)) return undefined;
    const padded = paddedBefore(trace, op, editor.maker(input));
    if (!isGradient) return padded && editor.add(withPadding(op, binding, [padded.origin, ...others], padded.sizes));
    const inputShape = editor.shapeOf(input);
    if (inputShape === undefined || (kernel[2] ?? 0) < fewestChannels) return undefined;
    const sizes = padded?.sizes ?? ownPadding(op, inputShape, kernel);
    return editor.add(withPadding(op, binding, [padded?.origin ?? input, ...others], sizes));
  });
}

/** Zeros at top, bottom, left and right. */
type Padding = readonly [top: number, bottom: number, left: number, right: number];

function isPlain(op: TracedOp): boolean {
  const dilations = attributeOf(op, "dilations");
  const layout = attributeOf(op, "data_format");
  const undilated = !Array.isArray(dilations) || dilations.every((each) => each === 1);
  return undilated && (layout === undefined || layout === "NHWC") && attributeOf(op, "padding") !== "EXPLICIT";
}

function attributeOf(op: TracedOp, name: string): OpAttribute["value"] | undefined {
  return op.attributes.find((attribute) => attribute.name === name)?.value;
}

/** Where the input of an unpadded convolution was padded with zeros: what was padded, and by how much. */
function paddedBefore(
  trace: Trace,
  op: TracedOp,
  maker: ReturnType<TraceEditor["maker"]>,
): { readonly origin: Source; readonly sizes: Padding } | undefined {
  if (attributeOf(op, "padding") !== "VALID" || maker?.name !== "PadV2") return undefined;
  const [origin, sizes, filling] = maker.inputs;
  if (origin === undefined || sizes?.from !== "constant" || filling?.from !== "constant") return undefined;
  const values = [...(trace.constants[sizes.constant]?.values ?? [])].map(Number);
  const [n0, n1, top, bottom, left, right, c0, c1] = values;
  if (values.length !== 8 || n0 || n1 || c0 || c1 || trace.constants[filling.constant]?.values[0] !== 0) {
    return undefined;
  }
  return { origin, sizes: [top ?? 0, bottom ?? 0, left ?? 0, right ?? 0] };
}

/** The zeros that TensorFlow adds for "SAME", the odd one after. */
function ownPadding(op: TracedOp, input: readonly number[], kernel: readonly number[]): Padding {
  if (attributeOf(op, "padding") !== "SAME") return [0, 0, 0, 0];
  const strides = attributeOf(op, "strides");
  const along = (axis: 1 | 2): readonly [number, number] => {
    const stride = Array.isArray(strides) ? Number(strides[axis]) : 1;
    const [size, extent] = [input[axis] ?? 1, kernel[axis - 1] ?? 1];
    const all = Math.max((Math.ceil(size / stride) - 1) * stride + extent - size, 0);
    return [Math.floor(all / 2), Math.ceil(all / 2)];
  };
  return [...along(1), ...along(2)];
}

function withPadding(
  op: TracedOp,
  { TF_ATTR_INT, TF_ATTR_STRING }: NativeBinding,
  inputs: readonly Source[],
  sizes: Padding,
): TracedOp {
  const others = op.attributes.filter(({ name }) => name !== "padding" && name !== "explicit_paddings");
  return {
    ...op,
    inputs,
    attributes: [
      ...others,
      { name: "padding", type: TF_ATTR_STRING, value: "EXPLICIT" },
      { name: "explicit_paddings", type: TF_ATTR_INT, value: [0, 0, ...sizes, 0, 0] },
    ],
  };
}
