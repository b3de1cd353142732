import { defineLoss, type ProviderOf } from "../../core/index.ts";
import { oneHot } from "./maths/label-logits.ts";

/**
 * Hard distillation: −log softmax(student)(y), y the class that the teacher holds for the most likely; mean over the
 * batch. Beside `cross-entropy` at equal weights it is the paper's loss, on one head.
 *
 * Inputs: `studentLogits` and `teacherLogits` `[batch, classes]`.
 *
 * @see Touvron, Cord, Douze, Massa, Sablayrolles, Jégou (2021), arXiv:2012.12877, equation 3
 */
export const deitHard: ProviderOf<"losses"> = defineLoss({
  id: "deit-hard",
  summary: "cross-entropy to the teacher's decision (DeiT, Touvron and others 2021)",
  reference: "arXiv:2012.12877",
  cacheVersion: 1,
  needs: ["studentLogits", "teacherLogits"],
  outputKind: "softmax-logits",
  create: (_options: object, { tf }) => ({
    targets: ({ teacherLogits }) => ({
      decisions: oneHot(tf, tf.argMax(teacherLogits, -1), teacherLogits.shape[1] ?? 0),
    }),
    compute: ({ studentLogits, decisions }) => tf.losses.softmaxCrossEntropy(decisions, studentLogits),
  }),
});
