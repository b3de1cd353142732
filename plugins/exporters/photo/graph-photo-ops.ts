import { type GraphEmission, typeAttribute } from "../graph-model/graph-emission.ts";
import type { Name, PhotoOps } from "./photo-ops.ts";

const [float32, int32] = [typeAttribute("float32"), typeAttribute("int32")];

/**
 * Operations on a photo as nodes of TensorFlow's graph.
 *
 * @param input int32 `[1, height, width, 3]`
 */
export function graphPhotoOps(graph: GraphEmission, input: Name): PhotoOps {
  const float = (name: Name): Name => graph.node("Cast", [name], { SrcT: int32, DstT: float32 });
  const whole = (name: Name): Name => graph.node("Cast", [name], { SrcT: float32, DstT: int32 });
  const shape = graph.node("Shape", [input], { T: int32, out_type: int32 });
  const types = { Tparams: int32, Tindices: int32, Taxis: int32 };
  const [zero, one] = [graph.integer(0), graph.integer(1)];
  const side = (axis: number): Name => float(graph.node("GatherV2", [shape, graph.integer(axis), zero], types));
  const numbers = new Map<number, Name>();
  const constant = (values: readonly number[], sides: readonly number[]): Name =>
    graph.constant("float32", sides, Float32Array.from(values));
  const two =
    (op: string) =>
    (a: Name, b: Name): Name =>
      graph.float(op, [a, b]);
  return {
    photo: float(input),
    height: side(1),
    width: side(2),
    number(value) {
      const known = numbers.get(value) ?? graph.scalar(value);
      numbers.set(value, known);
      return known;
    },
    list: (values) => constant(values, [values.length]),
    matrix: (sides, values) => constant(values, sides),
    add: two("AddV2"),
    sub: two("Sub"),
    mul: two("Mul"),
    div: two("RealDiv"),
    min: two("Minimum"),
    max: two("Maximum"),
    floor: (a) => graph.float("Floor", [a]),
    abs: (a) => graph.float("Abs", [a]),
    less: (a, b) => graph.node("Cast", [graph.float("Less", [a, b])], { SrcT: typeAttribute("bool"), DstT: float32 }),
    range: (size) => float(graph.node("Range", [zero, whole(size), one], { Tidx: int32 })),
    reshape(a, sizes) {
      const parts = sizes.map((size) => (typeof size === "number" ? graph.integer(size) : whole(size)));
      const attributes = { T: int32, N: { i: String(parts.length) }, axis: { i: "0" } };
      return graph.float("Reshape", [a, graph.node("Pack", parts, attributes)], { Tshape: int32 });
    },
    transpose: (a, order) => graph.float("Transpose", [a, graph.integers(order)], { Tperm: int32 }),
    product: (a, b) => graph.float("MatMul", [a, b], { transpose_a: { b: false }, transpose_b: { b: false } }),
    rows: (a, places) => graph.node("GatherV2", [a, whole(places), zero], { ...types, Tparams: float32 }),
    rowSums: (a) => graph.float("Sum", [a, graph.integers([1])], { Tidx: int32, keep_dims: { b: true } }),
  };
}
