/** Trains a teacher on hard labels, with the same loop as students, and freezes it. */
import {
  comesFromTeacher,
  type Dataset,
  defineProvider,
  KdflowError,
  type LossInputName,
  type Model,
  type PlanContext,
  type ProviderOf,
  type Teacher,
  teacherOf,
} from "../../core/index.ts";
import { detectorWords } from "../networks/detector/detector-words.ts";
import { checkStartingWeights } from "../networks/weights/open-weights.ts";
import type { TeacherTrainOptions } from "../options.ts";
import { detectionId } from "../tasks/detection/names.ts";
import { checkMetric } from "../trainers/checks/check-metric.ts";
import { checkLastEpochs } from "../trainers/checks/last-epochs.ts";
import { lengthenedByEpochs } from "../trainers/checks/lengthening.ts";
import { plannedInputs } from "../trainers/inputs/planned-inputs.ts";
import { checkFreezing } from "../trainers/start/freezing.ts";
import { checkStart } from "../trainers/start/start-weights.ts";

export const train: ProviderOf<"teacher"> = defineProvider<"teacher", TeacherTrainOptions>("teacher", {
  id: "train",
  summary: "trains a network on the labels of the data and uses it as the teacher",
  cacheVersion: 2,
  cacheIgnore: ["checkpointMinutes"],
  seeded: true,
  numeric: true,
  ports: { data: { accepts: ["data"] }, weights: { accepts: ["train", "model", "teacher"], optional: true } },
  async describe(options, inputs, context) {
    const needs = lossInputs(options, context);
    if (needs.includes("studentFeatures")) throw noFeatures(options);
    const missing = needs.filter(comesFromTeacher);
    if (missing.length > 0) {
      const message = `the teacher's own loss "${options.loss.use}" needs ${missing.join(", ")}, and there is no teacher yet`;
      throw new KdflowError("KDF_PLAN_TEACHER_INPUT", message, {
        hint: "give `loss` one on labels, such as cross-entropy",
      });
    }
    const data = inputs["data"]?.[0];
    checkMetric(options.bestMetric, data?.task, context);
    checkStart(options.fresh, inputs);
    checkFreezing(options.freeze);
    checkLastEpochs(options.lastEpochs, inputs);
    assertTakes(options, plannedInputs(inputs["data"] ?? [], options, context), context);
    await checkStartingWeights(options.network, context.baseDir);
    const { classNames, imageSize } = data ?? {};
    const { outputKinds, task } = context.lookup("networks", options.network);
    const words = task === detectionId ? detectorWords(options.network, data?.imageSize) : undefined;
    return { classNames, imageSize, hasWeights: true, outputKinds, words };
  },
  lengthening(options, _declarations, context) {
    const loss = context.lookup("losses", options.loss);
    const objective = loss.dependsOnEpochs?.(loss.options, context);
    return lengthenedByEpochs(options, objective, context);
  },
  async run(options, inputs, context) {
    const { trainModel } = await import("../trainers/loop/train-model.ts");
    const { data, weights } = inputs as unknown as { readonly data: Dataset; readonly weights?: Model | Teacher };
    const network = await context.provider("networks", options.network);
    const term = await context.provider("losses", options.loss);
    const needs = lossInputs(options, context);
    const { takes } = context.lookup("losses", options.loss);
    const objective = { terms: [{ name: options.loss.use, term, needs, takes, weight: () => 1 }] };
    const { labelledOrder } = await import("../trainers/batches/labelled-order.ts");
    const split = data.splits.train;
    const order = labelledOrder({ split, taught: false, count: split.labelled?.length, rng: context.rng });
    await trainModel({ context, options, data, order, network, objective, weights });
  },
  async open({ directory, digest }, _options, context) {
    const { openModel } = await import("../trainers/start/model-files.ts");
    return teacherOf(await openModel(directory, digest), context.backend, context.log);
  },
});

/** @throws KDF_PLAN_LOSS_LABELS where the loss on the labels does not take what there is beside them */
function assertTakes(
  options: TeacherTrainOptions,
  { besides }: ReturnType<typeof plannedInputs>,
  context: PlanContext,
): void {
  const { loss } = options;
  const { takes = [] } = context.lookup("losses", loss);
  const inputs = lossInputs(options, context).flatMap((name) => besides?.[name] ?? []);
  if (inputs.every((input) => takes.includes(input))) return;
  throw new KdflowError(
    "KDF_PLAN_LOSS_LABELS",
    `the teacher's own loss "${loss.use}" does not take ${inputs.join(", ")}, which the training has`,
    {
      hint: "images are mixed by mixup and cutmix, classes weighted by `classWeights`: leave them out, or use cross-entropy",
      option: "/loss",
    },
  );
}

function noFeatures({ loss }: TeacherTrainOptions): KdflowError {
  const message = `the teacher's own loss "${loss.use}" takes features, and there are no taps to take them at`;
  return new KdflowError("KDF_PLAN_FEATURES", message, {
    hint: "give `loss` one on labels, such as cross-entropy",
    option: "/loss",
  });
}

/** What the loss on the labels asks for. */
function lossInputs({ loss }: TeacherTrainOptions, context: PlanContext): readonly LossInputName[] {
  const { needs, options } = context.lookup("losses", loss);
  return typeof needs === "function" ? needs(options) : needs;
}
