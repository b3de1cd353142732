import { defineProvider, type ProviderOf } from "../../core/index.ts";
import type { SoftLabelsLogitsOptions } from "../options.ts";
import { assertTopK } from "./importing/assert-top-k.ts";
import type { LabelInputs } from "./storing/write-labels.ts";

/** Samples that `kdflow cache verify` labels again. */
const verifySamples = 256;

/**
 * Raw logits of every training sample and view, in Arrow files of `shardSize` samples. Temperature, loss weights,
 * student and seeds play no part, so changing them never asks the teacher again. All of the teacher's classes are kept
 * under its own names; which of them the data has is for the reader to select. Each file is a part of its own: a
 * killed run goes on with the next file, and added data is labelled alone.
 *
 * @see Hinton, Vinyals, Dean (2015), arXiv:1503.02531; stored labels: Shen, Xing (2022), arXiv:2112.01528
 */
export const logits: ProviderOf<"softLabels"> = defineProvider<"softLabels", SoftLabelsLogitsOptions>("softLabels", {
  id: "logits",
  summary: "the teacher's raw logits of every training sample and view, written once",
  reference: "arXiv:1503.02531",
  viewsOf: ({ views }) => views,
  cacheVersion: 2,
  cacheIgnore: ["batchSize"],
  numeric: "inputs",

  describe(options, inputs) {
    const data = inputs["data"]?.[0]?.classNames;
    const teacher = inputs["teacher"]?.[0]?.classNames;
    const classNames = teacher ?? data;
    if (classNames !== undefined) assertTopK(options.topK, classNames.length);
    const outputKinds = inputs["teacher"]?.[0]?.outputKinds;
    return { classNames, views: options.views, outputKinds };
  },

  async run(options, inputs, context) {
    const { writeLabels } = await import("./storing/write-labels.ts");
    await writeLabels(options, inputs as unknown as LabelInputs, context);
  },

  async open({ directory }, _options, context) {
    const { openSoftLabels } = await import("./storing/label-store.ts");
    return openSoftLabels(directory, context.parts);
  },

  async verify({ directory }, _options, inputs, context) {
    const { verifyStored } = await import("./storing/verify.ts");
    const { data, teacher } = inputs as unknown as LabelInputs;
    return verifyStored(directory, data, teacher, verifySamples, context.parts);
  },
});
