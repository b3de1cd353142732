import type { DetectionRows } from "../../tasks/detection/decoders/detection-rows.ts";
import { rowCandidates } from "../../tasks/detection/decoders/row-candidates.ts";
import { iou } from "../../tasks/detection/iou.ts";
import { nmsDefaults, suppress } from "../../tasks/detection/nms.ts";

export interface ChooseRequest {
  /** Most rows of an image. */
  readonly top: number;
  /** Rows are looked at whose best class scores above this. */
  readonly minScore: number;
}

export interface ChosenRows {
  /** Row numbers: those of suppressed boxes first, by falling score, then others that are near them. */
  readonly rows: Uint32Array;
  /** How many of them the boxes after suppression are. */
  readonly boxes: number;
  /** Boxes after suppression that found no room. */
  readonly cut: number;
}

/** Rows that overlap a chosen one by more say nothing new. */
const nearlySame = 0.9;

/**
 * The rows of an image that are stored. By score alone a few large things would take all of them, because hundreds of
 * rows tell of each; so every box that is left after suppression within classes has its row first, and what room there
 * is goes to the surest others that are no near copies.
 */
export function chooseRows(rows: DetectionRows, { top, minScore }: ChooseRequest): ChosenRows {
  const candidates = rowCandidates(rows, { scoreThreshold: minScore, multiLabel: true });
  const all = { ...nmsDefaults, scoreThreshold: minScore, maxDetections: candidates.scores.length };
  const kept = new Set(Array.from(suppress(candidates, all), (place) => candidates.rows[place] as number));
  const chosen = [...kept].slice(0, top);
  const boxes = chosen.length;
  const best = new Map<number, number>();
  candidates.rows.forEach((row, place) => {
    if (!kept.has(row)) best.set(row, Math.max(best.get(row) ?? 0, candidates.scores[place] as number));
  });
  const { corners } = rows;
  const others = [...best].sort(([row, score], [otherRow, other]) => other - score || row - otherRow);
  for (const [row] of others) {
    if (chosen.length >= top) break;
    if (chosen.every((other) => iou(corners, other, corners, row) <= nearlySame)) chosen.push(row);
  }
  return { rows: Uint32Array.from(chosen), boxes, cut: kept.size - boxes };
}
