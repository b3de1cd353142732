import type { LayersModel } from "@tensorflow/tfjs";
import { KdflowError } from "../../../core/index.ts";
import { convertKernel, torchShape } from "./convert-kernel.ts";
import { sizeOf, type TensorFile } from "./tensor-file.ts";

type Weight = LayersModel["weights"][number];

/**
 * Deals the numbers of a darknet file out to a network's convolutions, in the order of its layers: offsets, scales,
 * averages and variances of the batch norm, then the kernel. A file may end early, as those of backbones do, but only
 * behind a whole convolution.
 *
 * @throws KDF_TRAIN_WEIGHTS where the numbers do not come out even
 */
export function darknetTensors(layers: LayersModel["layers"], file: TensorFile): ReadonlyMap<Weight, Float32Array> {
  const numbers = file.tensors.get("numbers")?.values ?? new Float32Array();
  const found = new Map<Weight, Float32Array>();
  let at = 0;
  for (const layer of layers.filter((each) => each.getClassName() === "Conv2D")) {
    if (at === numbers.length) break;
    const norm = layers.find(({ name }) => name === layer.name.replace(/conv$/u, "norm"));
    const own = [...(norm === undefined ? [] : inOrder(norm.weights)), ...layer.weights];
    for (const weight of own) {
      const shape = weight.shape.map(Number);
      const values = numbers.subarray(at, at + sizeOf(shape));
      at += sizeOf(shape);
      const converted = convertKernel({ shape: torchShape(shape), values }, shape, "torch");
      if (at <= numbers.length && converted !== undefined) found.set(weight, converted);
    }
  }
  if (at === numbers.length) return found;
  const message = `the file has ${numbers.length} numbers where the network's convolutions end after ${at}`;
  throw new KdflowError("KDF_TRAIN_WEIGHTS", message, {
    hint: "darknet's files have no names: take the very network that the file was written by",
    option: "/weights/path",
  });
}

/** Darknet writes the offset first. */
function inOrder(weights: readonly Weight[]): Weight[] {
  const kinds = ["beta", "gamma", "moving_mean", "moving_variance"];
  return kinds.flatMap((kind) => weights.filter(({ originalName }) => originalName.endsWith(`/${kind}`)));
}
