import { type Declarations, type PortDescription, type SideLengths, sidesOf } from "../../../core/index.ts";
import { levelNames, strideOf } from "../../networks/detector/levels.ts";
import { cellWords } from "../../networks/detector/shape-note.ts";
import { detectionId } from "../../tasks/detection/names.ts";

/** Anchors of a level unless they are given. */
const usualAnchors = 3;

/** How many cells a student with anchors has at each level, where the size that it sees is known; nothing else. */
export function cellNotes({ student }: Declarations, data: PortDescription | undefined): readonly string[] {
  const { imageSize, anchors } = (student?.[0] ?? {}) as {
    readonly imageSize?: SideLengths;
    readonly anchors?: string | readonly unknown[];
  };
  const sides = imageSize === undefined ? data?.imageSize : sidesOf(imageSize);
  if (data?.task !== detectionId || anchors === undefined || sides === undefined) return [];
  const each = typeof anchors === "string" ? usualAnchors : anchors.length / levelNames.length;
  const levels = levelNames.map((level) => {
    return { rows: sides.height / strideOf[level], columns: sides.width / strideOf[level], anchors: each };
  });
  return [`student: ${cellWords(levels)} an image; \`--cost\` tells its taps, weights and how well its anchors fit`];
}
