import type { Mark } from "../../../core/index.ts";

/** Where a picture lies on its sheet, in pixels. */
export interface PicturePlace {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const fontSize = 10;
const letterWidth = 5.6;
const pointRadius = 3;

/** Hues of groups are a golden angle apart, so that those of neighbours stay far from each other. */
function colourOf(group: number): string {
  return `hsl(${Math.round(group * 137.508) % 360},85%,42%)`;
}

/** SVG of what is drawn on one picture; labels stay on it. */
export function marksMarkup(marks: readonly Mark[], place: PicturePlace, clean: (text: string) => string): string {
  return marks.map((mark) => markMarkup(mark, place, clean)).join("");
}

function markMarkup(mark: Mark, { left, top, width, height }: PicturePlace, clean: (text: string) => string): string {
  const colour = colourOf(mark.group);
  const corner = mark.shape === "box" ? { x: mark.left, y: mark.top } : { x: mark.x, y: mark.y };
  const x = left + corner.x * width;
  const y = top + corner.y * height;
  const shape =
    mark.shape === "box"
      ? `<rect x="${x}" y="${y}" width="${mark.width * width}" height="${mark.height * height}" fill="none" stroke="${colour}" stroke-width="2"/>`
      : `<circle cx="${x}" cy="${y}" r="${pointRadius}" fill="${colour}" stroke="#fff"/>`;
  if (mark.label === "") return shape;
  const room = mark.label.length * letterWidth + 4;
  const labelX = Math.max(left, Math.min(x, left + width - room));
  const labelY = Math.max(top, y - fontSize - 2);
  const ground = `<rect x="${labelX}" y="${labelY}" width="${room}" height="${fontSize + 2}" fill="${colour}"/>`;
  return `${shape}${ground}<text x="${labelX + 2}" y="${labelY + fontSize - 1}" font-family="sans-serif" font-size="${fontSize}" fill="#fff">${clean(mark.label)}</text>`;
}
