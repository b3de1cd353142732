/**
 * Trains a student on the sum of its loss terms: hard labels, a teacher's soft labels, or both.
 *
 * Geoffrey Hinton, Oriol Vinyals, Jeff Dean (2015), "Distilling the Knowledge in a Neural Network", arXiv:1503.02531.
 */
import {
  type Dataset,
  defineProvider,
  type ProviderOf,
  type ProviderUse,
  type SoftLabels,
  type Teacher,
} from "../../core/index.ts";
import type { TrainDistillOptions } from "../options.ts";
import { checkClassWeights } from "./class-weights.ts";
import { labelInputsOf } from "./label-inputs.ts";
import { lengthenedByEpochs, objectiveDependence } from "./lengthening.ts";

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
  summary: "trains a student on hard labels and, where the loss asks for it, a teacher's soft labels",
  reference: "arXiv:1503.02531",
  cacheVersion: 2,
  cacheIgnore: ["checkpointMinutes"],
  seeded: true,
  lossInputs: ["studentLogits", "teacherLogits", "labels"],
  numeric: true,
  describe({ classWeights }, inputs) {
    const data = inputs["data"]?.[0];
    checkClassWeights(classWeights, data?.classNames);
    return {
      classNames: data?.classNames,
      imageSize: data?.imageSize,
      outputKind: "softmax-logits",
      labelInputs: labelInputsOf(data?.mixes, classWeights),
    };
  },
  lengthening({ schedule }, { loss }, context) {
    const objective = loss?.[0] === undefined ? undefined : objectiveDependence(loss[0], context);
    return lengthenedByEpochs(schedule, objective, context);
  },
  async run(options, inputs, context) {
    const { trainModel } = await import("./train-model.ts");
    const { data, student, loss, softLabels, teacher } = inputs as unknown as DistillInputs;
    const network = await context.provider("networks", student);
    const objective = await context.provider("loss", loss);
    const views = softLabels?.views ?? options.views;
    await trainModel({ context, options, data, network, objective, views, softLabels, teacher });
  },
  open: async ({ directory, digest }) => (await import("./model-files.ts")).openModel(directory, digest),
});
