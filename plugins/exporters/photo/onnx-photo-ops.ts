import type { Emission } from "../onnx/emission.ts";
import type { Name, PhotoOps } from "./photo-ops.ts";

/**
 * Operations on a photo as ONNX nodes.
 *
 * @param input uint8 `[1, height, width, 3]`
 */
export function onnxPhotoOps(onnx: Emission, input: Name): PhotoOps {
  const float = (tensor: Name): Name => onnx.node("Cast", [tensor], { to: 1 });
  const whole = (tensor: Name): Name => onnx.node("Cast", [tensor], { to: 7 });
  const scalar = onnx.integers([]);
  const shape = onnx.node("Shape", [input]);
  const side = (axis: number): Name =>
    float(onnx.node("Reshape", [onnx.node("Gather", [shape, onnx.integers([axis])]), scalar]));
  const numbers = new Map<number, Name>();
  const vector = (values: readonly number[], sides: readonly number[]): Name =>
    onnx.constant("float32", sides, Float32Array.from(values));
  const two =
    (operator: string) =>
    (a: Name, b: Name): Name =>
      onnx.node(operator, [a, b]);
  const [zero, one] = [
    onnx.node("Reshape", [onnx.integers([0]), scalar]),
    onnx.node("Reshape", [onnx.integers([1]), scalar]),
  ];
  const row = onnx.integers([1]);
  return {
    photo: float(input),
    height: side(1),
    width: side(2),
    number(value) {
      const known = numbers.get(value) ?? onnx.scalar(value);
      numbers.set(value, known);
      return known;
    },
    list: (values) => vector(values, [values.length]),
    matrix: (sides, values) => vector(values, sides),
    add: two("Add"),
    sub: two("Sub"),
    mul: two("Mul"),
    div: two("Div"),
    min: two("Min"),
    max: two("Max"),
    floor: (a) => onnx.node("Floor", [a]),
    abs: (a) => onnx.node("Abs", [a]),
    less: (a, b) => float(onnx.node("Less", [a, b])),
    range: (size) => float(onnx.node("Range", [zero, whole(size), one])),
    reshape(a, sizes) {
      const parts = sizes.map((size) =>
        typeof size === "number" ? onnx.integers([size]) : onnx.node("Reshape", [whole(size), row]),
      );
      return onnx.node("Reshape", [a, onnx.node("Concat", parts, { axis: 0 })]);
    },
    transpose: (a, order) => onnx.node("Transpose", [a], { perm: order }),
    product: two("MatMul"),
    rows: (a, places) => onnx.node("Gather", [a, whole(places)], { axis: 0 }),
    rowSums: (a) => onnx.node("ReduceSum", [a, onnx.integers([1])], { keepdims: 1 }),
  };
}
