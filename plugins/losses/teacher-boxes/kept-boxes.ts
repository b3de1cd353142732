import { nmsDefaults, suppress } from "../../tasks/detection/nms.ts";
import { bestOf, type TeacherRows } from "./rows-of-batch.ts";

export interface KeepOptions {
  /** Boxes count whose best class scores above this. */
  readonly minScore: number;
  /** A box falls to a surer one, of whichever class, above this IoU. */
  readonly iouThreshold: number;
  /** Most boxes of an image, the surest. */
  readonly boxes: number;
}

/** A box that is left after suppression. */
export interface KeptBox {
  readonly row: number;
  /** The best class of the row. */
  readonly class: number;
  readonly score: number;
}

/** A teacher's boxes of one image after suppression across classes, by falling score: one thing is one box. */
export function keptBoxes(rows: TeacherRows, { minScore, iouThreshold, boxes }: KeepOptions): readonly KeptBox[] {
  const there = Array.from({ length: rows.count }, (_, row) => row).filter((row) => rows.isThere(row));
  const best = there.map((row) => bestOf(rows, row));
  const kept = suppress(
    {
      corners: Float64Array.from(there.flatMap((row) => rows.corners(row))),
      // another class for the same box is among its probabilities
      classes: new Int32Array(best.length),
      scores: Float64Array.from(best, (each) => each.score),
    },
    { ...nmsDefaults, scoreThreshold: minScore, iouThreshold, maxDetections: boxes },
  );
  return Array.from(kept, (place): KeptBox => {
    const { class: id = -1, score = 0 } = best[place] ?? {};
    return { row: there[place] ?? 0, class: id, score };
  });
}
