/**
 * Trains a student on the sum of its loss terms: hard labels, a teacher's soft labels, or both.
 *
 * Geoffrey Hinton, Oriol Vinyals, Jeff Dean (2015), "Distilling the Knowledge in a Neural Network", arXiv:1503.02531.
 */
import {
  type Dataset,
  defineProvider,
  KdflowError,
  type Model,
  type ProviderOf,
  type ProviderUse,
  type SoftLabels,
  type StageContext,
  type Teacher,
} from "../../core/index.ts";
import { checkStartingWeights } from "../networks/weights/open-weights.ts";
import type { TrainDistillOptions } from "../options.ts";
import type { SampleOrder } from "./batches/mixed-order.ts";
import { alignDetectors } from "./checks/align-detectors.ts";
import { cellNotes } from "./checks/cell-notes.ts";
import { checkMetric } from "./checks/check-metric.ts";
import { checkOutputKinds } from "./checks/check-output-kinds.ts";
import { checkSources } from "./checks/check-sources.ts";
import { checkStoredTaps } from "./checks/check-stored-taps.ts";
import { checkLabelledShare } from "./checks/labelled-share.ts";
import { checkLastEpochs } from "./checks/last-epochs.ts";
import { gainNotes, updateNotes } from "./checks/length-notes.ts";
import { lengthenedByEpochs, objectiveDependence } from "./checks/lengthening.ts";
import { teacherCost } from "./checks/teacher-cost.ts";
import { plannedInputs } from "./inputs/planned-inputs.ts";
import { checkFreezing } from "./start/freezing.ts";
import { checkStart } from "./start/start-weights.ts";

interface DistillInputs {
  /** Several are mixed; one may stand alone, without a list. */
  readonly data: Dataset | readonly Dataset[];
  readonly student: ProviderUse;
  readonly loss: ProviderUse;
  readonly softLabels?: SoftLabels | readonly SoftLabels[];
  /** In the loop, where there are no soft labels. */
  readonly teacher?: Teacher;
  /** What the student starts from. */
  readonly weights?: Model | Teacher;
}

export const distill: ProviderOf<"train"> = defineProvider<"train", TrainDistillOptions>("train", {
  id: "distill",
  summary: "trains a student on hard labels and, where the loss asks for it, a teacher's soft labels",
  reference: "arXiv:1503.02531",
  cacheVersion: 2,
  cacheIgnore: ["checkpointMinutes"],
  seeded: true,
  numeric: true,
  withViews: (options, views) => ({ ...options, views }),
  ports: {
    data: { accepts: ["data"], many: true },
    softLabels: { accepts: ["softLabels"], optional: true, many: true },
    weights: { accepts: ["train", "model", "teacher"], optional: true },
  },
  async describe(options, inputs, context, declarations = {}) {
    const { mix, sampling, labelledShare, fresh, freeze, bestMetric, lastEpochs } = options;
    checkSources(mix, inputs);
    checkLastEpochs(lastEpochs, inputs);
    checkStart(fresh, inputs);
    checkFreezing(freeze);
    const sources = inputs["data"] ?? [];
    if (sources.length > 1 && sampling === "balanced") throw balancedSources(sources.length);
    checkLabelledShare(labelledShare, sources);
    const [data] = sources;
    checkMetric(bestMetric, data?.task, context);
    const student = declarations["student"]?.[0];
    if (student !== undefined) await checkStartingWeights(student, context.baseDir);
    const outputKinds = student && context.lookup("networks", student).outputKinds;
    checkStoredTaps(inputs, declarations, context);
    checkOutputKinds(outputKinds, inputs, declarations, context);
    const sideBySide = alignDetectors(inputs, declarations, context);
    return {
      classNames: data?.classNames,
      imageSize: data?.imageSize,
      hasWeights: true,
      outputKinds,
      ...plannedInputs(sources, options, context),
      notes: [
        ...sideBySide,
        ...teacherCost(options, inputs, declarations, context),
        ...updateNotes(options, sources),
        ...(sideBySide.length > 0 ? [] : cellNotes(declarations, data)),
        ...gainNotes(declarations, data),
      ],
    };
  },
  lengthening(options, { loss }, context) {
    const objective = loss?.[0] === undefined ? undefined : objectiveDependence(loss[0], context);
    return lengthenedByEpochs(options, objective, context);
  },
  async run(options, inputs, context) {
    const { trainModel } = await import("./loop/train-model.ts");
    const { student, loss, weights, ...several } = inputs as unknown as DistillInputs;
    const { teacher } = several;
    const network = await context.provider("networks", student);
    const objective = await context.provider("loss", loss);
    const source = await oneSource(options, several, context);
    const views = source.softLabels?.views ?? options.views;
    await trainModel({ context, options, network, objective, views, teacher, weights, ...source });
  },
  open: async ({ directory, digest }) => (await import("./start/model-files.ts")).openModel(directory, digest),
});

/** The data and soft labels of a training; several sources become one. */
async function oneSource(
  { mix, labelledShare: share }: TrainDistillOptions,
  { data, softLabels = [], teacher }: Pick<DistillInputs, "data" | "softLabels" | "teacher">,
  { rng, task }: Pick<StageContext, "rng" | "task">,
): Promise<{ data: Dataset; order?: SampleOrder | undefined; softLabels: SoftLabels | undefined }> {
  const sources = [data].flat() as readonly Dataset[];
  const labels = [softLabels].flat() as readonly SoftLabels[];
  const [only] = sources;
  if (only !== undefined && sources.length === 1) {
    const { labelledOrder } = await import("./batches/labelled-order.ts");
    const taught = labels.length > 0 || teacher !== undefined;
    const order = labelledOrder({ split: only.splits.train, taught, share, rng });
    return { data: only, order, softLabels: labels[0] };
  }
  const { mixedData } = await import("./batches/mixed-data.ts");
  const { mixedOrder } = await import("./batches/mixed-order.ts");
  const mixed = mixedData(sources, labels, task(only?.task ?? ""));
  return { data: mixed.dataset, order: mixedOrder({ counts: mixed.counts, mix, rng }), softLabels: mixed.softLabels };
}

function balancedSources(count: number): KdflowError {
  return new KdflowError("KDF_PLAN_OPTIONS", `\`sampling: balanced\` cannot draw from ${count} sources of data`, {
    hint: "say how much of each source an epoch has by `mix`, and weigh classes by `classWeights: balanced`",
    option: "/sampling",
  });
}
