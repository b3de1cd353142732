import type { TracedOp } from "./trace.ts";

/** Operations whose output shapes follow from their inputs' shapes and their attributes. */
const byShapes = new Set(
  [
    "Add AddN AddV2 Atan2 Div DivNoNan Equal FloorDiv FloorMod Greater GreaterEqual Less LessEqual LogicalAnd",
    "LogicalNot LogicalOr Maximum Minimum Mod Mul NotEqual Pow RealDiv Select SelectV2 SquaredDifference Sub",
    "Abs Acos Asin Atan Cast Ceil ComplexAbs Cos Cosh Elu EluGrad Erf Exp Expm1 Floor Identity IsFinite IsInf IsNan",
    "LeakyRelu LeakyReluGrad Log Log1p Neg OnesLike Reciprocal Relu Relu6 Relu6Grad ReluGrad Round Rsqrt Selu Sigmoid",
    "Sign Sin Sinh Softmax LogSoftmax Softplus Sqrt Square Tan Tanh ZerosLike Cumsum Cumprod ReverseV2",
    "AvgPool Conv2D DepthwiseConv2dNative FusedBatchNorm FusedBatchNormV3 FusedBatchNormGradV3",
    "MaxPool MaxPoolGrad LRN LRNGrad",
    "BatchMatMulV2 MatMul DepthToSpace Dilation2D Pack Unpack ResizeBilinearGrad SparseSoftmaxCrossEntropyWithLogits",
    "SoftmaxCrossEntropyWithLogits TensorScatterUpdate GatherNd",
  ].flatMap((names) => names.split(" ")),
);

/** Places of inputs whose values decide on shapes; −1 is the last. */
const byValues: Readonly<Record<string, readonly number[]>> = {
  ...everyOf("All Any ArgMax ArgMin Max Mean Min Prod Sum", [1]),
  ...everyOf("BroadcastTo ExpandDims MirrorPad Pad PadV2 Reshape Tile Transpose", [1]),
  ...everyOf("OneHot ResizeBilinear ResizeNearestNeighbor ResizeNearestNeighborGrad SparseToDense TopKV2", [1]),
  ...everyOf("Conv2DBackpropFilter DepthwiseConv2dNativeBackpropFilter", [1]),
  ...everyOf("AvgPoolGrad Conv2DBackpropInput DepthwiseConv2dNativeBackpropInput Fill", [0]),
  ...everyOf("BatchToSpaceND Slice SpaceToBatchND SplitV", [1, 2]),
  ...everyOf("GatherV2 LinSpace ScatterNd UnsortedSegmentSum", [2]),
  ConcatV2: [-1],
  CropAndResize: [3],
  Range: [0, 1, 2],
  StridedSlice: [1, 2, 3],
};

/** True where no value that the step computes or is given decides on a shape. */
export function hasStaticShapes(ops: readonly TracedOp[]): boolean {
  return ops.every(({ name, inputs }) => {
    const places = byShapes.has(name) ? [] : byValues[name];
    return places?.every((place) => inputs.at(place)?.from === "constant") ?? false;
  });
}

function everyOf(names: string, places: readonly number[]): Record<string, readonly number[]> {
  return Object.fromEntries(names.split(" ").map((name) => [name, places]));
}
