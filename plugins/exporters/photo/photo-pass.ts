import type { ImageSize } from "../../../core/index.ts";
import { boxesName } from "../trace/decode-boxes.ts";
import type { ExportedPass } from "../trace/exported-pass.ts";

/** The pass with what is expected of a file that takes photos: its boxes are cut off at the border of the photo. */
export function photoPass(pass: ExportedPass, { height, width }: ImageSize): ExportedPass {
  if (!pass.isDecoded) return pass;
  return {
    ...pass,
    expected(answers, count) {
      const own = pass.expected(answers, count);
      const within = (value: number, place: number): number =>
        Math.min(Math.max(value, 0), place % 2 === 0 ? width : height);
      return { ...own, [boxesName]: Float32Array.from(own[boxesName] ?? [], within) };
    },
  };
}

/** Grey pixels in all three channels, as photos have them. */
export function tripled(pixels: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: pixels.length * 3 }, (_, place) => pixels[Math.floor(place / 3)] ?? 0);
}
