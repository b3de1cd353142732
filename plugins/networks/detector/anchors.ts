import { KdflowError, type NetworkRequest } from "../../../core/index.ts";
import { type Anchor, type Anchors, defaultAnchors } from "./default-anchors.ts";
import { fitAnchors } from "./fit-anchors.ts";
import { levelNames } from "./levels.ts";

/** As pipelines write them: sides in pixels of the input, from fine to coarse, as many at each level. */
export type AnchorsOption = "default" | "auto" | readonly (readonly number[])[];

/**
 * Anchors for a network: those of YOLOv7-tiny, those given, or those that fit the training boxes where these are known.
 *
 * @throws KDF_PLAN_OPTIONS for a number that cannot be shared among three levels; KDF_TRAIN_INPUT for `auto` where
 * there are no boxes to fit
 */
export function anchorsOf(option: AnchorsOption, request: NetworkRequest): Anchors {
  // without the data only shapes are asked for
  if (option === "default" || (option === "auto" && request.truth === undefined)) return defaultAnchors;
  const all =
    option === "auto" ? fitAnchors(request) : option.map(([width = 0, height = 0]): Anchor => [width, height]);
  const each = all.length / levelNames.length;
  if (!Number.isInteger(each) || each === 0) {
    throw new KdflowError("KDF_PLAN_OPTIONS", `${all.length} anchors cannot be shared among three levels`, {
      hint: "give as many for each level, from fine to coarse: nine as a rule",
      option: "/anchors",
    });
  }
  return { p3: all.slice(0, each), p4: all.slice(each, 2 * each), p5: all.slice(2 * each) };
}
