import { describe, expect, it } from "vitest";
import { ClassIndex } from "../../../../plugins/data/boxes/class-index.ts";
import { vocBoxes } from "../../../../plugins/data/boxes/labelled-boxes.ts";
import { parseVocXml } from "../../../../plugins/data/boxes/voc-xml.ts";

const photo = `<annotation>
  <filename>cat.jpg</filename>
  <size><width>640</width><height>480</height><depth/></size>
  <object>
    <part><name>head</name><bndbox><xmin>11</xmin><ymin>12</ymin><xmax>13</xmax><ymax>14</ymax></bndbox></part>
    <bndbox><ymin>20</ymin><xmin>10.5</xmin><ymax>100</ymax><xmax>50</xmax></bndbox>
    <difficult>1</difficult>
    <name>cat</name>
  </object>
  <object>
    <name>dog</name>
    <bndbox><xmin>1</xmin><ymin>1</ymin><xmax>1</xmax><ymax>1</ymax></bndbox>
    <part><name>tail</name><bndbox><xmin>5</xmin><ymin>5</ymin><xmax>6</xmax><ymax>6</ymax></bndbox></part>
  </object>
</annotation>
`;

describe("parseVocXml", () => {
  it("reads tags in any order, decimals, a missing difficult, and passes over parts", () => {
    expect(parseVocXml("cat.xml", photo)).toEqual({
      fileName: "cat.jpg",
      width: 640,
      height: 480,
      objects: [
        { name: "cat", corners: [9.5, 19, 50, 100], difficult: true, line: 4 },
        { name: "dog", corners: [0, 0, 1, 1], difficult: false, line: 10 },
      ],
    });
  });

  it("takes corners as edges where told so", () => {
    expect(parseVocXml("cat.xml", photo, "edges").objects[0]?.corners).toEqual([10.5, 20, 50, 100]);
  });

  it("reads Windows line ends, a byte order mark and a photo without objects or size", () => {
    const empty = "\uFEFF<annotation>\r\n  <folder>x</folder>\r\n</annotation>\r\n";
    expect(parseVocXml("a.xml", empty)).toEqual({ fileName: "", width: undefined, height: undefined, objects: [] });
    expect(parseVocXml("a.xml", photo.replaceAll("\n", "\r\n")).objects[1]?.line).toBe(10);
  });

  it.each([
    ["a tag that is not closed", photo.replace("</size>", ""), 15, "not valid XML"],
    ["a file that is cut off", photo.slice(0, photo.indexOf("<difficult>")), 6, "not valid XML"],
    ["a missing corner", photo.replace("<ymax>100</ymax>", ""), 4, "no `ymax`"],
    ["a corner that is no number", photo.replace("10.5", "1O"), 6, '"1O", not a number'],
    ["an object without a name", photo.replace("<name>dog</name>", ""), 10, "no `name`"],
    ["another kind of XML", "<html></html>", 1, "begins with <html>"],
  ])("names the line of %s", (_, text, line, message) => {
    expect(() => parseVocXml("cat.xml", text)).toThrow(
      expect.objectContaining({
        code: "KDF_INPUT_FORMAT",
        message: expect.stringContaining(message),
        where: expect.objectContaining({ file: "cat.xml", line }),
      }),
    );
  });

  it("gives classes by name, and the line of one that is not there", () => {
    const annotation = parseVocXml("cat.xml", photo);
    expect(vocBoxes(annotation, new ClassIndex(["dog", "cat"]), "cat.xml", photo)).toEqual([
      { corners: [9.5, 19, 50, 100], class: 1, flags: 2 },
      { corners: [0, 0, 1, 1], class: 0, flags: 0 },
    ]);
    expect(() => vocBoxes(annotation, new ClassIndex(["cat", "dig"]), "cat.xml", photo)).toThrow(
      expect.objectContaining({
        code: "KDF_INPUT_CLASSES",
        where: expect.objectContaining({ line: 10 }),
        hint: ['allowed: dig, cat (did you mean "dig"?)'],
      }),
    );
  });
});
