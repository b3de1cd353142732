/**
 * The same training step as a user of stock tfjs-node writes it: stock layers, TensorFlow.js's own momentum optimizer.
 * A process of the step bench.
 */

import type { Scalar, Tensor } from "@tensorflow/tfjs";
import { layerVariable, loadLayersModel, type Tf } from "../../../core/index.ts";
import { findNative } from "../../../plugins/backends/native/cache.ts";
import { loadTensorflow } from "../../../plugins/backends/tensorflow/load-tensorflow.ts";
import { countParameters } from "../../../plugins/networks/measures/multiply-adds.ts";
import { type Rival, type RivalRequest, type RivalSkipped, serveRival } from "./rival-protocol.ts";
import { readBatches, readSetup } from "./step-files.ts";
import type { StepBatch, StepSetup } from "./step-setup.ts";

await serveRival({ readSetup, readBatches }, createRival);

async function createRival({
  folder,
  setup,
  threads,
}: RivalRequest<StepSetup, StepBatch>): Promise<Rival<StepBatch> | RivalSkipped> {
  const install = await findNative();
  if (install === undefined) return { skipped: "no native backend" };
  const tf = await loadTensorflow(install.packageFolder, threads);
  // kdflow exports stock layers only, so this is the network that `tf.layers` makes
  const model = await loadLayersModel(tf, folder);
  const variables = model.trainableWeights.map(layerVariable);
  const optimizer = tf.train.momentum(setup.learningRate, setup.momentum);
  const { binding } = tf.backend() as unknown as { readonly binding: { readonly TF_Version: string } };

  const step = async ({ pixels, labels, teacherLogits }: StepBatch): Promise<number> => {
    const value = tf.tidy(() => {
      const images = tf.cast(tf.tensor(pixels, [setup.batchSize, setup.side, setup.side, 3], "int32"), "float32");
      const teacher = tf.tensor2d(teacherLogits, [setup.batchSize, setup.classes]);
      const { value: loss, grads } = tf.variableGrads(() => {
        const logits = model.apply(images, { training: true }) as Tensor;
        return lossOf(tf, setup, { logits, teacher, labels: tf.tensor1d(labels, "int32") });
      }, variables);
      const gradients = variables.map((variable) => {
        const gradient = grads[variable.name];
        if (gradient === undefined) throw new Error(`no gradient reaches "${variable.name}"`);
        const decayed = variable.rank > 1;
        const tensor = decayed ? tf.add(gradient, tf.mul(variable, setup.weightDecay)) : gradient;
        return { name: variable.name, tensor };
      });
      optimizer.applyGradients(gradients);
      return loss;
    });
    const [loss = Number.NaN] = value.dataSync();
    value.dispose();
    return loss;
  };
  return {
    parameters: countParameters(model).trainable,
    createMs: 0,
    versions: { tfjs: tf.version.tfjs, TensorFlow: binding.TF_Version },
    step,
  };
}

interface LossInputs {
  readonly logits: Tensor;
  readonly teacher: Tensor;
  readonly labels: Tensor;
}

/** Cross-entropy and distillation, `[]`. */
function lossOf(tf: Tf, setup: StepSetup, { logits, teacher, labels }: LossInputs): Scalar {
  const { classes, temperature, hardWeight, softWeight } = setup;
  const hard = tf.losses.softmaxCrossEntropy(tf.oneHot(labels, classes), logits);
  const studentLogProbs = tf.logSoftmax(tf.div(logits, temperature));
  const teacherLogProbs = tf.logSoftmax(tf.div(teacher, temperature));
  const pointwise = tf.mul(tf.exp(teacherLogProbs), tf.sub(teacherLogProbs, studentLogProbs));
  const soft = tf.mul(tf.mean(tf.sum(pointwise, -1)), temperature ** 2);
  return tf.add(tf.mul(hard, hardWeight), tf.mul(soft, softWeight)) as Scalar;
}
