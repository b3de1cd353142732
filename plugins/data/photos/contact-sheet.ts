import { extname } from "node:path";
import sharp, { type OverlayOptions } from "sharp";
import type { SheetEntry } from "../../../core/index.ts";
import type { RgbImage } from "./bmp.ts";
import { checkPhoto, decodePhoto, resizedPixels } from "./decode-photo.ts";
import { eachAtOnce } from "./each-at-once.ts";
import { marksMarkup, type PicturePlace } from "./sheet-marks.ts";

/** Space around a thumbnail and heights of text, in pixels. */
const gap = 10;
const lineHeight = 16;
const fontSize = 12;

/** How large thumbnails are, and how many a sheet has. */
interface SheetForm {
  /** Side of the square that a thumbnail is fitted into, in pixels. */
  readonly thumbnail: number;
  /** Letters of a line; those of a usual sans-serif are about 0.55 of the font's size wide. */
  readonly lettersPerLine: number;
  /** A sheet is 1 390 pixels wide at most, and no higher than viewers like. */
  readonly mostColumns: number;
  readonly perSheet: number;
}

const plainForm: SheetForm = { thumbnail: 128, lettersPerLine: 19, mostColumns: 10, perSheet: 200 };
/** Boxes and their labels can be told apart from this size on. */
const boxForm: SheetForm = { thumbnail: 320, lettersPerLine: 48, mostColumns: 4, perSheet: 60 };

/** A picture of a sheet that is no file. */
export type SheetPicture = RgbImage & Omit<SheetEntry, "path">;

interface Cell {
  readonly entry: SheetEntry | SheetPicture;
  readonly left: number;
  readonly top: number;
}

/**
 * Writes thumbnails with captions under them as a PNG, in rows. More than 200 go to further files: `sheet.png`,
 * `sheet-2.png` and so on.
 *
 * @param columns pictures of a row; as many as make the sheet square unless given
 * @returns the files, in order
 */
export async function writeContactSheet(
  file: string,
  entries: readonly (SheetEntry | SheetPicture)[],
  columns?: number,
): Promise<readonly string[]> {
  const files: string[] = [];
  const hasBoxes = entries.some(({ marks }) => marks.some(({ shape }) => shape === "box"));
  const form = hasBoxes ? boxForm : plainForm;
  const { perSheet } = form;
  for (let start = 0; start < entries.length; start += perSheet) {
    const path = start === 0 ? file : numbered(file, start / perSheet + 1);
    await writeSheet(path, entries.slice(start, start + perSheet), form, columns);
    files.push(path);
  }
  return files;
}

async function writeSheet(
  path: string,
  entries: readonly (SheetEntry | SheetPicture)[],
  form: SheetForm,
  wanted?: number,
): Promise<void> {
  const { thumbnail, mostColumns } = form;
  const columns = wanted ?? Math.min(mostColumns, Math.ceil(Math.sqrt(entries.length)));
  const lines = Math.max(...entries.map(({ caption }) => caption.length));
  const cellHeight = thumbnail + gap + lines * lineHeight;
  const width = gap + columns * (thumbnail + gap);
  const height = gap + Math.ceil(entries.length / columns) * cellHeight;
  const cells = entries.map((entry, at): Cell => {
    const column = at % columns;
    return { entry, left: gap + column * (thumbnail + gap), top: gap + Math.floor(at / columns) * cellHeight };
  });
  const pictures = await eachAtOnce(cells, (cell) => pictureOf(cell, thumbnail));
  await sharp({ create: { width, height, channels: 3, background: "#fff" } })
    .composite([
      ...pictures.map(({ overlay }) => overlay),
      { input: textsOf(cells, pictures, width, height, form), left: 0, top: 0 },
    ])
    .removeAlpha()
    .png()
    .toFile(path);
}

interface Picture {
  readonly overlay: OverlayOptions;
  readonly place: PicturePlace;
}

/** The whole photo in the middle of its square. */
async function pictureOf({ entry, left, top }: Cell, thumbnail: number): Promise<Picture> {
  const original = "path" in entry ? await checkPhoto(entry.path) : entry;
  const scale = thumbnail / Math.max(original.width, original.height);
  const width = Math.max(1, Math.round(original.width * scale));
  const height = Math.max(1, Math.round(original.height * scale));
  const shown = { width, height };
  const pixels =
    "path" in entry ? await decodePhoto({ path: entry.path, ...original }, shown) : await resizedPixels(entry, shown);
  const place = {
    left: left + Math.floor((thumbnail - width) / 2),
    top: top + Math.floor((thumbnail - height) / 2),
    width,
    height,
  };
  const input = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  return { overlay: { input, raw: { width, height, channels: 3 }, left: place.left, top: place.top }, place };
}

/** Captions, and what is drawn on the pictures. */
function textsOf(
  cells: readonly Cell[],
  pictures: readonly Picture[],
  width: number,
  height: number,
  { thumbnail, lettersPerLine }: SheetForm,
): Buffer {
  const marks = cells.map(({ entry }, at) => {
    const picture = pictures[at];
    return picture === undefined ? "" : marksMarkup(entry.marks, picture.place, escaped);
  });
  const texts = cells.flatMap(({ entry, left, top }) =>
    entry.caption.map((line, at) => {
      const y = top + thumbnail + (at + 1) * lineHeight - 3;
      return `<text x="${left + thumbnail / 2}" y="${y}">${escaped(shortened(line, lettersPerLine))}</text>`;
    }),
  );
  const font = `font-family="sans-serif" font-size="${fontSize}" text-anchor="middle" fill="#111"`;
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${marks.join("")}<g ${font}>${texts.join("")}</g></svg>`,
  );
}

function shortened(line: string, lettersPerLine: number): string {
  const letters = Array.from(line);
  return letters.length > lettersPerLine ? `${letters.slice(0, lettersPerLine - 1).join("")}…` : line;
}

/** Text that may stand in XML; what no XML may hold is a blank. */
function escaped(text: string): string {
  const plain = text.replace(/[^\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, " ");
  return plain.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function numbered(file: string, number: number): string {
  const extension = extname(file);
  return `${file.slice(0, file.length - extension.length)}-${number}${extension}`;
}
