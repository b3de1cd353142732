import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";

/** Kernels that multiply too and that are not counted here: a count without them would be no count. */
const uncounted = /^(Conv3D|Conv2DBackprop|DepthwiseConv2dNativeBackprop|Dilation|Einsum|SparseTensorDense)/u;

type Shape = readonly number[];

const size = (shape: Shape = []): number => shape.reduce((product, side) => product * side, 1);

/** Multiply-adds behind every number that a kernel gives; 0 for those that do not multiply by weights or maps. */
function termsOf(kernel: string, [first = [], second = []]: readonly Shape[], output: Shape): number {
  if (/^(Fused)?Depthwise/u.test(kernel)) return size(second.slice(0, 2)); // [height, width, channels, multiplier]
  if (/^(Fused)?Conv2D$/u.test(kernel)) return size(second.slice(0, 3)); // [height, width, channels, filters]
  if (!/MatMul$/u.test(kernel)) return 0;
  // m·k and k·n numbers give m·n, however they lie
  return Math.sqrt((size(first.slice(-2)) * size(second.slice(-2))) / size(output.slice(-2)));
}

/**
 * Multiply-adds of the convolutions and products of matrices that a pass runs, from the shapes that its kernels are
 * given, as papers count them; `undefined` where other kernels of it multiply too, and where there are none.
 *
 * @param pass what it gives is disposed
 */
export async function countGraphMultiplyAdds(tf: Tf, pass: () => Tensor | Tensor[]): Promise<number | undefined> {
  const { kernels, result } = await tf.profile(() => tf.tidy(pass) as never);
  tf.dispose(result);
  if (kernels.some(({ name }) => uncounted.test(name))) return undefined;
  const counts = kernels.map(({ name, inputShapes, outputShapes }) => {
    const inputs = inputShapes as readonly Shape[];
    const outputs = outputShapes as readonly Shape[];
    return size(outputs[0]) * termsOf(name, inputs, outputs[0] ?? []);
  });
  const total = counts.reduce((sum, count) => sum + count, 0);
  return total > 0 ? total : undefined;
}
