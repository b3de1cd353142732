import { defineProvider, KdflowError, type ProviderOf } from "../../core/index.ts";
import type { SoftLabelsDetectionsOptions } from "../options.ts";
import { detectionId } from "../tasks/detection/names.ts";
import { boxBytes } from "./boxes/box-columns.ts";
import { assertTopK } from "./importing/assert-top-k.ts";
import type { LabelInputs } from "./storing/write-labels.ts";

/** Photos that `kdflow cache verify` labels again. */
const verifyPhotos = 32;

/**
 * Boxes of a detector for every training photo, in Arrow files of `shardSize` photos: corners, objectness and all class
 * logits of up to `top` rows each. The teacher sees every photo once, plain, and a training moves the boxes by each view,
 * so that every epoch shows a fresh view from one labelling; with `replay: exact` it sees each of `views` views itself. Of
 * what is not stored nothing is said: it is no background.
 */
export const detections: ProviderOf<"softLabels"> = defineProvider<"softLabels", SoftLabelsDetectionsOptions>(
  "softLabels",
  {
    id: "detections",
    summary: "a detector's boxes of every training photo, written once and moved by each view",
    viewsOf: ({ replay, views }) => (replay === "exact" ? views : undefined),
    cacheVersion: 1,
    cacheIgnore: ["batchSize"],
    numeric: "inputs",
    answers: ["teacherRows", "teacherKnown"],

    describe({ top, topK, precision, replay, views }, inputs) {
      const [data, teacher] = [inputs["data"]?.[0], inputs["teacher"]?.[0]];
      const other = [data, teacher].find((input) => input?.task !== undefined && input.task !== detectionId);
      if (other !== undefined) {
        const message = `detections are stored of a detector's answers to photos, but stage "${other.stage}" is of ${other.task}`;
        throw new KdflowError("KDF_PLAN_PORT_KIND", message, { hint: "take `softLabels: logits`" });
      }
      const shown = replay === "exact" ? views : undefined;
      if (shown !== undefined && (data?.photos ?? 1) > 1) {
        throw new KdflowError("KDF_PLAN_OPTIONS", "boxes that are found in a view of several photos belong to none", {
          hint: "take `replay: transformed`, or data without `mosaic`, `mixup` and `cutmix`",
          option: "/replay",
        });
      }
      const { classNames, words } = teacher ?? {};
      if (classNames === undefined) return { classNames, words, views: shown };
      assertTopK(topK, classNames.length);
      const kilobytes = ((shown ?? 1) * top * boxBytes({ classes: classNames.length, precision, topK })) / 1000;
      const note = `detections: ${kilobytes.toFixed(1)} kB a photo at most, ${top} rows of ${classNames.length} classes; the teacher sees each photo ${shown === undefined ? "once" : `in ${shown} views, each with rows of its own`}`;
      return { classNames, words, views: shown, notes: [note] };
    },

    async run(options, inputs, context) {
      const { writeDetections } = await import("./boxes/write-detections.ts");
      await writeDetections(options, inputs as unknown as LabelInputs, context);
    },

    async open({ directory }, _options, context) {
      const { openDetections } = await import("./boxes/box-store.ts");
      return openDetections(directory, context.parts);
    },

    async verify({ directory }, _options, inputs, context) {
      const { verifyDetections } = await import("./boxes/verify-detections.ts");
      return verifyDetections(directory, inputs as unknown as LabelInputs, verifyPhotos, context.parts);
    },
  },
);
