/** Trains a teacher on hard labels, with the same loop as students, and freezes it. */
import { type Dataset, defineProvider, type ProviderOf, teacherOf } from "../../core/index.ts";
import type { TeacherTrainOptions } from "../options.ts";
import { inputSizeOf } from "../trainers/distill.ts";
import { openModel, writeModel } from "../trainers/model-files.ts";
import { trainNetwork } from "../trainers/training-loop.ts";

export const train: ProviderOf<"teacher"> = defineProvider<"teacher", TeacherTrainOptions>("teacher", {
  id: "train",
  summary: "Trains a network on the labels of the data and uses it as the teacher.",
  cacheVersion: 1,
  cacheIgnore: ["checkpointMinutes"],
  seeded: true,
  numeric: true,
  ports: { data: { accepts: ["data"] } },
  describe: (_options, inputs) => ({
    classNames: inputs["data"]?.[0]?.classNames,
    imageSize: inputs["data"]?.[0]?.imageSize,
    outputKind: "softmax-logits",
  }),
  async run(options, inputs, context) {
    const { data } = inputs as unknown as { readonly data: Dataset };
    const network = await context.provider("networks", options.network);
    const inputSize = inputSizeOf(network, data);
    const term = await context.provider("losses", options.loss);
    const trained = await trainNetwork({
      context,
      source: {
        dataset: data,
        inputSize,
        batchSize: options.batchSize,
        views: undefined,
        softLabels: undefined,
        teacher: undefined,
        orderOf: (epoch) => context.rng("order", epoch),
      },
      network,
      objective: { terms: [{ name: options.loss.use, term, needs: ["studentLogits", "labels"], weight: () => 1 }] },
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
  async open(artifact, _options, context) {
    return teacherOf(await openModel(artifact.directory, artifact.digest), context.tf);
  },
});
