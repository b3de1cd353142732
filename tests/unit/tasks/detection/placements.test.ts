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
    .map(([x, y, w, h]): Box => {
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
  .map((one) => one as { photo: ImageSize; fit: Fit; view: View; box: Box });

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
    let enlarged = 0;
    fc.assert(
      fc.property(cases, fc.constantFrom(416, 640), ({ photo, fit, view, box }, side) => {
        const compared = compare(photo, fit, view, box, side);
        for (const { apart, scale, isCut } of compared) {
          expect(apart).toBeLessThan(isCut ? Math.max(quarter, scale / 16) : quarter);
          if (scale > 4 && !isCut) enlarged++;
        }
      }),
      settings,
    );
    expect(enlarged).toBeGreaterThan(0);
  });

  it("lie where the rectangle's pixels lie at any enlargement of views of whole pixels", () => {
    const side = fc.integer({ min: 6, max: 40 });
    const small = fc.tuple(side, side).chain(([width, height]) =>
      fc.record({
        photo: fc.constant(sized(width, height)),
        box: boxIn(sized(width, height)),
        left: fc.integer({ min: 0, max: 2 }),
        top: fc.integer({ min: 0, max: 2 }),
        flip: fc.boolean(),
        fit: fc.constantFrom<Fit>("stretch", centred, corner),
      }),
    );
    let largest = 0;
    fc.assert(
      fc.property(small, fc.constantFrom(416, 640), ({ photo, box, left, top, flip, fit }, canvas) => {
        const { width, height } = photo;
        const view = { left: left / width, top: top / height, width: 1 - left / width, height: 1 - top / height, flip };
        for (const { apart, scale, isCut } of compare(photo, fit, view, box, canvas)) {
          expect(isCut).toBe(false);
          expect(apart).toBeLessThan(quarter);
          largest = Math.max(largest, scale);
        }
      }),
      { ...settings, numRuns: 60 },
    );
    expect(largest).toBeGreaterThan(60);
  });
});

const quarter = 0.25;
type Box = readonly [number, number, number, number];

/** For both axes: how far the middle of a rectangle's pixels lies from the middle of its moved box; none if dropped. */
function compare(photo: ImageSize, fit: Fit, view: View, box: Box, side: number) {
  const viewer: Viewer = { size: sized(side, side), fit };
  const placement = place(view, photo, fit, viewer.size);
  const { boxes } = moveBoxes(packBoxes([[{ corners: box, class: 0 }]]), 0, placement);
  if (boxes.classes.length === 0) return [];
  const pixels = renderBox(photo, box, view, placement, viewer);
  return [0, 1].map((axis) => {
    const scale = Math.abs(axis === 0 ? placement.scaleX : placement.scaleY);
    const isCut = cutsRamp(box, placement, axis);
    const profile = profileOf(pixels, side, axis);
    const middle = ((boxes.corners[axis] ?? 0) + (boxes.corners[axis + 2] ?? 0)) / 2;
    return { apart: Math.abs(middleOf(isCut ? profile : sharpened(profile, scale)) - middle), scale, isCut };
  });
}

/**
 * Whether a view's border passes through the ramp that an edge becomes when it is enlarged: it lies less than a pixel of
 * the photo from the edge. A view is cut out before it is enlarged, so that of a ramp whose edge is `d` inside, up to
 * d (1 − d) / 2 of a pixel of the photo is too bright or too dark, 1 / 8 at most, at the end of the rectangle. That moves
 * the middle of its pixels by half as much, scale / 16, while the box is where it should be: more than a quarter of a
 * pixel of the canvas beyond an enlargement of 4.
 */
function cutsRamp(box: Box, { window }: Placement, axis: number): boolean {
  const [start = 0, end = 0] = [window[axis], window[axis + 2]];
  return [box[axis] ?? 0, box[axis + 2] ?? 0].some(
    (edge) => edge > start + hair && edge < end - hair && (edge - start < 1 - hair || end - edge < 1 - hair),
  );
}

/** Windows come as shares of a side. */
const hair = 1e-9;

/** A white rectangle on black, as a viewer sees it. */
function renderBox(photo: ImageSize, box: Box, view: View, placement: Placement, viewer: Viewer): Uint8Array {
  const pixels = new Uint8Array(photo.width * photo.height);
  const [left, top, right, bottom] = box;
  for (let y = top; y < bottom; y++) pixels.fill(255, y * photo.width + left, y * photo.width + right);
  const out = new Uint8Array(viewer.size.width * viewer.size.height);
  const fill = typeof viewer.fit === "string" ? viewer.fit : { ...viewer.fit, fill: 0 };
  renderPlacement({ pixels, size: photo }, view, placement, { ...viewer, fit: fill }, out);
  return out;
}

/** Brightness along one axis of a square canvas, summed over the other. */
function profileOf(pixels: Uint8Array, side: number, axis: number): Float64Array {
  const profile = new Float64Array(side);
  pixels.forEach((value, at) => {
    const along = axis === 0 ? at % side : Math.floor(at / side);
    profile[along] = (profile[along] ?? 0) + value;
  });
  return profile;
}

/**
 * Enlarged, an edge is a ramp as long as `scale`, of half the brightness where the edge is. One that ends within the
 * canvas beside one at its border would pull the middle of the brightness away; so the ramps are made as steep as those
 * of a photo that is not enlarged, about the same places.
 */
function sharpened(profile: Float64Array, scale: number): Float64Array {
  if (scale <= 1) return profile;
  const most = Math.max(...profile);
  return profile.map((value) => Math.min(1, Math.max(0, (value / most - 0.5) * scale + 0.5)));
}

function middleOf(profile: Float64Array): number {
  const sum = profile.reduce((total, value) => total + value, 0);
  return profile.reduce((total, value, at) => total + value * (at + 0.5), 0) / sum;
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
