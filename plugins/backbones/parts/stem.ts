import type { SymbolicTensor } from "@tensorflow/tfjs";
import type { Tf } from "../../../core/index.ts";
import { applyLayer } from "./apply-layer.ts";
import { pad } from "./conv-norm.ts";

/** Images up to this many pixels lose too much in an ImageNet stem, which leaves 1/32 of their size. */
const SMALL_IMAGE_PIXELS = 64;

/** The stem that `auto` stands for: `cifar` where the shorter side has at most 64 pixels, else `imagenet`. */
export function resolveStem(stem: "auto" | "imagenet" | "cifar", input: SymbolicTensor): "imagenet" | "cifar" {
  if (stem !== "auto") return stem;
  const [, height, width] = input.shape;
  return Math.min(height ?? Infinity, width ?? Infinity) <= SMALL_IMAGE_PIXELS ? "cifar" : "imagenet";
}

/** The 3×3 max pooling of stride 2 in ImageNet stems. After a ReLU, padding with zeros is padding with the smallest value. */
export function maxPool(tf: Tf, input: SymbolicTensor, name: string): SymbolicTensor {
  const pool = tf.layers.maxPooling2d({ name, poolSize: 3, strides: 2, padding: "valid" });
  return applyLayer(pool, pad(tf, input, `${name}/pad`));
}
