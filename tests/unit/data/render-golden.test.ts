import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { type PixelEdit, plainView, type View } from "../../../core/index.ts";
import { renderView } from "../../../plugins/data/rendering/render.ts";
import { goldenImage } from "./golden-image.ts";

interface Golden {
  readonly height: number;
  readonly width: number;
  readonly edits: readonly { readonly edit: PixelEdit; readonly channels: number; readonly pixels: string }[];
  readonly shrinks: readonly {
    readonly crop: readonly [left: number, top: number, width: number, height: number];
    readonly size: readonly [height: number, width: number];
    readonly channels: number;
    readonly pixels: string;
  }[];
}

const golden = JSON.parse(
  await readFile(new URL("../../golden/torchvision-images.json", import.meta.url), "utf8"),
) as Golden;
const { height, width } = golden;

/** Largest difference to the golden, in levels of 255, and how many values differ. */
function differences(actual: Uint8Array, hex: string): { largest: number; count: number } {
  const expected = Buffer.from(hex, "hex");
  expect(actual.length).toBe(expected.length);
  const all = Array.from(actual, (value, at) => Math.abs(value - (expected[at] ?? 0)));
  return { largest: Math.max(...all), count: all.filter((difference) => difference > 0).length };
}

function render(view: Partial<View>, channels: number, size = { height, width, channels }): Uint8Array {
  const original = { height, width, channels };
  const out = new Uint8Array(size.height * size.width * channels);
  renderView(goldenImage(original), original, { ...plainView, ...view }, size, out);
  return out;
}

describe("edits", () => {
  const cases = golden.edits.map((each) => [JSON.stringify(each.edit), each.channels, each] as const);

  test.each(cases)("%s on %d channels are torchvision's, to the byte", (_name, channels, { edit, pixels }) => {
    expect(differences(render({ edits: [edit] }, channels), pixels)).toEqual({ largest: 0, count: 0 });
  });
});

describe("shrinking", () => {
  const cases = golden.shrinks.map((each) => [each.crop.join(), each.size.join("×"), each] as const);

  test.each(cases)("the crop %s to %s is PyTorch's antialiased bilinear, to the byte", (_crop, _size, each) => {
    const [left, top, cropWidth, cropHeight] = each.crop;
    const view = { left: left / width, top: top / height, width: cropWidth / width, height: cropHeight / height };
    const size = { height: each.size[0], width: each.size[1], channels: each.channels };
    expect(differences(render(view, each.channels, size), each.pixels)).toEqual({ largest: 0, count: 0 });
  });
});
