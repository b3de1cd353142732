import type { Answers, Mark, ReadRequest, Show } from "../../../core/index.ts";
import { findBoxes } from "./find-boxes.ts";
import { nmsDefaults } from "./nms.ts";

/** A box with its class, in pixels of the upright photo. */
export interface FoundBox {
  readonly class: string;
  readonly score: number;
  readonly box: readonly [left: number, top: number, right: number, bottom: number];
}

/** What a detector finds in one photo, the surest first. */
export interface PhotoBoxes {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly FoundBox[];
  /** Every class name, in order: colours go by it. */
  readonly classNames: readonly string[];
}

/** Boxes that are shown, as detectors are usually looked at: sure ones, each of one class. */
const shown = { ...nmsDefaults, scoreThreshold: 0.25, iouThreshold: 0.45, multiLabel: false };

export function readBoxes(
  answers: Answers,
  { count, classNames, outputs, imageSize, originals }: ReadRequest,
): readonly PhotoBoxes[] {
  return Array.from({ length: count }, (_, image) => {
    const original = originals[image] ?? imageSize;
    const found = findBoxes(answers, image, original, { ...shown, outputs, imageSize });
    const boxes = found.map(({ class: id, score, corners }): FoundBox => {
      const [left, top, right, bottom] = corners.map((edge) => Math.round(edge * 10) / 10);
      return { class: classNames[id] ?? String(id), score, box: [left ?? 0, top ?? 0, right ?? 0, bottom ?? 0] };
    });
    return { width: original.width, height: original.height, boxes, classNames };
  });
}

const percent = (score: number): string => `${(score * 100).toFixed(0)} %`;

export const showBoxes: Show<PhotoBoxes> = {
  columns: [{ title: "boxes", align: "right" }, { title: "found" }],
  row({ boxes }) {
    const words = boxes.map(({ class: name, score, box }) => `${name} ${percent(score)} [${box.join(", ")}]`);
    return [String(boxes.length), words.join("; ")];
  },
  data: ({ width, height, boxes }) => ({ width, height, boxes }),
  caption: ({ boxes }) => [boxes.length === 1 ? "1 box" : `${boxes.length} boxes`],
  marks: ({ width, height, boxes, classNames }) =>
    boxes.map(
      ({ class: name, score, box: [left, top, right, bottom] }): Mark => ({
        shape: "box",
        left: left / width,
        top: top / height,
        width: (right - left) / width,
        height: (bottom - top) / height,
        label: `${name} ${percent(score)}`,
        group: Math.max(0, classNames.indexOf(name)),
      }),
    ),
};
