import { expect, it } from "vitest";
import { trainingPhotos } from "../../../plugins/data/boxes/box-options.ts";
import { cellNotes } from "../../../plugins/trainers/checks/cell-notes.ts";
import { gainNotes, updateNotes } from "../../../plugins/trainers/checks/length-notes.ts";

const data = { stage: "data", classNames: ["a", "b", "c", "d"], imageSize: { height: 320, width: 320, channels: 3 } };

it("counts updates of whole epochs, the last batch of each included", () => {
  const exact = { ...data, training: { samples: 205, about: false } };
  expect(updateNotes({ epochs: 60, batchSize: 8 }, [exact])).toEqual([
    "training: 1560 updates, 26 an epoch of 205 photos",
  ]);
  const drawn = { ...data, training: { samples: 100, about: true } };
  expect(updateNotes({ epochs: 2, batchSize: 16, accumulate: 4 }, [drawn])).toEqual([
    "training: about 4 updates, 2 an epoch of about 100 photos",
  ]);
  expect(updateNotes({ epochs: 2, batchSize: 16 }, [data])).toEqual([]);
});

it("tells the gains of yolov7 for four classes at 320 pixels where they are rescaled", () => {
  const options = { box: 0.05, class: 0.5, objectness: 1 };
  const loss = (rescale: boolean) => [{ use: "sum", yolov7: { use: "yolov7", options: { ...options, rescale } } }];
  const [note] = gainNotes({ loss: loss(true), student: [] }, data);
  expect(note).toContain(`box 0.05, class ${(0.5 * 4) / 80}, objectness ${(320 * 320) / 640 ** 2}`);
  expect(gainNotes({ loss: loss(false), student: [] }, data)).toEqual([]);
  const [own] = gainNotes({ loss: loss(true), student: [{ use: "yolo", imageSize: [160, 640] }] }, data);
  expect(own).toContain("objectness 0.25");
});

it("counts the cells of a detector with anchors at the size that it sees", () => {
  const boxes = { ...data, task: "detection" };
  const [usual] = cellNotes({ student: [{ use: "yolo", anchors: "auto", imageSize: [160, 640] }] }, boxes);
  expect(usual).toContain(`cells 20×80, 10×40, 5×20, 3 anchors at each: ${3 * (1600 + 400 + 100)} an image`);
  const own = [1, 2, 3, 4, 5, 6].map((side) => [side, side]);
  const [given] = cellNotes({ student: [{ use: "yolo", anchors: own }] }, boxes);
  expect(given).toContain(`cells 40×40, 20×20, 10×10, 2 anchors at each: ${2 * (1600 + 400 + 100)} an image`);
  expect(cellNotes({ student: [{ use: "classifier" }] }, data)).toEqual([]);
});

it("takes shares that are still to be drawn off the photos that there are", () => {
  const entry = { path: "", labels: "", boxes: () => [] };
  const entries = [...Array.from({ length: 50 }, () => ({ ...entry, split: undefined }))];
  const listing = { entries: [...entries, { ...entry, split: "test" as const }], given: new Set(["test"] as const) };
  const options = { root: "", maxBadImages: 0, augment: [], imageSize: 64, fit: "stretch" as const };
  expect(trainingPhotos(options, listing)).toEqual({ samples: 50, about: false });
  expect(trainingPhotos({ ...options, validation: 0.2, test: "test" }, listing)).toEqual({ samples: 40, about: true });
  expect(trainingPhotos({ ...options, limit: 10 }, listing)).toEqual({ samples: 10, about: false });
  expect(trainingPhotos({ ...options, overfit: 8, validation: 0.2 }, listing)).toEqual({ samples: 8, about: false });
});
