import type { Tensor } from "@tensorflow/tfjs";
import { defineLoss, type ProviderOf, type Tf } from "../../core/index.ts";
import type { LossesCwdOptions } from "../options.ts";
import { divergence } from "./maths/divergence.ts";
import { places } from "./maths/rows.ts";

/**
 * Channel-wise distillation: T² · KL(pT ‖ pS), p the softmax of each channel's map over its places at temperature T; mean
 * over batch and channels. Nothing flows to the teacher.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` of one shape, `[batch, height, width, channels]`.
 *
 * @see Shu, Liu, Gao, Yan, Shen (2021), arXiv:2011.13256, equations 4 and 5
 */
export const cwd: ProviderOf<"losses"> = defineLoss({
  id: "cwd",
  summary: "divergence of each channel's map over places (Shu and others 2021)",
  reference: "arXiv:2011.13256",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  adapts: true,
  create: ({ temperature }: LossesCwdOptions, { tf, detach }) => ({
    compute: ({ studentFeatures, teacherFeatures }) => {
      const student = channelLogProbs(tf, studentFeatures, temperature);
      const teacher = channelLogProbs(tf, detach(teacherFeatures), temperature);
      return tf.mul(tf.mean(divergence(tf, student, teacher)), temperature * temperature);
    },
  }),
});

/** `[batch, channels, places]` */
function channelLogProbs(tf: Tf, features: Tensor, temperature: number): Tensor {
  return tf.logSoftmax(tf.div(tf.transpose(places(tf, features), [0, 2, 1]), temperature));
}
