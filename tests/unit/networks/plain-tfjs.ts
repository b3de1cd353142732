import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Loads a folder with the stock loader and prints the logits of `pixels`; knows nothing of kdflow. */
const script = `
const { readFileSync } = require("node:fs");
console.warn = () => {};
const tf = require("@tensorflow/tfjs");
const { directory, pixels, shape } = JSON.parse(process.argv[1]);
const { modelTopology, weightsManifest } = JSON.parse(readFileSync(directory + "/model.json", "utf8"));
const weights = readFileSync(directory + "/weights.bin");
const weightData = weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength);
const handler = { load: async () => ({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData }) };
tf.setBackend("cpu")
  .then(() => tf.loadLayersModel(handler))
  .then((model) => console.log(JSON.stringify([...model.predict(tf.tensor(pixels, shape)).dataSync()])));
`;

/** Logits of a layers model in a process of its own, on plain \`@tensorflow/tfjs\` and its CPU backend. */
export async function plainTfjsLogits(
  directory: string,
  pixels: ArrayLike<number>,
  shape: readonly number[],
): Promise<number[]> {
  const request = JSON.stringify({ directory, pixels: Array.from(pixels), shape });
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", script, request]);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as number[];
}
