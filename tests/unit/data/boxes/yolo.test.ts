import { describe, expect, it } from "vitest";
import { parseYoloData, yoloLabelPlaces } from "../../../../plugins/data/boxes/yolo-data-yaml.ts";
import { parseYoloLabels } from "../../../../plugins/data/boxes/yolo-labels.ts";

const sides = { width: 200, height: 100 };
const names = ["cat", "dog"];

describe("parseYoloLabels", () => {
  it("reads boxes and polygons of one file, Windows line ends, tabs and empty lines", () => {
    const text = "\uFEFF0 0.5 0.5 0.2 0.4\t\r\n\r\n1\t0.1 0.2  0.3 0.1 0.2 0.6\t\t\r\n";
    const [box, polygon] = parseYoloLabels("a.txt", text, sides, names);
    expect(box).toEqual({ corners: [80, 30, 120, 70], class: 0 });
    expect(polygon).toEqual({ corners: [20, 10, 60, 60], class: 1 });
  });

  it("keeps NaN and what reaches over the border for whoever counts it", () => {
    const boxes = parseYoloLabels("a.txt", "0 nan 0.5 0.2 0.4\n0 1 0.5 0.25 0.4", sides, names);
    expect(boxes.map(({ corners }) => corners)).toEqual([
      [Number.NaN, 30, Number.NaN, 70],
      [175, 30, 225, 70],
    ]);
  });

  it("reads an empty file as a photo without objects", () => {
    expect(parseYoloLabels("a.txt", " \n", sides, names)).toEqual([]);
  });

  it.each([
    ["a class without a name", "0 .5 .5 .1 .1\n2 .5 .5 .1 .1", "KDF_INPUT_CLASSES", 2, "class 2 has no name"],
    ["a word", "0 .5 .5 .1 wide", "KDF_INPUT_FORMAT", 1, '"wide" is not a number'],
    ["a class that is no whole number", "\n\n0.5 .5 .5 .1 .1", "KDF_INPUT_FORMAT", 3, '"0.5" is not a class number'],
    ["too few numbers", "0 .5 .5 .1", "KDF_INPUT_FORMAT", 1, "the line has 4 numbers"],
    ["half a point", "0 .5 .5 .1 .1 .2\r\n", "KDF_INPUT_FORMAT", 1, "the line has 6 numbers"],
  ])("names the line of %s", (_, text, code, line, message) => {
    expect(() => parseYoloLabels("a.txt", text, sides, names)).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringContaining(message),
        where: expect.objectContaining({ file: "a.txt", line }),
      }),
    );
  });
});

describe("parseYoloData", () => {
  it("reads names as a list and as a map, and where photos may lie", () => {
    expect(
      parseYoloData("/data/set/data.yaml", "path: .\ntrain: images\nval: [a, /b]\nnc: 2\nnames: [cat, 7]"),
    ).toEqual({
      names: ["cat", "7"],
      splits: { train: [["/data/set/images"]], val: [["/data/set/a"], ["/b"]] },
    });
    const map = parseYoloData(
      "/data/set/data.yaml",
      "path: ../other\ntrain: ../train/images\nnames:\n  1: dog\n  0: cat\ndownload: |\n  rm -r /",
    );
    expect(map.names).toEqual(["cat", "dog"]);
    expect(map.splits.train).toEqual([["/data/train/images", "/data/set/train/images"]]);
  });

  it.each([
    ["a count that is not that of the names", "nc: 3\nnames: [a, b]", "KDF_INPUT_CLASSES", 1],
    ["a gap in the names", "names:\n  0: a\n  2: c", "KDF_INPUT_CLASSES", 2],
    ["a name without a number", "names:\n  0: a\n  b: c", "KDF_INPUT_FORMAT", 3],
    ["a split that is no path", "names: [a]\ntrain: [1]", "KDF_INPUT_FORMAT", 2],
    ["broken YAML", "names: [a\ntrain: x", "KDF_INPUT_FORMAT", 2],
  ])("names the line of %s", (_, text, code, line) => {
    expect(() => parseYoloData("/d/data.yaml", text)).toThrow(
      expect.objectContaining({ code, where: expect.objectContaining({ line }) }),
    );
  });

  it("says that names are missing", () => {
    expect(() => parseYoloData("/d/data.yaml", "train: x")).toThrow('"/d/data.yaml" has no `names`');
  });

  it.each([
    ["/d/images/train/a.b.jpg", ["/d/labels/train/a.b.txt", "/d/images/train/a.b.txt"]],
    ["/images/d/train/images/a.png", ["/images/d/train/labels/a.txt", "/images/d/train/images/a.txt"]],
    ["/d/flat/a.jpeg", ["/d/flat/a.txt"]],
  ])("looks for the labels of %s", (photo, places) => {
    expect(yoloLabelPlaces(photo)).toEqual(places);
  });
});
