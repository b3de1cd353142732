import { KdflowError } from "../../../../core/index.ts";
import { NotCapturable } from "./not-capturable.ts";

/** What TensorFlow says against a graph while it is loaded is a reason not to use it. */
export async function refusals<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw refusalOf(cause);
  }
}

/** The same for a graph that is run for the first time, which is when TensorFlow makes its kernels. */
export function refusing<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw cause instanceof KdflowError ? cause : refusalOf(cause);
  }
}

function refusalOf(cause: unknown): NotCapturable {
  const said = cause instanceof Error ? cause.message : cause;
  return new NotCapturable(`TensorFlow refuses the graph: ${said}`, { cause });
}
