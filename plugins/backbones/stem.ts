import type { SymbolicTensor } from "@tensorflow/tfjs";

/** Images up to this many pixels lose too much in an ImageNet stem, which leaves 1/32 of their size. */
const SMALL_IMAGE_PIXELS = 64;

/** The stem that `auto` stands for: `cifar` where the shorter side has at most 64 pixels, else `imagenet`. */
export function resolveStem(stem: "auto" | "imagenet" | "cifar", input: SymbolicTensor): "imagenet" | "cifar" {
  if (stem !== "auto") return stem;
  const [, height, width] = input.shape;
  return Math.min(height ?? Infinity, width ?? Infinity) <= SMALL_IMAGE_PIXELS ? "cifar" : "imagenet";
}
