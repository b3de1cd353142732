import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ListedOptions } from "./box-options.ts";
import type { CocoOptions } from "./list-coco.ts";
import type { VocOptions } from "./list-voc.ts";
import type { YoloOptions } from "./list-yolo.ts";
import { firstThere } from "./photo-finder.ts";

/** A devkit, or one year of it: its folder of annotations has that name. */
export async function lookForVoc(root: string): Promise<ListedOptions<VocOptions> | undefined> {
  const years = (await readdir(root)).filter((name) => /^VOC(devkit|\d{4})$/.test(name));
  const places = ["Annotations", ...years, ...years.map((year) => join(year, "Annotations"))];
  const found = await firstThere(places.map((place) => join(root, place)));
  return found === undefined ? undefined : { root, corners: "pixels" };
}

/** Files of instances in `annotations` or in the folder itself, told apart by the split in their names. */
export async function lookForCoco(root: string): Promise<ListedOptions<CocoOptions> | undefined> {
  for (const folder of ["annotations", "."]) {
    const names = await readdir(join(root, folder)).catch(() => []);
    const files = names.filter((name) => /instances.*\.json$/i.test(name)).sort();
    const of = (pattern: RegExp): string | undefined => {
      const file = files.find((name) => pattern.test(name));
      return file === undefined ? undefined : join(folder, file).replaceAll("\\", "/");
    };
    const [validation, test] = [of(/val/i), of(/test/i)];
    const train = of(/train/i) ?? validation ?? test ?? of(/./);
    if (train === undefined) continue;
    return {
      root,
      train,
      ...(validation === undefined || validation === train ? {} : { validation }),
      ...(test === undefined || test === train ? {} : { test }),
    };
  }
  return undefined;
}

/** A `data.yaml`, or the only YAML file there is. */
export async function lookForYolo(root: string): Promise<ListedOptions<YoloOptions> | undefined> {
  const files = (await readdir(root)).filter((name) => /\.ya?ml$/i.test(name));
  const data = files.find((name) => name === "data.yaml") ?? (files.length === 1 ? files[0] : undefined);
  return data === undefined ? undefined : { root, data };
}
