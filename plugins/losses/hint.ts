import { defineLoss, type ProviderOf } from "../../core/index.ts";

/**
 * Mean over batch, places and channels of (fS − fT)², fS the student's features as an adapter makes them.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` of one shape, `[batch, height, width, channels]` or `[batch, channels]`.
 *
 * @see Romero, Ballas, Kahou, Chassang, Gatta, Bengio (2015), "FitNets: hints for thin deep nets", arXiv:1412.6550, equation 3
 */
export const hint: ProviderOf<"losses"> = defineLoss({
  id: "hint",
  summary: "squared distance to the teacher's features (FitNets, Romero and others 2015)",
  reference: "arXiv:1412.6550",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  adapts: true,
  create: (_options: object, { tf, detach }) => ({
    compute: ({ studentFeatures, teacherFeatures }) =>
      tf.mean(tf.squaredDifference(studentFeatures, detach(teacherFeatures))),
  }),
});
