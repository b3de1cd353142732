import type { Box } from "../../tasks/detection/boxes.ts";

/** Width and height of an upright photo in pixels. */
export interface PhotoSides {
  readonly width: number;
  readonly height: number;
}

/** What was done to boxes as labels give them. All but `clipped` are left out. */
export interface BoxFaults {
  /** Reached over the photo's border by more than rounding, and were cut off there. */
  readonly clipped: number;
  /** Lay wholly outside the photo. */
  readonly outside: number;
  /** Without width or height. */
  readonly empty: number;
  /** The same class and corners as an earlier one of the photo. */
  readonly duplicate: number;
  /** With a number that is NaN or infinite. */
  readonly notFinite: number;
}

export const noFaults: BoxFaults = { clipped: 0, outside: 0, empty: 0, duplicate: 0, notFinite: 0 };

/** Labels in shares of a side with three or four digits reach over the border by this many pixels. */
const roundingPx = 0.5;

/** Boxes of one photo as training and scoring take them: within the photo, each once. */
export function cleanBoxes(
  boxes: readonly Box[],
  { width, height }: PhotoSides,
): { readonly boxes: readonly Box[]; readonly faults: BoxFaults } {
  const faults = { ...noFaults };
  const clean: Box[] = [];
  const known = new Set<string>();
  for (const box of boxes) {
    const [left, top, right, bottom] = box.corners;
    if (!box.corners.every(Number.isFinite)) {
      faults.notFinite++;
      continue;
    }
    if (right <= left || bottom <= top) {
      faults.empty++;
      continue;
    }
    const corners = [Math.max(left, 0), Math.max(top, 0), Math.min(right, width), Math.min(bottom, height)] as const;
    if (corners[2] <= corners[0] || corners[3] <= corners[1]) {
      faults.outside++;
      continue;
    }
    const key = `${box.class} ${corners.join(" ")}`;
    if (known.has(key)) {
      faults.duplicate++;
      continue;
    }
    known.add(key);
    if (corners.some((side, at) => Math.abs(side - (box.corners[at] ?? side)) > roundingPx)) faults.clipped++;
    clean.push({ ...box, corners });
  }
  return { boxes: clean, faults };
}

/** Faults of several photos together. */
export function addFaults(one: BoxFaults, other: BoxFaults): BoxFaults {
  return {
    clipped: one.clipped + other.clipped,
    outside: one.outside + other.outside,
    empty: one.empty + other.empty,
    duplicate: one.duplicate + other.duplicate,
    notFinite: one.notFinite + other.notFinite,
  };
}

/** Faults in words, such as `2 clipped at the border, 1 without width or height`; empty without any. */
export function faultWords(faults: BoxFaults): string {
  const words: Record<keyof BoxFaults, string> = {
    clipped: "clipped at the border",
    outside: "outside the photo",
    empty: "without width or height",
    duplicate: "given twice",
    notFinite: "with a number that is not finite",
  };
  return (Object.keys(words) as (keyof BoxFaults)[])
    .flatMap((fault) => (faults[fault] > 0 ? [`${faults[fault]} ${words[fault]}`] : []))
    .join(", ");
}
