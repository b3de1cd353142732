import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

interface Scene {
  readonly name: string;
  readonly side: number;
  /** Class and left, top, width, height. */
  readonly boxes: readonly { readonly digit: string; readonly bbox: readonly number[] }[];
}

/**
 * Writes COCO's files of instances beside scenes in VOC's folders: `test`, `val`, `labelled` (the first of the training
 * scenes) and `part`, all of them, of which those beyond the first hold one crowd over the whole photo and nothing
 * else: a loss on the truth takes nothing from a crowd, neither targets nor background, so that these have no labels.
 */
export async function writePartOfLabels(root: string, labelled: number): Promise<void> {
  const folder = join(root, "annotations");
  await mkdir(folder, { recursive: true });
  const [train, val, test] = await Promise.all(["train", "val", "test"].map((set) => scenesOf(root, set)));
  if (train === undefined || val === undefined || test === undefined) throw new Error("sets are missing");
  const files = { test, val, labelled: train.slice(0, labelled), part: train };
  for (const [name, scenes] of Object.entries(files)) {
    const known = name === "part" ? labelled : scenes.length;
    await writeFile(join(folder, `${name}.json`), JSON.stringify(instances(scenes, known)));
  }
}

async function scenesOf(root: string, set: string): Promise<Scene[]> {
  const names = (await readFile(join(root, "ImageSets", "Main", `${set}.txt`), "utf8")).trim().split("\n");
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(root, "Annotations", `${name}.xml`), "utf8");
      const objects = text.matchAll(
        /<name>(?<digit>\w+)<\/name>.*?<xmin>(\d+)<\/xmin><ymin>(\d+)<\/ymin><xmax>(\d+)<\/xmax><ymax>(\d+)<\/ymax>/gu,
      );
      const boxes = Array.from(objects, ([, digit = "", ...edges]) => {
        const [left = 0, top = 0, right = 0, bottom = 0] = edges.map(Number);
        // corners of VOC are whole pixels from 1, both inside
        return { digit, bbox: [left - 1, top - 1, right - left + 1, bottom - top + 1] };
      });
      return { name, side: Number(/<width>(\d+)</u.exec(text)?.[1]), boxes };
    }),
  );
}

function instances(scenes: readonly Scene[], labelled: number): object {
  const names = Array.from({ length: 10 }, (_, digit) => `digit${digit}`);
  const annotations = scenes.flatMap(({ side, boxes }, image) => {
    const whole = { category_id: 1, bbox: [0, 0, side, side], iscrowd: 1 };
    const own = boxes.map(({ digit, bbox }) => ({ category_id: names.indexOf(digit) + 1, bbox, iscrowd: 0 }));
    return (image < labelled ? own : [whole]).map((each) => ({
      ...each,
      image_id: image + 1,
      area: (each.bbox[2] ?? 0) * (each.bbox[3] ?? 0),
    }));
  });
  return {
    images: scenes.map(({ name, side }, at) => ({ id: at + 1, file_name: `${name}.png`, width: side, height: side })),
    annotations: annotations.map((each, at) => ({ id: at + 1, ...each })),
    categories: names.map((name, id) => ({ id: id + 1, name })),
  };
}
