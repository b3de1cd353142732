import type { SourceImage } from "../../data/rendering/render.ts";
import { coverage } from "../../data/rendering/render-boxes.ts";
import type { Placement } from "./placement.ts";
import type { Viewer } from "./viewer.ts";

/** Grey of a canvas where no photo lies, as YOLO detectors are trained, unless the viewer's letterbox has its own. */
const grey = 114;

export function sceneFill({ fit }: Pick<Viewer, "fit">): number {
  return typeof fit === "string" ? grey : fit.fill;
}

/**
 * Adds a photo to a scene that holds its fill where no photo lies yet, bilinear and in parts of a pixel: a pixel that the
 * photo covers in part keeps the rest of what is there, so that photos which meet inside a pixel share it by area.
 *
 * @param photo at about the scale at which it is shown; nothing is filtered here
 * @param placement in the pixels of `photo`
 * @param canvas uint8 `[size.height, size.width, channels]` of the viewer
 */
export function addPhoto(
  { pixels, size: { width, height, channels } }: SourceImage,
  { scaleX, scaleY, offsetX, offsetY, content }: Placement,
  viewer: Viewer,
  canvas: Uint8Array,
): void {
  const fill = sceneFill(viewer);
  const { size } = viewer;
  const columns = axisTaps(content[0], content[2], size.width, scaleX, offsetX, width);
  const rows = axisTaps(content[1], content[3], size.height, scaleY, offsetY, height);
  for (const { at: y, covered: down, low: above, high: below, weight: lower } of rows) {
    for (const { at: x, covered: across, low, high, weight } of columns) {
      const covered = down * across;
      const [upLeft, upRight] = [(above * width + low) * channels, (above * width + high) * channels];
      const [downLeft, downRight] = [(below * width + low) * channels, (below * width + high) * channels];
      const start = (y * size.width + x) * size.channels;
      for (let channel = 0; channel < size.channels; channel++) {
        const from = channel % channels;
        const up = mixed(pixels[upLeft + from] as number, pixels[upRight + from] as number, weight);
        const under = mixed(pixels[downLeft + from] as number, pixels[downRight + from] as number, weight);
        const before = canvas[start + channel] as number;
        const value = before + covered * (mixed(up, under, lower) - fill);
        canvas[start + channel] = Math.min(255, Math.max(0, Math.floor(value + 0.5)));
      }
    }
  }
}

/** Which two pixels of a photo make one of the canvas along an axis, and how much of that the photo covers. */
interface Taps {
  readonly at: number;
  readonly covered: number;
  readonly low: number;
  readonly high: number;
  /** Of the pixel at `high`. */
  readonly weight: number;
}

function axisTaps(from: number, to: number, length: number, scale: number, offset: number, side: number): Taps[] {
  return Array.from(coverage(from, to, length)).flatMap((covered, at): readonly Taps[] => {
    if (covered === 0) return [];
    const place = Math.min(side - 1, Math.max(0, (at + 0.5 - offset) / scale - 0.5));
    const low = Math.floor(place);
    return [{ at, covered, low, high: Math.min(side - 1, low + 1), weight: place - low }];
  });
}

function mixed(one: number, other: number, share: number): number {
  return one + (other - one) * share;
}
