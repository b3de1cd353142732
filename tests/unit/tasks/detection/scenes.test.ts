/** Photos on a canvas: pixels and boxes of scenes, from the augmentations to what is rendered of files. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Augmentation,
  type Fit,
  type ImageSize,
  type Partner,
  plainView,
  type View,
} from "../../../../core/index.ts";
import { createRng } from "../../../../core/tensors/rng.ts";
import { flip } from "../../../../plugins/augmentations/flip.ts";
import { mosaic } from "../../../../plugins/augmentations/mosaic.ts";
import { randomResizedCrop } from "../../../../plugins/augmentations/random-resized-crop.ts";
import { scaleTranslate } from "../../../../plugins/augmentations/scale-translate.ts";
import { renderPlaced } from "../../../../plugins/data/photos/render-placed.ts";
import { datasetViews, photosOf, viewsOf } from "../../../../plugins/data/views/views.ts";
import { boxFlags, packBoxes } from "../../../../plugins/tasks/detection/boxes.ts";
import { moveBoxes } from "../../../../plugins/tasks/detection/move-boxes.ts";
import { placements } from "../../../../plugins/tasks/detection/placements.ts";
import { create } from "../../augmentations/augment.ts";

const letterbox = { letterbox: "centre", fill: 114, enlarge: true, rounding: "round" } as const;
const fits: readonly Fit[] = [letterbox, { ...letterbox, letterbox: "top-left" }, "stretch", "crop"];
const sizes = [
  [600, 400],
  [320, 480],
  [260, 260],
  [640, 200],
] as const;
const originals: readonly ImageSize[] = sizes.map(([width, height]) => ({ width, height, channels: 3 }));
type Box = readonly [number, number, number, number];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "scenes-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A black photo with one rectangle of full brightness in the channel of its number. */
async function photo(number: number, [left, top, right, bottom]: Box) {
  const { width, height } = originals[number] ?? { width: 1, height: 1 };
  const pixels = new Uint8Array(width * height * 3);
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) pixels[(y * width + x) * 3 + number] = 255;
  const path = join(folder, `${number}.raw`);
  await writeFile(path, pixels);
  return { path, width, height, offset: 0 };
}

/** The views that a pipeline's augmentations make of four photos; the sample is the first. */
function scene(augmentations: readonly Augmentation[], number: number): View {
  const made = originals.map((original, at) => {
    const stream = createRng(number, "scene", at);
    return augmentations.reduce((view, each) => each.describe(view, stream, original), plainView);
  });
  const [own = plainView, ...others] = made;
  const tiles = others.map(({ left, top, width, height, flip: turned }, at): Partner => {
    return { index: at + 1, digest: String(at), view: { left, top, width, height, flip: turned } };
  });
  return own.scene?.meet === undefined ? own : { ...own, tiles };
}

const boxIn = ({ width, height }: ImageSize) =>
  fc
    .tuple(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 0, max: 80 }), fc.integer({ min: 25, max: 200 }))
    .map(([x, y, side]): Box => {
      const [left, top] = [Math.floor((x * width) / 100), Math.floor((y * height) / 100)];
      return [left, top, Math.min(width, left + side), Math.min(height, top + side)];
    });

describe("scenes", () => {
  it("have boxes where the rectangles' pixels lie, and the same ones at two sizes", async () => {
    const augmentations = [
      await create(scaleTranslate, { scale: [0.5, 1.6], translate: 0.1 }),
      await create(mosaic, { probability: 0.8 }),
      await create(flip, { probability: 0.5 }),
      await create(randomResizedCrop, { scale: [0.6, 1], ratio: [0.75, 1.33] }),
    ];
    let compared = 0;
    const one = fc.record({
      number: fc.integer({ min: 0, max: 1e6 }),
      fit: fc.constantFrom(...fits),
      boxes: fc.tuple(...originals.map(boxIn)),
      cropped: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(one, async ({ number, fit, boxes, cropped }) => {
        const view = scene(cropped ? augmentations : augmentations.slice(0, 3), number);
        const photos = photosOf(0, view).map(({ index }) => index);
        const files = await Promise.all(photos.map((at) => (at < 3 ? photo(at, boxes[at] as Box) : blank(at))));
        const kept: string[] = [];
        for (const side of [104, 160]) {
          const size = { width: side, height: side, channels: 3 };
          const out = new Uint8Array(side * side * 3);
          const viewer = { size, fit };
          await renderPlaced(files, view, viewer, out);
          const placed = placements(
            view,
            photos.map((at) => originals[at] as ImageSize),
            viewer,
          );
          const rows = placed.map((placement, at) => {
            const packed = packBoxes([[{ corners: boxes[at] as Box, class: at, flags: boxFlags.crowd }]]);
            const moved = moveBoxes(packed, 0, placement);
            if (moved.rows.length === 0 || at === 3) return moved.rows.length;
            expect([...moved.boxes.flags]).toEqual([boxFlags.crowd]);
            const [left = 0, top = 0, right = 0, bottom = 0] = moved.boxes.corners;
            const found = centroid(out, side, at);
            expect(Math.abs(found.x - (left + right) / 2)).toBeLessThan(0.25);
            expect(Math.abs(found.y - (top + bottom) / 2)).toBeLessThan(0.25);
            compared++;
            return moved.rows.length;
          });
          kept.push(rows.join(" "));
        }
        expect(kept[0]).toBe(kept[1]);
      }),
      { seed: 20_261_130, numRuns: 120 },
    );
    expect(compared).toBeGreaterThan(150);
  });

  it("fill what no photo covers with 114, and leave no seam where photos meet inside a pixel", async () => {
    const sources = await Promise.all(originals.map((_, at) => white(at)));
    const tiles = [1, 2, 3].map((index): Partner => ({ index, digest: "", view: plainView }));
    const shown = { left: 0, top: 0, width: 1, height: 1 };
    const view: View = { ...plainView, scene: { shown, meet: [0.503, 0.251] }, tiles };
    const out = new Uint8Array(40 * 40 * 3);
    const viewer = { size: { width: 40, height: 40, channels: 3 }, fit: "stretch" as const };
    await renderPlaced(sources, view, viewer, out);
    expect(out.every((value) => value === 255)).toBe(true);
    const wide: View = { ...view, scene: { shown: { left: -1.5, top: -1.5, width: 4, height: 4 }, meet: [0.5, 0.5] } };
    await renderPlaced(sources, wide, viewer, out);
    // photos fill the middle half, 10 … 30
    const at = (x: number, y: number): number => out[(y * 40 + x) * 3] ?? -1;
    expect([at(9, 20), at(10, 20), at(29, 29), at(30, 29), at(20, 9)]).toEqual([114, 255, 255, 114, 114]);
  });

  it("put edits on the whole canvas, and both scenes of a mix on it", async () => {
    const sources = await Promise.all([white(0), white(1)]);
    const scene = { shown: { left: 0, top: 0, width: 2, height: 1 } };
    const view: View = {
      ...plainView,
      scene,
      edits: [{ op: "brightness", factor: 0.5 }],
      mix: { kind: "blend", share: 0.25 },
      partner: { index: 1, digest: "", view: { ...plainView, scene: { shown: { ...scene.shown, width: 1 } } } },
    };
    const out = new Uint8Array(4 * 2 * 3);
    await renderPlaced(sources, view, { size: { width: 4, height: 2, channels: 3 }, fit: "stretch" }, out);
    // left half: photo and photo; right half: fill and photo
    const [covered, filled] = [Math.round(0.25 * 127 + 0.75 * 255), Math.round(0.25 * 57 + 0.75 * 255)];
    expect([0, 3, 6, 9].map((place) => out[place])).toEqual([covered, covered, filled, filled]);
  });

  it("have tiles of their own split, none the sample itself, and partners with tiles of their own", async () => {
    const digests = Array.from({ length: 40 }, (_, at) => at.toString(16).padStart(2, "0").repeat(32));
    const augmentations = [
      { use: "mosaic", ...(await create(mosaic, { probability: 1 })) },
      { use: "mix", describe: (view: View): View => ({ ...view, mix: { kind: "blend", share: 0.5 } }) },
    ];
    const rng = (stream: string, ...counters: number[]) => createRng(3, stream, ...counters);
    const split = { digests };
    const original = { width: 8, height: 8, channels: 3 };
    const viewOf = datasetViews(
      viewsOf(augmentations, original, rng),
      { train: split, validation: split, test: split },
      rng,
    );
    for (const index of digests.keys()) {
      const view = viewOf("train", index, 5);
      const all = photosOf(index, view).map((each) => each.index);
      expect(all.length).toBe(8);
      expect(all.slice(1, 5)).not.toContain(index);
      expect(viewOf("train", index, 5)).toEqual(view);
      expect(viewOf("train", index, 5, ["mosaic", "mix"])).toEqual(plainView);
      expect(photosOf(index, viewOf("train", index, 5, ["mosaic"])).length).toBe(2);
    }
  });
});

const blank = (number: number) => photo(number, [0, 0, 0, 0]);
async function white(number: number) {
  const { width, height } = originals[number] ?? { width: 1, height: 1 };
  const path = join(folder, `white-${number}.raw`);
  await writeFile(path, new Uint8Array(width * height * 3).fill(255));
  return { path, width, height, offset: 0 };
}

function centroid(out: Uint8Array, side: number, channel: number) {
  let [sum, x, y] = [0, 0, 0];
  for (let at = 0; at < side * side; at++) {
    const [value = 0, one = 0, other = 0] = [0, 1, 2].map((by) => out[at * 3 + ((channel + by) % 3)]);
    // black and fill have as much of every channel
    const excess = value - Math.min(one, other);
    sum += excess;
    x += excess * ((at % side) + 0.5);
    y += excess * (Math.floor(at / side) + 0.5);
  }
  return { x: x / sum, y: y / sum };
}
