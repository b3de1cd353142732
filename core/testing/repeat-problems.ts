import { isDeepStrictEqual } from "node:util";
import type { Tf } from "../contracts/backend.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { guardProvider } from "../plugins/guard-provider.ts";
import type { Provider } from "../plugins/provider.ts";

/** What keeps work from giving the same twice, and from leaving no tensor. */
export async function repeatProblems(tf: Tf, work: () => Promise<unknown>): Promise<string[]> {
  try {
    const first = await work();
    const tensors = tf.memory().numTensors;
    const same = isDeepStrictEqual(await work(), first);
    const left = tf.memory().numTensors - tensors;
    return [
      ...(same ? [] : ["the same options and seed give something else the second time"]),
      ...(left === 0 ? [] : [`${left} tensors are left behind`]),
    ];
  } catch (error) {
    const problems = error instanceof Error && "problems" in error ? (error.problems as readonly string[]) : undefined;
    return [...(problems ?? [`it throws: ${String(error)}`])];
  }
}

const origin = { name: "the-plugin-under-test", version: "1.0.0" };

/**
 * Whether an error inside a provider is told with the plugin's name.
 *
 * @param call what is done with it in a context that breaks at first touch
 */
export async function namingProblems(
  provider: Provider,
  call: (guarded: never, broken: never) => unknown,
): Promise<string[]> {
  const reason = new Error("broken by the test kit");
  const get = (): never => {
    throw reason;
  };
  try {
    await call(guardProvider(provider, origin) as never, new Proxy({}, { get }) as never);
  } catch (error) {
    if (!(error instanceof KdflowError && error.message.includes(origin.name) && error.cause === reason)) {
      return [`an error inside it comes out as ${String(error)}, which does not name its plugin`];
    }
  }
  return [];
}
