import { boxFlags } from "./boxes.ts";
import { type ByClass, sortByScore } from "./by-class.ts";
import { type CocoDetections, type CocoTruth, cocoRules } from "./coco-rules.ts";

/** How the detections of one class fared, over all images. */
export interface ClassMatches {
  /** `[kept]`, rows of the detections, image by image, by falling score within an image. */
  readonly rows: Uint32Array;
  /** `[kept]`, place among the detections of its image and class, from 0. */
  readonly ranks: Uint32Array;
  /** `[area ranges][kept]`, one bit per IoU threshold: matched with some box. */
  readonly matched: readonly Uint16Array[];
  /** `[area ranges][kept]`, one bit per IoU threshold: counts neither for nor against. */
  readonly ignored: readonly Uint16Array[];
  /** `[area ranges]`, boxes to be found. */
  readonly positives: Uint32Array;
}

const { thresholds, areaRanges } = cocoRules;
const allThresholds = 2 ** thresholds.length - 1;
/** The threshold is lowered this far, so that an IoU of exactly 1 still reaches it. */
const belowOne = 1 - 1e-10;

/**
 * Matches the detections of one class with its boxes, image by image, as COCO's evaluation does: by falling score each
 * detection takes the free box of highest IoU that reaches the threshold, of equal ones the later; boxes that are
 * ignored (crowds, or outside the area range) only where no other fits. A crowd may be taken many times.
 *
 * @param limit detections kept per image
 * @see Lin et al. 2014, arXiv 1405.0312; the rules are those of COCO's published evaluation code
 */
export function matchClass(
  truth: CocoTruth,
  truthByClass: ByClass,
  detections: CocoDetections,
  detectionsByClass: ByClass,
  id: number,
  limit: number,
): ClassMatches {
  const boxRows = truthByClass.rows.subarray(truthByClass.starts[id], truthByClass.starts[id + 1]);
  const foundRows = detectionsByClass.rows.subarray(detectionsByClass.starts[id], detectionsByClass.starts[id + 1]);
  const kept = new Uint32Array(foundRows.length);
  const ranks = new Uint32Array(foundRows.length);
  const matched = areaRanges.map(() => new Uint16Array(foundRows.length));
  const ignored = areaRanges.map(() => new Uint16Array(foundRows.length));
  const positives = new Uint32Array(areaRanges.length);
  countPositives(truth, boxRows, positives);
  const matcher = new ImageMatcher(truth, detections);
  let count = 0;
  let boxAt = 0;
  for (let from = 0; from < foundRows.length; ) {
    const image = detectionsByClass.images[foundRows[from] as number] as number;
    let to = from + 1;
    while (to < foundRows.length && detectionsByClass.images[foundRows[to] as number] === image) to++;
    while (boxAt < boxRows.length && (truthByClass.images[boxRows[boxAt] as number] as number) < image) boxAt++;
    let boxEnd = boxAt;
    while (boxEnd < boxRows.length && truthByClass.images[boxRows[boxEnd] as number] === image) boxEnd++;

    const own = foundRows.slice(from, to);
    sortByScore(own, detections.scores);
    const best = own.subarray(0, limit);
    kept.set(best, count);
    for (let rank = 0; rank < best.length; rank++) ranks[count + rank] = rank;
    matcher.match(boxRows.subarray(boxAt, boxEnd), best, matched, ignored, count);
    count += best.length;
    from = to;
    boxAt = boxEnd;
  }
  return {
    rows: kept.subarray(0, count),
    ranks: ranks.subarray(0, count),
    matched: matched.map((masks) => masks.subarray(0, count)),
    ignored: ignored.map((masks) => masks.subarray(0, count)),
    positives,
  };
}

function countPositives(truth: CocoTruth, rows: Uint32Array, positives: Uint32Array): void {
  areaRanges.forEach(({ from, to }, range) => {
    for (const row of rows) {
      if (!isIgnored(truth, row, from, to)) positives[range] = (positives[range] as number) + 1;
    }
  });
}

function isIgnored({ areas, flags }: CocoTruth, row: number, from: number, to: number): boolean {
  const area = areas[row] as number;
  return ((flags[row] as number) & boxFlags.crowd) !== 0 || area < from || area > to;
}

/** Matches one image's detections; keeps its scratch memory from image to image. */
class ImageMatcher {
  readonly #truth: CocoTruth;
  readonly #detections: CocoDetections;
  /** `[detections, boxes]`, the boxes in their own order. */
  #overlaps = new Float64Array(256);
  /** The boxes of the image with those that are ignored last, by place in the image. */
  #order = new Uint32Array(16);
  #taken = new Uint8Array(16);

  constructor(truth: CocoTruth, detections: CocoDetections) {
    this.#truth = truth;
    this.#detections = detections;
  }

  match(
    boxes: Uint32Array,
    found: Uint32Array,
    matched: readonly Uint16Array[],
    ignored: readonly Uint16Array[],
    at: number,
  ): void {
    if (boxes.length > 0) this.#measure(boxes, found);
    areaRanges.forEach(({ from, to }, range) => {
      const matches = matched[range] as Uint16Array;
      const ignores = ignored[range] as Uint16Array;
      if (boxes.length > 0) this.#matchRange(boxes, found.length, from, to, matches, ignores, at);
      for (let place = 0; place < found.length; place++) {
        const area = this.#detections.boxAreas[found[place] as number] as number;
        if (area >= from && area <= to) continue;
        const unmatched = allThresholds & ~(matches[at + place] as number);
        ignores[at + place] = (ignores[at + place] as number) | unmatched;
      }
    });
  }

  #measure(boxes: Uint32Array, found: Uint32Array): void {
    if (this.#overlaps.length < boxes.length * found.length) {
      this.#overlaps = new Float64Array(2 * boxes.length * found.length);
    }
    if (this.#order.length < boxes.length) {
      this.#order = new Uint32Array(2 * boxes.length);
      this.#taken = new Uint8Array(2 * boxes.length);
    }
    let at = 0;
    for (const row of found) {
      for (const box of boxes) this.#overlaps[at++] = this.#overlap(box, row);
    }
  }

  #overlap(box: number, row: number): number {
    const one = this.#truth.corners;
    const other = this.#detections.corners;
    const width =
      Math.min(one[box * 4 + 2] as number, other[row * 4 + 2] as number) -
      Math.max(one[box * 4] as number, other[row * 4] as number);
    if (width <= 0) return 0;
    const height =
      Math.min(one[box * 4 + 3] as number, other[row * 4 + 3] as number) -
      Math.max(one[box * 4 + 1] as number, other[row * 4 + 1] as number);
    if (height <= 0) return 0;
    const shared = width * height;
    const own = this.#detections.boxAreas[row] as number;
    const isCrowd = ((this.#truth.flags[box] as number) & boxFlags.crowd) !== 0;
    return shared / (isCrowd ? own : own + (this.#truth.boxAreas[box] as number) - shared);
  }

  #matchRange(
    boxes: Uint32Array,
    foundCount: number,
    from: number,
    to: number,
    matches: Uint16Array,
    ignores: Uint16Array,
    at: number,
  ): void {
    const order = this.#order;
    let counted = 0;
    let last = boxes.length;
    for (let box = boxes.length - 1; box >= 0; box--) {
      if (isIgnored(this.#truth, boxes[box] as number, from, to)) order[--last] = box;
    }
    for (let box = 0; box < boxes.length; box++) {
      if (!isIgnored(this.#truth, boxes[box] as number, from, to)) order[counted++] = box;
    }
    for (let threshold = 0; threshold < thresholds.length; threshold++) {
      const bit = 1 << threshold;
      this.#taken.fill(0, 0, boxes.length);
      for (let place = 0; place < foundCount; place++) {
        const chosen = this.#choose(boxes, counted, place, thresholds[threshold] as number);
        if (chosen < 0) continue;
        this.#taken[chosen] = 1;
        matches[at + place] = (matches[at + place] as number) | bit;
        if (chosen >= counted) ignores[at + place] = (ignores[at + place] as number) | bit;
      }
    }
  }

  /** Place in the order of the box that a detection takes, −1 for none. */
  #choose(boxes: Uint32Array, counted: number, place: number, threshold: number): number {
    const { flags } = this.#truth;
    let best = Math.min(threshold, belowOne);
    let chosen = -1;
    for (let next = 0; next < boxes.length; next++) {
      // a box that counts is not given up for one that does not
      if (next === counted && chosen >= 0) break;
      const box = this.#order[next] as number;
      const isCrowd = ((flags[boxes[box] as number] as number) & boxFlags.crowd) !== 0;
      if (this.#taken[next] === 1 && !isCrowd) continue;
      const overlap = this.#overlaps[place * boxes.length + box] as number;
      if (overlap < best) continue;
      best = overlap;
      chosen = next;
    }
    return chosen;
  }
}
