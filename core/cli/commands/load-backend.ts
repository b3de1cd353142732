import { registeredBackend } from "../../run/registered-backend.ts";
import { builtinRegistry } from "../builtins.ts";
import type { Command } from "../command.ts";

/**
 * `kdflow load-backend`: really loads a backend and computes with it. Runs as a child process of `doctor` and `setup`,
 * because a native library that does not fit can end its process.
 */
export const command: Command = async (args, output) => {
  const [id = ""] = args.positionals;
  const chosen = await registeredBackend(id, await builtinRegistry());
  const { tf, details } = await chosen.load();
  const product = tf.tidy(() => tf.matMul(tf.tensor2d([[2, 3]]), tf.tensor2d([[5], [7]])));
  const [value] = await product.data();
  output.event("backendLoaded", { backend: chosen.id, correct: value === 2 * 5 + 3 * 7, details });
  return 0;
};
