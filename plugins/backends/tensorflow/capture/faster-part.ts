import type { StateVariable } from "../../../../core/index.ts";
import type { NativeBinding } from "../native-backend.ts";
import { plainDepthwiseKernels } from "./depthwise-kernels.ts";
import { type GraphPart, shapeOf } from "./graph-part.ts";
import { withoutIdleOperations } from "./idle-operations.ts";
import { joinPieces } from "./join-pieces.ts";
import { multiplyPointwise } from "./pointwise-products.ts";
import type { Source } from "./trace.ts";
import { unfuseRelus } from "./unfused-relus.ts";
import { widenChannels } from "./widen-channels.ts";

/**
 * A training step of the graph with operations in place of the recorded ones that compute the same faster, in another
 * order of their sums. A forward pass stays as it is: where weights are frozen, TensorFlow folds batch norm and
 * activation into a convolution.
 */
export function fasterPart(part: GraphPart, binding: NativeBinding, state: readonly StateVariable[]): GraphPart {
  const { assigned, updates } = part.trace;
  if (assigned.size + updates.length === 0) return part;
  const shape = (source: Source): readonly number[] | undefined => shapeOf(part, state, source);
  const products = multiplyPointwise(withoutIdleOperations(part, state).trace, binding, shape);
  const unfused = unfuseRelus(plainDepthwiseKernels(products, binding, shape), binding);
  return { ...part, trace: joinPieces(widenChannels(unfused, binding, shape), binding, shape) };
}
