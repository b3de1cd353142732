import { allowedHint, defineProvider, KdflowError, type ProviderOf } from "../../core/index.ts";
import type { SoftLabelsFeaturesOptions } from "../options.ts";
import type { LabelInputs } from "./storing/write-labels.ts";

/** Samples that `kdflow cache verify` asks about again. */
const verifySamples = 64;

/**
 * A teacher's raw outputs and its features at some taps, of every training sample and view, in Arrow files of
 * `shardSize` samples. A training reads both there and never asks the teacher. Temperature, loss weights, adapters,
 * student and seeds play no part; the tensor behind each tap does.
 *
 * Worth it where views are few: a map of 14×14×256 takes 100 kB for each of them.
 */
export const features: ProviderOf<"softLabels"> = defineProvider<"softLabels", SoftLabelsFeaturesOptions>(
  "softLabels",
  {
    id: "features",
    summary: "the teacher's features at some taps, and its raw outputs, of every training sample and view",
    viewsOf: ({ views }) => views,
    cacheVersion: 1,
    cacheIgnore: ["batchSize"],
    numeric: "inputs",
    answers: ["teacherLogits", "teacherFeatures"],

    describe({ taps, views, precision }, inputs) {
      const [data, teacher] = [inputs["data"]?.[0], inputs["teacher"]?.[0]];
      const unknown = taps.find((tap) => teacher?.taps?.includes(tap) === false);
      if (unknown !== undefined) {
        throw new KdflowError("KDF_PLAN_FEATURES", `the teacher has no tap "${unknown}" to store`, {
          hint: allowedHint(unknown, teacher?.taps ?? [], "taps"),
          option: "/taps",
        });
      }
      const samples = data?.training?.samples;
      const images = samples === undefined || samples === 0 ? "every training image" : `${samples} images`;
      const note = `features: ${taps.join(", ")} of ${images} in ${views} ${views === 1 ? "view" : "views"} are stored in ${precision}; the run says how much that is before it writes`;
      const { outputKinds } = teacher ?? {};
      return { classNames: teacher?.classNames ?? data?.classNames, views, taps, outputKinds, notes: [note] };
    },

    async run(options, inputs, context) {
      const { writeFeatures } = await import("./features/write-features.ts");
      await writeFeatures(options, inputs as unknown as LabelInputs, context);
    },

    async open({ directory }, _options, context) {
      const { openFeatures } = await import("./features/feature-store.ts");
      return openFeatures(directory, context.parts);
    },

    async verify({ directory }, _options, inputs, context) {
      const { verifyFeatures } = await import("./features/verify-features.ts");
      const { data, teacher } = inputs as unknown as LabelInputs;
      return verifyFeatures(directory, data, teacher, verifySamples, context.parts);
    },
  },
);
