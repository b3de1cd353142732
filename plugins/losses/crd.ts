import type { Tensor, layers as tfLayers, Variable } from "@tensorflow/tfjs";
import { defineLoss, KdflowError, type ProviderOf, type Tf } from "../../core/index.ts";
import type { LossesCrdOptions } from "../options.ts";
import { contrast, likelihoods } from "./maths/contrast.ts";
import { rows } from "./maths/rows.ts";
import { unit } from "./maths/unit.ts";

/**
 * Contrastive representation distillation: −log h(positive) − Σ over K negatives log(1 − h), h = q / (q + K / n),
 * q = exp(cos / T) / Z; the student's embedding against the bank of the teacher's, and the teacher's against the
 * student's, mean over the batch.
 *
 * Embeddings are trained linear maps to `dimensions` numbers of length one, of both features. The bank keeps one of each
 * for each of the n training images, and moves towards that of the batch by `momentum`. Z is n times the mean
 * exp(cos / T) of the first batch, and from then on constant.
 *
 * Inputs: `studentFeatures` and `teacherFeatures` `[batch, ...]` of any two shapes; take `pooled`.
 *
 * @throws KDF_TRAIN_INPUT where the training split has more images than the bank
 * @see Tian, Krishnan, Isola (2020), arXiv:1910.10699, equations 10, 17 to 19; the bank: Wu and others (2018), arXiv:1805.01978
 */
export const crd: ProviderOf<"losses"> = defineLoss({
  id: "crd",
  summary: "contrastive representation distillation with a memory bank (Tian, Krishnan, Isola 2020)",
  reference: "arXiv:1910.10699",
  cacheVersion: 1,
  needs: ["studentFeatures", "teacherFeatures"],
  create({ samples, negatives, dimensions, temperature, momentum }: LossesCrdOptions, { tf, detach }) {
    return {
      prepared: {
        chosen: { shape: [negatives + 1], dtype: "int32" as const },
      },
      prepare({ indices, size }, rng) {
        const chosen = new Int32Array(size * (negatives + 1));
        for (let row = 0; row < size; row++) {
          const own = indices[row] ?? 0;
          if (own >= samples) throw tooSmall(samples, own);
          const start = row * (negatives + 1);
          chosen[start] = own;
          // any image but the row's own
          for (let i = 1; i <= negatives; i++) chosen[start + i] = (own + 1 + rng.integer(samples - 1)) % samples;
        }
        return { chosen };
      },
      layers(shapes, rng) {
        const embedding = (shape: readonly number[] = []): tfLayers.Layer => {
          const kernelInitializer = tf.initializers.heNormal({ seed: rng.uint32() });
          const layer = tf.layers.dense({ units: dimensions, kernelInitializer });
          layer.build([null, shape.reduce((product, length) => product * length, 1)]);
          return layer;
        };
        return { student: embedding(shapes["studentFeatures"]), teacher: embedding(shapes["teacherFeatures"]) };
      },
      state(_shapes, rng) {
        const bank = () => ({
          shape: [samples, dimensions],
          initial: randomBank(samples * dimensions, dimensions, rng),
        });
        return { studentBank: bank(), teacherBank: bank(), studentZ: { shape: [] }, teacherZ: { shape: [] } };
      },
      compute({ studentFeatures, teacherFeatures, chosen }, _scalars, { layers, state }) {
        const embed = (features: Tensor, layer: tfLayers.Layer | undefined): Tensor =>
          unit(tf, layer?.apply(rows(tf, features), { training: true }) as Tensor); // [batch, dimensions]
        const student = embed(studentFeatures, layers["student"]);
        const teacher = embed(detach(teacherFeatures), layers["teacher"]);
        const side = (own: Tensor, bank: Variable, z: Variable): Tensor =>
          contrast(tf, likelihoods(tf, { own, bank, chosen, temperature, z, samples }), samples);
        const { studentBank, teacherBank, studentZ, teacherZ } = state as unknown as Banks;
        const loss = tf.add(side(student, teacherBank, studentZ), side(teacher, studentBank, teacherZ));
        const own = tf.slice(chosen, [0, 0], [student.shape[0] ?? 0, 1]); // [batch, 1]
        move(tf, studentBank, own, detach(student), momentum);
        move(tf, teacherBank, own, detach(teacher), momentum);
        return loss as ReturnType<typeof tf.scalar>;
      },
    };
  },
});

interface Banks {
  readonly studentBank: Variable;
  readonly teacherBank: Variable;
  readonly studentZ: Variable;
  readonly teacherZ: Variable;
}

/** Uniform between ±1 / √(dimensions / 3), so that rows have about length one. */
function randomBank(size: number, dimensions: number, rng: { uniform(): number }): Float32Array {
  const bound = 1 / Math.sqrt(dimensions / 3);
  return Float32Array.from({ length: size }, () => bound * (2 * rng.uniform() - 1));
}

/** Moves the batch's rows of a bank towards its embeddings, and brings them to length one. */
function move(tf: Tf, bank: Variable, own: Tensor, embeddings: Tensor, momentum: number): void {
  const before = tf.gather(bank, tf.reshape(own, [-1]));
  const after = unit(tf, tf.add(tf.mul(before, momentum), tf.mul(embeddings, 1 - momentum)));
  bank.assign(tf.tensorScatterUpdate(bank, own, after));
}

function tooSmall(samples: number, index: number): KdflowError {
  return new KdflowError(
    "KDF_TRAIN_INPUT",
    `the memory bank of crd is for ${samples} images, and image ${index} came`,
    {
      hint: "set its option `samples` to the number of images in the training split",
    },
  );
}
