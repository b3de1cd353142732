import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fit, Letterbox } from "../../../../core/index.ts";
import { type ImageSize, plainView, type View } from "../../../../core/index.ts";
import { packBoxes } from "../../../../plugins/tasks/detection/boxes.ts";
import { bringBack, moveBoxes } from "../../../../plugins/tasks/detection/move-boxes.ts";
import type { Placement } from "../../../../plugins/tasks/detection/placement.ts";
import { boxesFollow, placements } from "../../../../plugins/tasks/detection/placements.ts";
import { renderPlacement } from "../../../../plugins/tasks/detection/render-placement.ts";
import type { Viewer } from "../../../../plugins/tasks/detection/viewer.ts";

const settings = { seed: 20_261_130, numRuns: 150 };

const sized = (width: number, height: number, channels = 1): ImageSize => ({ width, height, channels });
const centred: Letterbox = { letterbox: "centre", fill: 114, enlarge: true, rounding: "round" };
const corner: Letterbox = { ...centred, letterbox: "top-left", rounding: "trunc" };
const fits: readonly Fit[] = ["stretch", "crop", centred, corner, { ...centred, enlarge: false }];
const photos = [sized(640, 480), sized(480, 640), sized(333, 1000), sized(1, 640), sized(4000, 30)];

/** A view's one placement. */
function place(view: Partial<View>, original: ImageSize, fit: Fit, canvas: ImageSize): Placement {
  const [found] = placements({ ...plainView, ...view }, [original], { size: canvas, fit });
  if (found === undefined) throw new Error("no placement");
  return found;
}

const viewArbitrary = fc
  .record({
    width: fc.double({ min: 0.3, max: 1, noNaN: true }),
    height: fc.double({ min: 0.3, max: 1, noNaN: true }),
    x: fc.double({ min: 0, max: 1, noNaN: true }),
    y: fc.double({ min: 0, max: 1, noNaN: true }),
    flip: fc.boolean(),
  })
  .map(
    ({ width, height, x, y, flip }): View => ({ left: x * (1 - width), top: y * (1 - height), width, height, flip }),
  );

/** Whole pixels of a photo, at least one in ten of each side. */
const boxIn = ({ width, height }: ImageSize) =>
  fc
    .tuple(
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      fc.double({ min: 0.1, max: 1, noNaN: true }),
      fc.double({ min: 0.1, max: 1, noNaN: true }),
    )
    .map(([x, y, w, h]): [number, number, number, number] => {
      const [left, top] = [Math.floor(x * width), Math.floor(y * height)];
      return [left, top, Math.min(width, left + Math.ceil(w * width)), Math.min(height, top + Math.ceil(h * height))];
    });

const cases = fc
  .record({ photo: fc.constantFrom(...photos), fit: fc.constantFrom(...fits), view: viewArbitrary })
  .chain((one) =>
    fc.record({
      ...Object.fromEntries(Object.entries(one).map(([k, v]) => [k, fc.constant(v)])),
      box: boxIn(one.photo),
    }),
  )
  .map((one) => one as { photo: ImageSize; fit: Fit; view: View; box: [number, number, number, number] });

describe("placements", () => {
  it.each([
    // 640 × 480 at 416: 416 × 312, 104 left over; 333 × 1000: 138.5 → 139 or 138
    ["centred", sized(640, 480), centred, [0, 52, 416, 364]],
    ["in the corner", sized(640, 480), corner, [0, 0, 416, 312]],
    ["rounded", sized(333, 1000), centred, [138, 0, 277, 416]],
    ["cut", sized(333, 1000), corner, [0, 0, 138, 416]],
    ["one pixel at least", sized(1, 640), corner, [0, 0, 1, 416]],
    ["not enlarged", sized(100, 51), { ...centred, enlarge: false }, [158, 182, 258, 233]],
    ["enlarged", sized(100, 50), centred, [0, 104, 416, 312]],
    ["stretched", sized(640, 480), "stretch", [0, 0, 416, 416]],
    ["cropped", sized(640, 480), "crop", [0, 0, 416, 416]],
  ] as const)("lies %s", (_, photo, fit, content) => {
    expect(place({}, photo, fit, sized(416, 416)).content).toEqual(content);
  });

  it("does not lose a pixel to rounding where a side fits exactly", () => {
    for (let side = 10; side < 3000; side++) {
      expect(place({}, sized(side, 10), corner, sized(416, 416)).content[2]).toBe(416);
    }
  });

  it("shows the middle of a photo under crop, as large as fits", () => {
    expect(place({}, sized(640, 480), "crop", sized(100, 100)).window).toEqual([80, 0, 560, 480]);
    expect(place({}, sized(640, 480), "crop", sized(200, 100)).window).toEqual([0, 80, 640, 400]);
  });

  it("gives both photos of a mixed view, and what of them is seen", () => {
    const partner = { index: 1, digest: "", view: { ...plainView, flip: true } };
    const originals = [sized(100, 100), sized(200, 100)];
    const viewer: Viewer = { size: sized(50, 50), fit: "stretch" };
    const blend = placements({ ...plainView, mix: { kind: "blend", share: 0.5 }, partner }, originals, viewer);
    expect(blend.map(({ scaleX, offsetX }) => [scaleX, offsetX])).toEqual([
      [0.5, 0],
      [-0.25, 50],
    ]);
    const box = { left: 0, top: 0, width: 0.5, height: 1 };
    const paste = placements({ ...plainView, mix: { kind: "paste", share: 0.5, box }, partner }, originals, viewer);
    const boxes = packBoxes([
      [
        { corners: [10, 10, 40, 90], class: 0 },
        { corners: [60, 10, 90, 90], class: 1 },
      ],
    ]);
    expect([...moveBoxes(boxes, 0, paste[0] as Placement).boxes.classes]).toEqual([1]);
    // the partner is mirrored: its right half, 100 … 200, is what lies on the left half of the canvas
    const second = packBoxes([
      [
        { corners: [10, 10, 40, 90], class: 0 },
        { corners: [80, 0, 160, 100], class: 1 },
      ],
    ]);
    const moved = moveBoxes(second, 0, paste[1] as Placement).boxes;
    expect([...moved.classes]).toEqual([1]);
    expect([...moved.corners]).toEqual([10, 0, 25, 50]);
  });

  it("knows which edits boxes cannot follow", () => {
    expect(boxesFollow({ ...plainView, edits: [{ op: "brightness", factor: 2 }] })).toBe(true);
    expect(boxesFollow({ ...plainView, edits: [{ op: "rotate", degrees: 5 }] })).toBe(false);
  });
});

describe("moved boxes", () => {
  it("come back to where they were, cut off where they were not seen", () => {
    fc.assert(
      fc.property(cases, ({ photo, fit, view, box }) => {
        const placement = place(view, photo, fit, sized(416, 352));
        const { boxes, rows } = moveBoxes(packBoxes([[{ corners: box, class: 3 }]]), 0, placement);
        const back = bringBack(boxes.corners, placement, photo);
        const { window } = placement;
        const seen = [
          Math.max(box[0], window[0]),
          Math.max(box[1], window[1]),
          Math.min(box[2], window[2]),
          Math.min(box[3], window[3]),
        ];
        for (let side = 0; side < back.length; side++) expect(back[side]).toBeCloseTo(seen[side] ?? Number.NaN, 6);
        expect(rows.length).toBe(boxes.classes.length);
        for (const [side, value] of boxes.corners.entries()) {
          expect(value).toBeGreaterThan(-1e-6);
          expect(value).toBeLessThan((side % 2 === 0 ? 416 : 352) + 1e-6);
        }
      }),
      settings,
    );
  });

  it("are the same at 416 and at 640", () => {
    const many = fc
      .constantFrom(...photos)
      .chain((photo) => fc.tuple(fc.constant(photo), fc.array(boxIn(photo), { minLength: 1, maxLength: 20 })));
    fc.assert(
      fc.property(many, viewArbitrary, fc.constantFrom(...fits), ([photo, corners], view, fit) => {
        const boxes = packBoxes([corners.map((one, at) => ({ corners: one, class: at }))]);
        const [small, large] = [416, 640].map((side) =>
          moveBoxes(boxes, 0, place(view, photo, fit, sized(side, side))),
        );
        expect(small?.rows).toEqual(large?.rows);
        expect(small?.dropped).toBe(large?.dropped);
      }),
      settings,
    );
  });

  it("are dropped by shares of what is seen, and counted", () => {
    const boxes = packBoxes([
      [
        { corners: [0, 0, 100, 100], class: 0 },
        { corners: [0, 0, 2, 300], class: 1 },
        { corners: [300, 0, 400, 100], class: 2, area: 5000 },
      ],
    ]);
    const half = place({ left: 91 / 640, width: 549 / 640 }, sized(640, 640), "stretch", sized(64, 64));
    const moved = moveBoxes(boxes, 0, half);
    expect([[...moved.rows], moved.dropped]).toEqual([[2], 2]);
    expect(moved.boxes.areas[0]).toBeCloseTo(5000 * (64 / 549) * (64 / 640), 9);
  });

  it("lie where the rectangle's pixels lie, within a quarter of a pixel", () => {
    fc.assert(
      fc.property(cases, fc.constantFrom(416, 640), ({ photo, fit, view, box }, side) => {
        const viewer: Viewer = { size: sized(side, side), fit };
        const placement = place(view, photo, fit, viewer.size);
        const { boxes } = moveBoxes(packBoxes([[{ corners: box, class: 0 }]]), 0, placement);
        const [left = 0, top = 0, right = 0, bottom = 0] = boxes.corners;
        if (boxes.classes.length === 0) return;
        const found = centroid(photo, box, view, placement, viewer);
        expect(Math.abs(found.x - (left + right) / 2)).toBeLessThan(tolerance(placement.scaleX));
        expect(Math.abs(found.y - (top + bottom) / 2)).toBeLessThan(tolerance(placement.scaleY));
      }),
      settings,
    );
  });
});

/**
 * A quarter of a pixel. Enlarged, an edge is a ramp as long as `scale`; the border of a view that passes through it
 * cuts off up to scale / 8 of the rectangle's brightness at its end, which moves the middle by half of that.
 */
function tolerance(scale: number): number {
  return Math.max(0.25, Math.abs(scale) / 16);
}

/** The middle of a white rectangle on black, by the brightness of the rendered pixels. */
function centroid(photo: ImageSize, box: readonly number[], view: View, placement: Placement, viewer: Viewer) {
  const pixels = new Uint8Array(photo.width * photo.height);
  const [left = 0, top = 0, right = 0, bottom = 0] = box;
  for (let y = top; y < bottom; y++) pixels.fill(255, y * photo.width + left, y * photo.width + right);
  const { width, height } = viewer.size;
  const out = new Uint8Array(width * height);
  const fill = typeof viewer.fit === "string" ? viewer.fit : { ...viewer.fit, fill: 0 };
  renderPlacement({ pixels, size: photo }, view, placement, { ...viewer, fit: fill }, out);
  let [sum, x, y] = [0, 0, 0];
  out.forEach((value, at) => {
    sum += value;
    x += value * ((at % width) + 0.5);
    y += value * (Math.floor(at / width) + 0.5);
  });
  return { x: x / sum, y: y / sum };
}

describe("renderPlacement", () => {
  it("fills what the photo leaves over", () => {
    const viewer: Viewer = { size: sized(4, 4, 3), fit: { ...centred, fill: 114 } };
    const photo = { pixels: new Uint8Array(4 * 2 * 3).fill(9), size: sized(4, 2, 3) };
    const out = new Uint8Array(4 * 4 * 3);
    renderPlacement(photo, plainView, place({}, photo.size, viewer.fit, viewer.size), viewer, out);
    const row = (value: number): number[] => Array.from({ length: 12 }, () => value);
    expect([...out]).toEqual([...row(114), ...row(9), ...row(9), ...row(114)]);
  });
});
