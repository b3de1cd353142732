import { createRequire } from "node:module";
import { join } from "node:path";
import util from "node:util";
import type { Tf } from "../../../core/index.ts";
import { quietly } from "../native/quiet-stderr.ts";
import { quiet, useBackend } from "../tfjs/load-tfjs.ts";

/**
 * Loads tfjs-node from a folder. The namespace is that of the copy of TensorFlow.js which this tfjs-node runs on.
 *
 * @param folder the package's folder, absolute
 * @param threads threads within one operation; TensorFlow reads it once, when its library loads
 */
export async function loadTensorflow(folder: string, threads: number | undefined): Promise<Tf> {
  restoreUtil();
  // 3 = errors only; what the library prints is not for the user
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "3";
  // TensorFlow itself uses oneDNN only on processors that it knows to gain most; on AVX2 alone a step is half as long too
  process.env["TF_ENABLE_ONEDNN_OPTS"] ??= "1";
  if (threads !== undefined) process.env["TF_NUM_INTRAOP_THREADS"] = String(threads);
  const require = createRequire(join(folder, "package.json"));
  quiet(require("@tensorflow/tfjs") as Tf);
  const tf = quietly(folder, () => require(folder) as Tf);
  await useBackend(tf, "tensorflow");
  return tf;
}

/** tfjs-node 4.22.0 calls two functions that Node 22 warns of and Node 23 dropped. */
function restoreUtil(): void {
  const legacy = util as unknown as Record<string, unknown>;
  legacy["isNullOrUndefined"] = (value: unknown) => value === null || value === undefined;
  legacy["isArray"] = Array.isArray;
}
