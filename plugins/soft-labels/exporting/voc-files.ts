import { join } from "node:path";
import { PhotoFinder, stemOf } from "../../data/boxes/photo-finder.ts";
import type { LabelFormat, NamedPhoto } from "./label-files.ts";
import type { LabelBox } from "./photo-labels.ts";

/** Pascal VOC's XML, a file for each photo, the list of them, and the classes: whole pixels, no place for scores. */
export const vocFiles: LabelFormat = {
  async problems({ photoRoot }) {
    const finder = await PhotoFinder.in(photoRoot);
    return ({ name, path }) => {
      if (/\s/.test(name)) return "lists of VOC end a name at its first space";
      return finder.find(stemOf(name)) === path ? undefined : "another photo has its name but for the ending";
    };
  },
  write({ photos, classNames, photoRoot, folder }) {
    return {
      files: new Map([
        ["classes.txt", `${classNames.join("\n")}\n`],
        ["ImageSets/Main/train.txt", `${photos.map(({ name }) => stemOf(name)).join("\n")}\n`],
        ...photos.map((photo) => [`Annotations/${stemOf(photo.name)}.xml`, xmlOf(photo, classNames)] as const),
      ]),
      data: { use: "voc", root: folder, photos: photoRoot, train: "train", classes: join(folder, "classes.txt") },
    };
  },
};

function xmlOf({ name, width, height, boxes }: NamedPhoto, classNames: readonly string[]): string {
  return [
    "<annotation>",
    `  <filename>${escaped(name)}</filename>`,
    `  <size><width>${width}</width><height>${height}</height><depth>3</depth></size>`,
    "  <segmented>0</segmented>",
    ...boxes.flatMap((box) => objectOf(box, { width, height }, classNames)),
    "</annotation>",
    "",
  ].join("\n");
}

/** VOC counts pixels from 1 and names the first and the last one within the box. */
function objectOf(
  { corners, class: id }: LabelBox,
  { width, height }: Pick<NamedPhoto, "width" | "height">,
  classNames: readonly string[],
): readonly string[] {
  const [left, right] = wholePixels(corners[0], corners[2], width);
  const [top, bottom] = wholePixels(corners[1], corners[3], height);
  const bounds = `<xmin>${left + 1}</xmin><ymin>${top + 1}</ymin><xmax>${right}</xmax><ymax>${bottom}</ymax>`;
  return [
    "  <object>",
    `    <name>${escaped(classNames[id] ?? "")}</name>`,
    "    <pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>",
    `    <bndbox>${bounds}</bndbox>`,
    "  </object>",
  ];
}

/** The nearest edges between pixels, one pixel apart at least. */
function wholePixels(from: number, to: number, most: number): readonly [number, number] {
  const start = Math.min(Math.round(from), most - 1);
  return [start, Math.max(Math.round(to), start + 1)];
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
