import type { ImageSize, PixelEdit } from "../../../core/index.ts";
import { greyAt, mixed, replace } from "./render-tones.ts";

/** Away from the grey image, in place; nothing where there are not three channels. */
export function saturation(pixels: Uint8Array, { channels }: ImageSize, factor: number): void {
  if (channels !== 3) return;
  for (let start = 0; start < pixels.length; start += 3) {
    const grey = greyAt(pixels, start, 3);
    for (let at = start; at < start + 3; at++) pixels[at] = mixed(pixels[at] as number, grey, factor);
  }
}

/** torchvision brings [0, 1] to 0 … 255 by this factor and cuts: 256 steps of equal width, 1.0 in the last one. */
const toByte = 256 - 1e-3;

/**
 * Turns the colour circle by `turn` of it, in place; nothing where there are not three channels. Red, green and blue to
 * hue, saturation and value and back, in float64 where torchvision has float32: at most one level apart.
 */
export function hue(pixels: Uint8Array, { channels }: ImageSize, turn: number): void {
  if (channels !== 3) return;
  eachColour(
    pixels,
    (sextant, value, chroma) => {
      const turned = positiveRest(sextant / 6 + turn, 1) * 6;
      return { sextant: turned, value, chroma };
    },
    (level) => Math.trunc(level * toByte),
  );
}

type Factors = Extract<PixelEdit, { readonly op: "hsv" }>;

/** Hue, saturation and value times their factors, in place; value alone where there are not three channels. */
export function hsv(pixels: Uint8Array, { channels }: ImageSize, factors: Factors): void {
  const brightened = (value: number): number => Math.min(1, value * factors.value);
  const toLevel = (value: number): number => Math.floor(value * 255 + 0.5);
  if (channels !== 3) {
    replace(pixels, (level) => toLevel(brightened(level / 255)));
    return;
  }
  eachColour(
    pixels,
    (sextant, value, chroma) => {
      const saturated = value === 0 ? 0 : Math.min(1, (chroma / value) * factors.saturation);
      return {
        sextant: positiveRest(sextant, 6) * factors.hue,
        value: brightened(value),
        chroma: brightened(value) * saturated,
      };
    },
    toLevel,
  );
}

/** A colour by its place on the circle of length 6, red at 0; value and chroma are 0 … 1. */
interface Colour {
  readonly sextant: number;
  readonly value: number;
  readonly chroma: number;
}

/** Changes each pixel's colour, `[pixels, 3]`. */
function eachColour(
  pixels: Uint8Array,
  change: (sextant: number, value: number, chroma: number) => Colour,
  toLevel: (channel: number) => number,
): void {
  for (let at = 0; at < pixels.length; at += 3) {
    const red = (pixels[at] as number) / 255;
    const green = (pixels[at + 1] as number) / 255;
    const blue = (pixels[at + 2] as number) / 255;
    const value = Math.max(red, green, blue);
    const chroma = value - Math.min(red, green, blue);
    // Grey has no hue; its three values stay equal.
    const sextant = chroma === 0 ? 0 : sextantOf(red, green, blue, value, chroma);
    const made = change(sextant, value, chroma);
    pixels[at] = toLevel(channelAt(made.sextant + 5, made.value, made.chroma));
    pixels[at + 1] = toLevel(channelAt(made.sextant + 3, made.value, made.chroma));
    pixels[at + 2] = toLevel(channelAt(made.sextant + 1, made.value, made.chroma));
  }
}

/** Hue on a circle of length 6, red at 0. */
function sextantOf(red: number, green: number, blue: number, value: number, chroma: number): number {
  if (value === red) return (green - blue) / chroma;
  if (value === green) return 2 + (blue - red) / chroma;
  return 4 + (red - green) / chroma;
}

/** value − chroma · max(0, min(k, 4 − k, 1)), k = place on the circle of length 6. */
function channelAt(place: number, value: number, chroma: number): number {
  const k = positiveRest(place, 6);
  return value - chroma * Math.max(0, Math.min(k, 4 - k, 1));
}

function positiveRest(value: number, period: number): number {
  return value - Math.floor(value / period) * period;
}
