import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ClassIndex } from "../../../../plugins/data/boxes/class-index.ts";
import { cleanBoxes } from "../../../../plugins/data/boxes/clean-boxes.ts";
import { parseCocoInstances } from "../../../../plugins/data/boxes/coco-instances.ts";
import { cocoBoxes, vocBoxes } from "../../../../plugins/data/boxes/labelled-boxes.ts";
import { parseVocXml } from "../../../../plugins/data/boxes/voc-xml.ts";
import { parseYoloData, yoloLabelPlaces } from "../../../../plugins/data/boxes/yolo-data-yaml.ts";
import { parseYoloLabels } from "../../../../plugins/data/boxes/yolo-labels.ts";
import type { Box } from "../../../../plugins/tasks/detection/boxes.ts";
import { sharedFile } from "../../tasks/detection/shared-data.ts";

const shared = sharedFile("photos/voc100/data/database/gts");
const coco128 = sharedFile("photos/coco128-val");

interface Truth {
  readonly name: string;
  readonly corners: Box["corners"];
}

/** By photo, each photo's boxes sorted, because the forms list them in different orders. */
type Photos = ReadonlyMap<string, readonly Truth[]>;

const sorted = (boxes: readonly Box[], names: readonly string[]): Truth[] =>
  boxes
    .map(({ corners, class: id }) => ({ name: names[id] ?? "", corners }))
    .sort((one, other) => (key(one) < key(other) ? -1 : 1));

const key = ({ name, corners }: Truth): string =>
  [name, ...corners.map((side) => String(Math.round(side)).padStart(5, "0"))].join(" ");

function cocoPhotos(file: string): {
  photos: Photos;
  names: readonly string[];
  sizes: Map<string, { width: number; height: number }>;
} {
  const instances = parseCocoInstances(file, readFileSync(file, "utf8"));
  const names = instances.categories.map(({ name }) => name);
  const stem = (name: string): string => name.replace(/\.\w+$/, "");
  const boxes = cocoBoxes(instances);
  return {
    names,
    photos: new Map(instances.images.map(({ fileName }, at) => [stem(fileName), sorted(boxes[at] ?? [], names)])),
    sizes: new Map(instances.images.map(({ fileName, width = 0, height = 0 }) => [stem(fileName), { width, height }])),
  };
}

function xmlPhotos(folder: string, names: readonly string[]): Photos {
  const files = readdirSync(folder).filter((file) => file.endsWith(".xml"));
  return new Map(
    files.map((name) => {
      const text = readFileSync(join(folder, name), "utf8");
      const boxes = vocBoxes(parseVocXml(name, text, "edges"), new ClassIndex(names), name, text);
      return [name.slice(0, -4), sorted(boxes, names)];
    }),
  );
}

function expectSame(found: Photos, expected: Photos, tolerancePx: number): void {
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [photo, boxes] of expected) {
    const own = found.get(photo) ?? [];
    expect(
      own.map(({ name }) => name),
      photo,
    ).toEqual(boxes.map(({ name }) => name));
    boxes.forEach(({ corners }, at) => {
      corners.forEach((side, which) => {
        expect(Math.abs((own[at]?.corners[which] ?? Number.NaN) - side), photo).toBeLessThanOrEqual(tolerancePx);
      });
    });
  }
}

describe.skipIf(shared.missing !== "")(`readers of the same truth in several forms ${shared.missing}`, () => {
  const gts = shared.path;
  const { photos, names, sizes } = cocoPhotos(join(gts, "coco_format_v1/instances_default.json"));

  it("find 273 boxes in 100 photos", () => {
    expect(photos.size).toBe(100);
    expect([...photos.values()].reduce((sum, boxes) => sum + boxes.length, 0)).toBe(273);
  });

  it.each([
    ["pascalvoc_format", "VOC's XML"],
    ["imagenet_format/Annotations", "ImageNet's XML"],
  ])("agree on %s", (folder) => {
    expectSame(xmlPhotos(join(gts, folder), names), photos, 0);
  });

  it("agree on the other COCO file, whose categories and images have other ids", () => {
    expectSame(cocoPhotos(join(gts, "coco_format_v2/instances_v2.json")).photos, photos, 0);
  });

  it("agree on YOLO's, to the rounding of six digits", () => {
    const folder = join(gts, "yolo_format/obj_train_data");
    const yolo = new Map(
      readdirSync(folder).map((file) => {
        const stem = file.slice(0, -4);
        const text = readFileSync(join(folder, file), "utf8");
        return [stem, sorted(parseYoloLabels(file, text, sizes.get(stem) ?? { width: 0, height: 0 }, names), names)];
      }),
    );
    expectSame(yolo, photos, 1.5e-6 * 500);
  });

  it("find nothing to complain of, beyond rounding", () => {
    const instances = parseCocoInstances(
      "v1",
      readFileSync(join(gts, "coco_format_v1/instances_default.json"), "utf8"),
    );
    cocoBoxes(instances).forEach((boxes, at) => {
      const { width = 0, height = 0 } = instances.images[at] ?? {};
      expect(cleanBoxes(boxes, { width, height }).boxes).toHaveLength(boxes.length);
    });
  });
});

describe.skipIf(coco128.missing !== "")(`coco128-val ${coco128.missing}`, () => {
  it("has the same boxes in its YOLO and COCO labels", () => {
    const file = join(coco128.path, "data.yaml");
    const data = parseYoloData(file, readFileSync(file, "utf8"));
    // the COCO file has VOC's names for some classes; their order is the same
    const { photos, names, sizes } = cocoPhotos(join(coco128.path, "annotations/instances_val.json"));
    expect(data.names).toHaveLength(names.length);
    const yolo = new Map(
      readdirSync(join(coco128.path, "images")).map((image) => {
        const [labels = ""] = yoloLabelPlaces(join(coco128.path, "images", image));
        const stem = image.replace(/\.\w+$/, "");
        const text = readFileSync(labels, "utf8");
        return [stem, sorted(parseYoloLabels(labels, text, sizes.get(stem) ?? { width: 0, height: 0 }, names), names)];
      }),
    );
    expect([...photos.values()].reduce((sum, boxes) => sum + boxes.length, 0)).toBe(898);
    expectSame(yolo, photos, 0.01);
  });
});
