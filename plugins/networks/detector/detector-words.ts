import { type ImageSize, type ProviderUse, type SideLengths, sidesOf } from "../../../core/index.ts";
import { levelNames, strideOf } from "./levels.ts";

/**
 * What is known of a detector of parts before it is built, in words for the plan: `224×224, letterbox, cells p3 28×28,
 * p4 14×14, p5 7×7 at strides 8, 16, 32, anchors auto, with objectness`.
 *
 * @param seen the data's size and fit, which is that of a network that says none itself
 */
export function detectorWords(network: ProviderUse | undefined, seen: ImageSize | undefined): string {
  const named = network?.["imageSize"] as SideLengths | undefined;
  const { height, width } = named === undefined ? (seen ?? { height: 0, width: 0 }) : sidesOf(named);
  const fit = seen?.fit === undefined ? "" : `, ${typeof seen.fit === "string" ? seen.fit : "letterbox"}`;
  const cells = levelNames.map((level) => `${level} ${width / strideOf[level]}×${height / strideOf[level]}`);
  const strides = levelNames.map((level) => strideOf[level]).join(", ");
  const own = network?.["anchors"];
  const anchors = typeof own === "string" ? `anchors ${own}` : "anchors of its own";
  return `${width}×${height}${fit}, cells ${cells.join(", ")} at strides ${strides}, ${anchors}, with objectness`;
}
