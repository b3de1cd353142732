import type { Tf } from "../../../../core/index.ts";

/** TensorFlow.js makes these numbers on the host, from a seed or by chance: to the addon they are constants. */
const hostScope = /^(rand|random\w*|truncatedNormal|multinomial)__op$/;
/** These draw from a generator inside TensorFlow, whose state no checkpoint holds. */
const nativeOperation = /^(Random|TruncatedNormal|ParameterizedTruncatedNormal|Multinomial)/;

/** Whether an operation of TensorFlow gives other numbers each time it runs. */
export function isRandomOperation(name: string): boolean {
  return nativeOperation.test(name);
}

/**
 * Runs work and tells when it draws random numbers with TensorFlow.js, seeded or not. A seed makes two recordings
 * equal, so comparing them would not show it.
 *
 * @param onDraw gets the function that the work called: `dropout`
 */
export function watchingRandomNumbers<T>(tf: Tf, onDraw: (name: string) => void, work: () => T): T {
  const engine = tf.engine();
  const { startScope } = engine;
  engine.startScope = (name) => {
    if (name !== undefined && hostScope.test(name)) {
      const around = engine.state.activeScope?.name ?? "";
      onDraw((around.endsWith("__op") ? around : name).replace("__op", ""));
    }
    startScope.call(engine, name);
  };
  try {
    return work();
  } finally {
    engine.startScope = startScope;
  }
}
