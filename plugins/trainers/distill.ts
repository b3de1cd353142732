/**
 * Trains a student on the sum of its loss terms: hard labels, a teacher's soft labels, or both.
 *
 * Geoffrey Hinton, Oriol Vinyals, Jeff Dean (2015), "Distilling the Knowledge in a Neural Network", arXiv:1503.02531.
 */
import {
  type Dataset,
  defineProvider,
  type ImageSize,
  type Network,
  type ProviderOf,
  type ProviderUse,
  type SoftLabels,
  type Teacher,
} from "../../core/index.ts";
import type { TrainDistillOptions } from "../options.ts";
import { openModel, writeModel } from "./model-files.ts";
import { trainNetwork } from "./training-loop.ts";

interface DistillInputs {
  readonly data: Dataset;
  readonly student: ProviderUse;
  readonly loss: ProviderUse;
  readonly softLabels?: SoftLabels;
  /** In the loop, where there are no soft labels. */
  readonly teacher?: Teacher;
}

export const distill: ProviderOf<"train"> = defineProvider<"train", TrainDistillOptions>("train", {
  id: "distill",
  summary: "Trains a student on hard labels and, where the loss asks for it, a teacher's soft labels.",
  reference: "arXiv:1503.02531",
  cacheVersion: 1,
  cacheIgnore: ["checkpointMinutes"],
  seeded: true,
  lossInputs: ["studentLogits", "teacherLogits", "labels"],
  numeric: true,
  describe: (_options, inputs) => ({
    classNames: inputs["data"]?.[0]?.classNames,
    imageSize: inputs["data"]?.[0]?.imageSize,
    outputKind: "softmax-logits",
  }),
  async run(options, inputs, context) {
    const { data, student, loss, softLabels, teacher } = inputs as unknown as DistillInputs;
    const network = await context.provider("networks", student);
    const inputSize = inputSizeOf(network, data);
    const trained = await trainNetwork({
      context,
      source: {
        dataset: data,
        inputSize,
        batchSize: options.batchSize,
        views: softLabels?.views ?? options.views,
        softLabels,
        teacher,
        orderOf: (epoch) => context.rng("order", epoch),
      },
      network,
      objective: await context.provider("loss", loss),
      optimizer: await context.provider("optimizers", options.optimizer),
      schedule: await context.provider("schedules", options.schedule),
      epochs: options.epochs,
      clipNorm: options.clipNorm,
      bestMetric: options.bestMetric,
      checkpointMinutes: options.checkpointMinutes,
    });
    await writeModel(context.outputDir, trained, data.classNames, inputSize);
    trained.built.model.dispose();
  },
  open: (artifact) => openModel(artifact.directory, artifact.digest),
});

/** The network's own input size where it has one, else the images'. */
export function inputSizeOf(network: Network, data: Dataset): ImageSize {
  const side = network.inputSize;
  return side === undefined ? data.imageSize : { ...data.imageSize, height: side, width: side };
}
