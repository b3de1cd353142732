import type { ImageSize } from "../../../core/index.ts";

/** Stretches each channel to 0 … 255, in place, in float32 and cut as torchvision does; a flat channel stays. */
export function autocontrast(pixels: Uint8Array, { channels }: ImageSize): void {
  for (let channel = 0; channel < channels; channel++) {
    const counts = histogram(pixels, channel, channels);
    const lowest = counts.findIndex((count) => count > 0);
    const highest = counts.findLastIndex((count) => count > 0);
    if (highest <= lowest) continue;
    const scale = Math.fround(255 / (highest - lowest));
    const stretched = (value: number): number => Math.trunc(Math.fround((value - lowest) * scale));
    replaceChannel(pixels, channel, channels, (value) => Math.min(255, Math.max(0, stretched(value))));
  }
}

/**
 * Evens out the histogram of each channel, in place, as Pillow and torchvision do: the number of pixels below a value,
 * and half a step, in steps of a 255th of all pixels but those of the largest value.
 */
export function equalize(pixels: Uint8Array, { channels }: ImageSize): void {
  for (let channel = 0; channel < channels; channel++) {
    const counts = histogram(pixels, channel, channels);
    const highest = counts.findLastIndex((count) => count > 0);
    const all = counts.reduce((sum, count) => sum + count, 0);
    const step = Math.floor((all - (counts[highest] ?? 0)) / 255);
    if (step === 0) continue;
    const below = new Float64Array(256);
    for (let value = 1; value < 256; value++) {
      below[value] = (below[value - 1] as number) + (counts[value - 1] as number);
    }
    const level = (value: number): number => Math.floor(((below[value] as number) + Math.floor(step / 2)) / step);
    replaceChannel(pixels, channel, channels, (value) => Math.min(255, level(value)));
  }
}

function histogram(pixels: Uint8Array, channel: number, channels: number): Uint32Array {
  const counts = new Uint32Array(256);
  for (let at = channel; at < pixels.length; at += channels) {
    counts[pixels[at] as number] = (counts[pixels[at] as number] as number) + 1;
  }
  return counts;
}

function replaceChannel(pixels: Uint8Array, channel: number, channels: number, by: (value: number) => number): void {
  const table = Uint8Array.from({ length: 256 }, (_, value) => by(value));
  for (let at = channel; at < pixels.length; at += channels) pixels[at] = table[pixels[at] as number] as number;
}
