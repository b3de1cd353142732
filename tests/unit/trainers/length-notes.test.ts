import { expect, it } from "vitest";
import { trainingPhotos } from "../../../plugins/data/boxes/box-options.ts";
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
