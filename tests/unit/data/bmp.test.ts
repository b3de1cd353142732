import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeBmp } from "../../../plugins/data/photos/bmp.ts";
import { writeBmp } from "../../support/photos.ts";

/** A BMP of 3 × 2 pixels: a header of 40 bytes or more, an optional palette, and rows as they lie in the file. */
function bmp({
  bits,
  rows,
  palette = [],
  height = 2,
  compression = 0,
  masks = [],
}: {
  bits: number;
  rows: number[][];
  palette?: number[][];
  height?: number;
  compression?: number;
  masks?: number[];
}): Buffer {
  const head = Buffer.alloc(54 + masks.length * 4);
  const body = Buffer.concat([Buffer.from(palette.flat()), ...rows.map((row) => Buffer.from(row))]);
  head.write("BM", 0, "latin1");
  head.writeUInt32LE(head.length + palette.length * 4, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(3, 18);
  head.writeInt32LE(height, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(bits, 28);
  head.writeUInt32LE(compression, 30);
  head.writeUInt32LE(palette.length, 46);
  for (const [at, mask] of masks.entries()) head.writeUInt32LE(mask, 54 + at * 4);
  return Buffer.concat([head, body]);
}

// one row of red, green, blue over one of black, grey, white
const expected = [255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 128, 128, 128, 255, 255, 255];
/** As they lie in the file: blue first. */
const upper = [
  [0, 0, 255],
  [0, 255, 0],
  [255, 0, 0],
];
const lower = [
  [0, 0, 0],
  [128, 128, 128],
  [255, 255, 255],
];
const padded = (row: number[][]): number[] => [...row.flat(), 0, 0, 0];
const wide = (row: number[][]): number[] => row.flatMap((pixel) => [...pixel, 7]);

describe("BMP", () => {
  it.each([
    ["24 bits, rows from the bottom up", bmp({ bits: 24, rows: [padded(lower), padded(upper)] })],
    ["24 bits, rows from the top down", bmp({ bits: 24, rows: [padded(upper), padded(lower)], height: -2 })],
    ["32 bits", bmp({ bits: 32, rows: [wide(lower), wide(upper)] })],
    [
      "32 bits with the usual masks",
      bmp({ bits: 32, rows: [wide(lower), wide(upper)], compression: 3, masks: [0xff0000, 0xff00, 0xff] }),
    ],
    [
      "8 bits with a palette",
      bmp({
        bits: 8,
        palette: [...upper, ...lower].map((colour) => [...colour, 0]),
        rows: [
          [3, 4, 5, 0],
          [0, 1, 2, 0],
        ],
      }),
    ],
  ])("is decoded: %s", (_, bytes) => {
    const { width, height, pixels } = decodeBmp(bytes);
    expect([width, height]).toEqual([3, 2]);
    expect([...pixels]).toEqual(expected);
  });

  it.each([
    [bmp({ bits: 24, rows: [padded(lower)] }), "BMP ends in the middle: 66 bytes, wanted 78"],
    [bmp({ bits: 4, rows: [] }), "BMP with 4 bits per pixel is not known (8, 24 and 32 are)"],
    [bmp({ bits: 8, rows: [], compression: 1 }), "BMP with compression 1 is not known"],
    [bmp({ bits: 24, rows: [], height: 0 }), "BMP of 3×0 pixels"],
    [Buffer.from("BM"), "BMP of 2 bytes has no whole header"],
    [Buffer.alloc(60), "not a BMP file: it does not start with BM"],
    [
      bmp({
        bits: 8,
        palette: [[0, 0, 0, 0]],
        rows: [
          [0, 1, 0, 0],
          [0, 0, 0, 0],
        ],
      }),
      "BMP names colour 1 of 1",
    ],
  ])("says what is wrong (%#)", (bytes, message) => {
    expect(() => decodeBmp(bytes)).toThrow(message);
  });

  it("of any width is read as it is written", async () => {
    const folder = await mkdtemp(join(tmpdir(), "kdflow-bmp-"));
    for (const width of [1, 2, 3, 4, 5]) {
      const pixels = Uint8Array.from({ length: width * 3 * 3 }, (_, at) => (at * 53) % 256);
      await writeBmp(join(folder, "a.bmp"), width, 3, pixels);
      expect(decodeBmp(await readFile(join(folder, "a.bmp")))).toEqual({ width, height: 3, pixels });
    }
    await rm(folder, { recursive: true });
  });
});
