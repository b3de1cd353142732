import type { Outputs, SoftLabels, Teacher } from "../../../core/index.ts";
import { boxNumbers, detectionId, rowsKind } from "../../tasks/detection/names.ts";
import { rowWidth } from "../../tasks/outputs/answer-rows.ts";
import { noRow } from "../../teachers/detector/top-rows.ts";
import type { LabelInputs } from "../storing/write-labels.ts";
import { labelPhotos } from "./label-photos.ts";

/** Which rows of a detector count. */
export interface OnlineBoxes {
  readonly top: number;
  readonly minScore: number;
}

/** What a teacher in the loop gives: boxes on the photos of a detector, its own outputs of any other. */
export function onlineOutputs({ task, outputs, classNames }: Teacher, { top }: OnlineBoxes): Outputs {
  if (task !== detectionId) return outputs;
  const hasObjectness = Object.values(outputs).every(({ objectness }) => objectness !== false);
  const shape = [top, boxNumbers + classNames.length];
  return { rows: { kind: rowsKind, shape, ...(hasObjectness ? {} : { objectness: false }) } };
}

/** Asks a detector about views, and gives its rows as those that are stored: `[indices.length, top, 5 + classes]`. */
export function readOnline(inputs: LabelInputs, { top, minScore }: OnlineBoxes): SoftLabels["read"] {
  const { data: dataset, teacher } = inputs;
  const size = rowWidth(onlineOutputs(teacher, { top, minScore }));
  const width = size / top;
  return async (indices, views, out) => {
    const rows = Array.from(indices, (sample, place) => ({ sample, view: views[place] ?? 0 }));
    // any view that is asked for
    const request = { dataset, teacher, top, minScore, views: Number.POSITIVE_INFINITY };
    const photos = await labelPhotos(request, rows);
    for (const [place, { values }] of photos.entries()) {
      const own = out.subarray(place * size, (place + 1) * size);
      for (let row = 0; row < top; row++) {
        own.fill(0, row * width, row * width + 4).fill(noRow, row * width + 4, (row + 1) * width);
      }
      own.set(values);
    }
  };
}
