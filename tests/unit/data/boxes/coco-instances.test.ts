import { describe, expect, it } from "vitest";
import { parseCocoInstances } from "../../../../plugins/data/boxes/coco-instances.ts";
import { cocoBoxes } from "../../../../plugins/data/boxes/labelled-boxes.ts";
import { rleArea } from "../../../../plugins/data/boxes/rle-area.ts";

const file = {
  images: [
    { id: 40, file_name: "b.jpg", width: 50, height: 40 },
    { id: 0, file_name: "a.jpg", width: 50, height: 40 },
    { id: 7, file_name: "none.jpg" },
  ],
  categories: [
    { id: 90, name: "toothbrush" },
    { id: 0, name: "person" },
  ],
  annotations: [
    { id: 0, image_id: 40, category_id: 90, bbox: [1, 2, 3, 4.5], area: 6 },
    {
      id: 5,
      image_id: 0,
      category_id: 0,
      bbox: [5, 3, 45, 37],
      iscrowd: 1,
      segmentation: { size: [40, 50], counts: "[6k0=0000\\OE;;EE;;9000000000000000000Pj0ZOfVO00000000000000000" },
    },
    { id: 6, image_id: 40, category_id: 0, bbox: [0, 0, 10, 10], ignore: 1 },
  ],
};

const print = (change: object = {}): string => JSON.stringify({ ...file, ...change }, null, 1);

describe("parseCocoInstances", () => {
  it("reads ids with gaps and from 0, no iscrowd, crowds in run lengths, images without annotations", () => {
    const instances = parseCocoInstances("x.json", print());
    expect(instances.images.map(({ id }) => id)).toEqual([0, 7, 40]);
    expect(instances.images[1]).toEqual({ id: 7, fileName: "none.jpg", width: undefined, height: undefined });
    expect(instances.categories.map(({ name }) => name)).toEqual(["person", "toothbrush"]);
    expect(cocoBoxes(instances)).toEqual([
      [{ corners: [5, 3, 50, 40], class: 0, area: 451, flags: 1 }],
      [],
      [
        { corners: [1, 2, 4, 6.5], class: 1, area: 6, flags: 0 },
        { corners: [0, 0, 10, 10], class: 0, area: 100, flags: 2 },
      ],
    ]);
  });

  it("reads a file that begins with a byte order mark", () => {
    expect(parseCocoInstances("x.json", `\uFEFF${print()}`).images).toHaveLength(3);
  });

  const [first] = file.annotations;
  it.each([
    ["cut-off JSON", print().slice(0, -20), "KDF_INPUT_FORMAT", "not valid JSON"],
    ["a comma too many", print().replace('"person"', '"person",'), "KDF_INPUT_FORMAT", "not valid JSON"],
    ["an unknown image", print({ annotations: [{ ...first, image_id: 41 }] }), "KDF_INPUT_FORMAT", "image 41"],
    ["an unknown category", print({ annotations: [{ ...first, category_id: 3 }] }), "KDF_INPUT_CLASSES", "category 3"],
    ["a box of three numbers", print({ annotations: [{ ...first, bbox: [1, 2, 3] }] }), "KDF_INPUT_FORMAT", "`bbox`"],
    ["an image without id", print({ images: [{ file_name: "x" }] }), "KDF_INPUT_FORMAT", "`id`"],
    ["an id that comes twice", print({ images: [{ id: 1 }, { id: 1 }] }), "KDF_INPUT_FORMAT", "id 1 twice"],
  ])("names the line of %s", (_, text, code, message) => {
    expect(() => parseCocoInstances("x.json", text)).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringContaining(message),
        where: expect.objectContaining({ file: "x.json", line: expect.any(Number) }),
      }),
    );
  });

  it("points at the wrong value itself", () => {
    const text = print({ annotations: [first, { ...first, bbox: [1, 2, 3] }] });
    const line = text.split("\n").findLastIndex((one) => one.includes('"bbox"')) + 1;
    expect(() => parseCocoInstances("x.json", text)).toThrow(
      expect.objectContaining({ where: expect.objectContaining({ line }) }),
    );
  });

  it("says which list is missing", () => {
    expect(() => parseCocoInstances("x.json", "[]")).toThrow("no list `images`");
  });
});

describe("rleArea", () => {
  it("counts every second run", () => {
    expect(rleArea([3, 10, 5, 2])).toBe(12);
    expect(rleArea([])).toBe(0);
  });

  it("reads the text form as pycocotools does", () => {
    // mask.area() of a 40 × 50 mask with a rectangle, a hole of 4 pixels, and a strip: 27 · 15 − 4 + 5 · 10
    expect(rleArea("[6k0=0000\\OE;;EE;;9000000000000000000Pj0ZOfVO00000000000000000")).toBe(27 * 15 - 4 + 5 * 10);
  });
});
