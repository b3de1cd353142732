import type { ImageSize } from "../../../core/index.ts";

/**
 * Changes of single values, as torchvision makes them on uint8 tensors: in float32, clamped to 0 … 255, cut to a whole
 * number. float32 is kept here on purpose: in float64 a value now and then falls on the other side of a whole number.
 */

/** ratio · value + (1 − ratio) · base, in float32, clamped and cut. */
export function mixed(value: number, base: number, ratio: number): number {
  const one = Math.fround(Math.fround(ratio) * value);
  const other = Math.fround(Math.fround(1 - ratio) * Math.fround(base));
  return Math.trunc(Math.min(255, Math.max(0, Math.fround(one + other))));
}

/** Luminance of ITU-R BT.601 in float32, cut to a whole number. */
export function greyOf(red: number, green: number, blue: number): number {
  const partial = Math.fround(Math.fround(Math.fround(0.2989) * red) + Math.fround(Math.fround(0.587) * green));
  return Math.trunc(Math.fround(partial + Math.fround(Math.fround(0.114) * blue)));
}

/** The pixel's own value in images that are not of three channels. */
export function greyAt(pixels: Uint8Array, at: number, channels: number): number {
  const first = pixels[at] as number;
  return channels === 3 ? greyOf(first, pixels[at + 1] as number, pixels[at + 2] as number) : first;
}

/** Away from black, in place. */
export function brightness(pixels: Uint8Array, factor: number): void {
  replace(pixels, (value) => mixed(value, 0, factor));
}

/** Away from the mean of the grey image, in place. */
export function contrast(pixels: Uint8Array, size: ImageSize, factor: number): void {
  let sum = 0;
  for (let at = 0; at < pixels.length; at += size.channels) sum += greyAt(pixels, at, size.channels);
  const mean = sum / (size.height * size.width);
  replace(pixels, (value) => mixed(value, mean, factor));
}

/** Keeps the upper `bits` of 8, in place. */
export function posterize(pixels: Uint8Array, bits: number): void {
  const kept = 256 - 2 ** (8 - bits);
  replace(pixels, (value) => value & kept);
}

/** Inverts values from `threshold` on, in place. */
export function solarize(pixels: Uint8Array, threshold: number): void {
  replace(pixels, (value) => (value >= threshold ? 255 - value : value));
}

/** Maps every value through a table of all 256. */
export function replace(pixels: Uint8Array, by: (value: number) => number): void {
  const table = Uint8Array.from({ length: 256 }, (_, value) => by(value));
  for (let at = 0; at < pixels.length; at++) pixels[at] = table[pixels[at] as number] as number;
}
