import type { Tensor } from "@tensorflow/tfjs";
import { defineLoss, KdflowError, type LossShapes, type ProviderOf, type Tf } from "../../core/index.ts";
import { poolToSmaller } from "./maths/pool.ts";
import { places } from "./maths/rows.ts";

/**
 * Flow of solution procedure: mean (GS − GT)², G = Σ over places of early · late / places, one number for each pair of a
 * channel of the early map and one of the late; the larger map is averaged to the size of the smaller one first. Nothing
 * flows to the teacher.
 *
 * Inputs: `studentFeatures1`, `teacherFeatures1` (early) and `studentFeatures2`, `teacherFeatures2` (late), each
 * `[batch, height, width, channels]`, student and teacher with as many channels.
 *
 * @throws KDF_TRAIN_FEATURES for other than two pairs of taps, and for other numbers of channels
 * @see Yim, Joo, Bae, Kim (2017), "A gift from knowledge distillation", CVPR, equations 1 and 2
 */
export const fsp: ProviderOf<"losses"> = defineLoss({
  id: "fsp",
  summary: "flow between two layers (Yim and others 2017)",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  joins: true,
  create: (_options: object, { tf, detach }) => ({
    layers(shapes) {
      checkPairs(shapes);
      return {};
    },
    compute(inputs: Readonly<Record<string, Tensor>>) {
      const of = (name: string): Tensor => inputs[name] as Tensor;
      const student = flow(tf, of("studentFeatures1"), of("studentFeatures2"));
      const teacher = flow(tf, detach(of("teacherFeatures1")), detach(of("teacherFeatures2")));
      return tf.mean(tf.squaredDifference(student, teacher));
    },
  }),
});

/** `[batch, early channels, late channels]` */
function flow(tf: Tf, early: Tensor, late: Tensor): Tensor {
  const [first, second] = poolToSmaller(tf, early, late);
  const [a, b] = [places(tf, first), places(tf, second)];
  return tf.div(tf.matMul(a, b, true, false), a.shape[1] ?? 1);
}

function checkPairs(shapes: LossShapes): void {
  const pairs = Object.keys(shapes).filter((name) => name.startsWith("studentFeatures")).length;
  if (pairs !== 2) {
    throw new KdflowError("KDF_TRAIN_FEATURES", `fsp compares two pairs of taps, and has ${pairs}`, {
      hint: "name an early and a late pair: `at: { stage2: stage2, stage3: stage3 }`",
    });
  }
  for (const pair of [1, 2]) {
    const [student, teacher] = [`studentFeatures${pair}`, `teacherFeatures${pair}`].map((name) => shapes[name]?.at(-1));
    if (student === teacher) continue;
    throw new KdflowError(
      "KDF_TRAIN_FEATURES",
      `fsp compares ${student} channels of the student with ${teacher} of the teacher`,
      { hint: "choose taps with as many channels; hint or attention-transfer compare others" },
    );
  }
}
