import { defineLoss, type ProviderOf } from "../../core/index.ts";
import { contextDistance } from "./maths/context-distance.ts";

/**
 * Hierarchical context loss at one pair of taps: mean squared distances of the maps, and at half the weight each time of
 * their averages over 4×4, 2×2 and 1×1 fields, over the sum of the weights. Nothing flows to the teacher.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` of one shape, `[batch, height, width, channels]` or `[batch, channels]`.
 *
 * @see Chen, Liu, Zhao, Jia (2021), arXiv:2104.09044, §3.3
 */
export const hcl: ProviderOf<"losses"> = defineLoss({
  id: "hcl",
  summary: "hierarchical context loss, the distance of ReviewKD (Chen and others 2021)",
  reference: "arXiv:2104.09044",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  adapts: true,
  create: (_options: object, { tf, detach }) => ({
    compute: ({ studentFeatures, teacherFeatures }) => contextDistance(tf, studentFeatures, detach(teacherFeatures)),
  }),
});
