import { KdflowError } from "../../../../core/index.ts";
import { NotCapturable } from "./not-capturable.ts";

/**
 * What TensorFlow says against a graph, while it is loaded or run for the first time (which is when it makes its
 * kernels), is a reason not to use it.
 */
export function refusing<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof KdflowError) throw cause;
    const said = cause instanceof Error ? cause.message : cause;
    throw new NotCapturable(`TensorFlow refuses the graph: ${said}`, { cause });
  }
}
