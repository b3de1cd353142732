import { basename, join, relative } from "node:path";
import { stringify } from "yaml";
import { stemOf } from "../../data/boxes/photo-finder.ts";
import type { LabelFormat, LabelRequest, NamedPhoto } from "./label-files.ts";
import type { LabelBox } from "./photo-labels.ts";

/** Digits of shares of a side: a thousandth of a pixel at 1280. */
const digits = 6;
const least = 10 ** -digits;

/** YOLO's text files in one folder, `data.yaml`, and the list of photos; there is no place for scores. */
export const yoloFiles: LabelFormat = {
  async problems({ photos }) {
    const count = new Map<string, number>();
    for (const { name } of photos) count.set(textOf(name), (count.get(textOf(name)) ?? 0) + 1);
    return ({ name }) => {
      if ((count.get(textOf(name)) ?? 0) > 1) return `of several photos labels would be "${textOf(name)}"`;
      return name === name.trim() && !/[\r\n]/.test(name) ? undefined : "lists of photos cannot hold its name";
    };
  },
  write({ photos, classNames, photoRoot, folder }) {
    const list = photos.map(({ name }) => lineOf(name, { photoRoot, folder }));
    return {
      files: new Map([
        ["data.yaml", stringify({ train: "train.txt", names: classNames })],
        ["train.txt", `${list.join("\n")}\n`],
        ...photos.map((photo) => [`labels/${textOf(photo.name)}`, textFor(photo)] as const),
      ]),
      data: { use: "yolo", root: folder, labels: "labels" },
    };
  },
};

function textOf(name: string): string {
  return `${stemOf(basename(name))}.txt`;
}

/** A photo from the list's own folder. */
function lineOf(name: string, { photoRoot, folder }: Pick<LabelRequest, "photoRoot" | "folder">): string {
  return relative(folder, join(photoRoot, name)).replaceAll("\\", "/");
}

function textFor(photo: NamedPhoto): string {
  return photo.boxes.map((box) => `${line(box, photo)}\n`).join("");
}

function line({ corners: [left, top, right, bottom], class: id }: LabelBox, { width, height }: NamedPhoto): string {
  const sides = [(right - left) / width, (bottom - top) / height].map((side) => Math.max(side, least));
  return [
    id,
    ...[(left + right) / 2 / width, (top + bottom) / 2 / height, ...sides].map((share) => share.toFixed(digits)),
  ].join(" ");
}
