import type { ImageSize } from "../../../core/index.ts";
import { mixed } from "./render-tones.ts";

/** Weights of a pixel and of its eight neighbours in the blur, in thirteenths. */
const middleWeight = 5;
const blurSum = 13;

/**
 * Away from the blurred image, in place, as torchvision does: the blur is a 3×3 mean with five times the middle,
 * rounded; at the border the blurred image is the image itself. Images of two pixels or less stay as they are.
 */
export function sharpness(pixels: Uint8Array, { height, width, channels }: ImageSize, factor: number): void {
  if (height <= 2 || width <= 2) return;
  const before = pixels.slice();
  const row = width * channels;
  for (let at = 0; at < pixels.length; at++) {
    const own = before[at] as number;
    const column = at % row;
    const inside = at >= row && at < pixels.length - row && column >= channels && column < row - channels;
    pixels[at] = mixed(own, inside ? blurred(before, at, row, channels) : own, factor);
  }
}

function blurred(values: Uint8Array, at: number, row: number, step: number): number {
  const around = rowSum(values, at - row, step) + rowSum(values, at, step) + rowSum(values, at + row, step);
  return Math.round((around + (middleWeight - 1) * (values[at] as number)) / blurSum);
}

function rowSum(values: Uint8Array, at: number, step: number): number {
  return (values[at - step] as number) + (values[at] as number) + (values[at + step] as number);
}
