import type { NativeBinding, OpAttribute } from "../native-backend.ts";
import { OperationWords } from "./operation-words.ts";
import { type LeafShapes, rewriteTrace } from "./rewrite-trace.ts";
import type { Source, Trace, TracedOp } from "./trace.ts";

/**
 * Makes matrix products of convolutions that are one: kernel 1×1, stride 1, channels last. With x as
 * `[batch · height · width, inputs]`, the kernel w as `[inputs, outputs]` and a gradient dy as
 * `[batch · height · width, outputs]`: y = x · w, dw = xᵀ · dy, dx = dy · wᵀ. oneDNN takes a tenth to a half less time
 * for them than for the convolutions (docs/performance.md).
 */
export function multiplyPointwise(trace: Trace, binding: NativeBinding, shapeOfLeaf: LeafShapes): Trace {
  return rewriteTrace(trace, shapeOfLeaf, (op, editor) => {
    const roles = rolesOf(op);
    const [left, right] = roles === undefined ? [] : [op.inputs[roles.left], op.inputs[roles.right]];
    const output = op.outputs[0];
    if (roles === undefined || left === undefined || right === undefined || output === undefined) return undefined;
    const kernel = op.name === "Conv2DBackpropFilter" ? output.shape : editor.shapeOf(op.inputs[1] as Source);
    const [leftShape, rightShape] = [editor.shapeOf(left), editor.shapeOf(right)];
    if (!isPointwise(op, kernel) || leftShape === undefined || rightShape === undefined) return undefined;
    const words = new OperationWords(binding, editor, op);
    const { dtype } = output;
    const product = editor.add({
      name: "MatMul",
      inputs: [words.reshape(left, asMatrix(leftShape), dtype), words.reshape(right, asMatrix(rightShape), dtype)],
      attributes: [...words.types({ T: dtype }), ...flagsOf(roles, binding)],
      outputs: [{ shape: asMatrix(output.shape), dtype }],
      author: op.author,
    });
    return words.reshape(product, output.shape, dtype);
  });
}

interface Roles {
  /** Places of the factors among the convolution's inputs. */
  readonly left: number;
  readonly right: number;
  readonly transposed: Readonly<Record<"transpose_a" | "transpose_b", boolean>>;
}

const roles: Readonly<Record<string, Roles>> = {
  Conv2D: { left: 0, right: 1, transposed: { transpose_a: false, transpose_b: false } },
  Conv2DBackpropFilter: { left: 0, right: 2, transposed: { transpose_a: true, transpose_b: false } },
  Conv2DBackpropInput: { left: 2, right: 1, transposed: { transpose_a: false, transpose_b: true } },
};

function rolesOf({ name }: TracedOp): Roles | undefined {
  return roles[name];
}

function isPointwise(op: TracedOp, kernel: readonly number[] | undefined): boolean {
  const is = (name: string, wanted: (value: OpAttribute["value"]) => boolean): boolean => {
    const attribute = op.attributes.find((each) => each.name === name);
    return attribute === undefined || wanted(attribute.value);
  };
  const allAre = (number: number) => (value: OpAttribute["value"]) =>
    Array.isArray(value) && value.every((each) => each === number);
  return (
    kernel?.length === 4 &&
    kernel[0] === 1 &&
    kernel[1] === 1 &&
    is("strides", allAre(1)) &&
    is("dilations", allAre(1)) &&
    is("explicit_paddings", allAre(0)) &&
    is("data_format", (value) => value === "NHWC")
  );
}

/** `[..., channels]` → `[rows, channels]` */
function asMatrix(shape: readonly number[]): readonly number[] {
  return [shape.slice(0, -1).reduce((product, size) => product * size, 1), shape.at(-1) ?? 1];
}

function flagsOf({ transposed }: Roles, { TF_ATTR_BOOL }: NativeBinding): OpAttribute[] {
  return Object.entries(transposed).map(([name, value]) => ({ name, type: TF_ATTR_BOOL, value }));
}
