import { lastWords, runCommand } from "./run-command.ts";

/** Loads the addon as the backend does and multiplies two numbers. */
const script = `
const util = require("node:util");
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;
const tf = require(process.argv[1]);
const product = tf.matMul(tf.tensor2d([6], [1, 1]), tf.tensor2d([7], [1, 1])).dataSync()[0];
if (product !== 42) throw new Error("6 x 7 gives " + product);
console.log("TensorFlow=" + tf.backend().binding.TF_Version);
`;

/** Tries an installation in a process of its own, so that a crash is only a failed test. */
export async function smokeTest(
  packageFolder: string,
  signal: AbortSignal,
): Promise<{ readonly tensorflow: string } | { readonly reason: string }> {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" };
  const result = await runCommand(process.execPath, ["-e", script, packageFolder], { env, signal });
  const version = /^TensorFlow=(.+)$/m.exec(result.output)?.[1];
  if (result.ok && version !== undefined) return { tensorflow: version };
  return { reason: `the addon does not work: ${lastWords(result.output) || "its process died"}` };
}
