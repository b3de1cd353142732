import type { SideLengths } from "../contracts/dataset.ts";

/** Height and width behind an option `imageSize`. */
export function sidesOf(lengths: SideLengths): { readonly height: number; readonly width: number } {
  const [height = 0, width = 0] = typeof lengths === "number" ? [lengths, lengths] : lengths;
  return { height, width };
}
