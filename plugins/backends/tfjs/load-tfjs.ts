import { createRequire } from "node:module";
import type { Tf } from "../../../core/index.ts";

const require = createRequire(import.meta.url);

/** Loads kdflow's own copy of TensorFlow.js, quietly. */
export function loadTfjs(): Tf {
  return quiet(require("@tensorflow/tfjs") as Tf);
}

/** Folder of an installed package, or `undefined`. Loads nothing. */
export function packageFolder(name: string): string | undefined {
  try {
    return require.resolve(`${name}/package.json`).slice(0, -"/package.json".length);
  } catch {
    return undefined;
  }
}

/** Turns off TensorFlow.js's advertising and warnings; errors are thrown all the same. */
export function quiet(tf: Tf): Tf {
  tf.env().set("PROD", true);
  return tf;
}

/**
 * Makes a backend the one that operations run on.
 *
 * @throws Error where it cannot be initialised
 */
export async function useBackend(tf: Tf, id: string): Promise<void> {
  if (!(await tf.setBackend(id))) throw new Error(`TensorFlow.js could not initialise its backend "${id}"`);
  await tf.ready();
}
