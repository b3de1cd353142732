import { KdflowError, type NetworkRequest, plainView } from "../../../core/index.ts";
import { boxFlags } from "../../tasks/detection/boxes.ts";
import { detectionTruth } from "../../tasks/detection/detection-truth.ts";
import { moveBoxes } from "../../tasks/detection/move-boxes.ts";
import { placements } from "../../tasks/detection/placements.ts";
import { originalOf } from "../../tasks/detection/shown-photos.ts";
import { viewerOf } from "../../tasks/detection/viewer.ts";
import type { Anchor } from "./default-anchors.ts";

const count = 9;
const iterations = 100;

/**
 * Nine anchors that fit the training boxes as the network sees them: k-means of widths and heights, each over its
 * standard deviation, begun at the boxes of evenly spaced areas; by area, whole tenths of a pixel.
 *
 * @throws KDF_TRAIN_INPUT without a box
 * @see Redmon, Farhadi (2017), "YOLO9000", arXiv:1612.08242, §2, for the idea
 */
export function fitAnchors(request: NetworkRequest): Anchor[] {
  const sides = boxSides(request).toSorted(byArea);
  if (sides.length === 0) {
    throw new KdflowError("KDF_TRAIN_INPUT", "`anchors: auto` has no training box to fit anchors to", {
      hint: "take `anchors: default`",
      option: "/anchors",
    });
  }
  const [deviationX, deviationY] = [0, 1].map((axis) => deviation(sides.map((side) => side[axis] ?? 0)));
  const distance = ([width, height]: Anchor, [otherWidth, otherHeight]: Anchor): number =>
    ((width - otherWidth) / (deviationX ?? 1)) ** 2 + ((height - otherHeight) / (deviationY ?? 1)) ** 2;
  let centres = Array.from(
    { length: count },
    (_, place): Anchor => sides[Math.floor(((place + 0.5) / count) * sides.length)] ?? [1, 1],
  );
  for (let round = 0; round < iterations; round++) {
    const moved = movedCentres(sides, centres, distance);
    if (moved.every((centre, place) => distance(centre, centres[place] ?? centre) === 0)) break;
    centres = moved;
  }
  return centres.map(([width, height]): Anchor => [tenths(width), tenths(height)]).toSorted(byArea);
}

/** Share of the training boxes that some anchor is within a factor of 4 of, on both sides; 1 without boxes. */
export function bestPossibleRecall(request: NetworkRequest, anchors: readonly Anchor[], most = 4): number {
  const sides = boxSides(request);
  const reached = sides.filter(([width, height]) =>
    anchors.some(([anchorWidth, anchorHeight]) => {
      const ratios = [width / anchorWidth, anchorWidth / width, height / anchorHeight, anchorHeight / height];
      return Math.max(...ratios) < most;
    }),
  );
  return sides.length === 0 ? 1 : reached.length / sides.length;
}

/** Sides of all training boxes but crowds, in pixels of the input, as plain views show them. */
function boxSides({ truth, imageSize }: NetworkRequest): Anchor[] {
  if (truth === undefined) return [];
  const known = detectionTruth({ truth, name: "train" });
  return Array.from({ length: known.sizes.length / 2 }, (_, image) => image).flatMap((image) => {
    const [placement] = placements(plainView, [originalOf(known, image)], viewerOf(imageSize));
    if (placement === undefined) return [];
    const { corners, flags } = moveBoxes(known.boxes, image, placement).boxes;
    return Array.from(flags, (own, box): Anchor => {
      if ((own & boxFlags.crowd) !== 0) return [0, 0];
      const [left = 0, top = 0, right = 0, bottom = 0] = corners.subarray(box * 4, box * 4 + 4);
      return [right - left, bottom - top];
    }).filter(([width, height]) => width > 0 && height > 0);
  });
}

function movedCentres(
  sides: readonly Anchor[],
  centres: readonly Anchor[],
  distance: (one: Anchor, other: Anchor) => number,
): Anchor[] {
  const sums = centres.map(() => ({ width: 0, height: 0, count: 0 }));
  for (const side of sides) {
    let nearest = 0;
    centres.forEach((centre, place) => {
      if (distance(side, centre) < distance(side, centres[nearest] ?? centre)) nearest = place;
    });
    const sum = sums[nearest];
    if (sum === undefined) continue;
    sum.width += side[0];
    sum.height += side[1];
    sum.count += 1;
  }
  return sums.map((sum, place): Anchor => {
    return sum.count === 0 ? (centres[place] ?? [1, 1]) : [sum.width / sum.count, sum.height / sum.count];
  });
}

function byArea(one: Anchor, other: Anchor): number {
  return one[0] * one[1] - other[0] * other[1];
}

/** 1 where all are the same. */
function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1;
}

function tenths(value: number): number {
  return Math.max(0.1, Math.round(value * 10) / 10);
}
