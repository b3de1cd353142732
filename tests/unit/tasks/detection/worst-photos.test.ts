import { expect, it } from "vitest";
import { boxFlags, packBoxes } from "../../../../plugins/tasks/detection/boxes.ts";
import type { Detection } from "../../../../plugins/tasks/detection/detections.ts";
import { worstPhotos } from "../../../../plugins/tasks/detection/worst-photos.ts";

const box = (left: number, id = 0, flags = 0) => ({ corners: [left, 0, left + 10, 10] as const, class: id, flags });
const found = (left: number, id = 0): Detection => ({ corners: [left, 0, left + 10, 10], class: id, score: 0.5 });

it("puts the photos with most boxes missed or wrong first", () => {
  const truth = packBoxes([
    [box(0), box(20)],
    [box(0, 1), box(20, 1), box(40, 1)],
    [box(0, 0, boxFlags.difficult), box(20, 0, boxFlags.crowd)],
    [box(0)],
  ]);
  const detections = [
    // one a little off, one found twice
    [found(1), found(20), found(21)],
    // one of another class
    [found(0, 0), found(20, 1)],
    // crowds take any number
    [found(20), found(21)],
    [found(0)],
  ];
  expect(worstPhotos(truth, detections)).toEqual([
    { image: 1, missed: 2, wrong: 1 },
    { image: 0, missed: 0, wrong: 1 },
    { image: 2, missed: 0, wrong: 0 },
    { image: 3, missed: 0, wrong: 0 },
  ]);
});
