import { resolve } from "node:path";
import { type Dataset, defineProvider, KdflowError, type ProviderOf } from "../../core/index.ts";
import type { SoftLabelsImportDetectionsOptions } from "../options.ts";
import { detectionId } from "../tasks/detection/names.ts";
import { boxBytes } from "./boxes/box-columns.ts";

/**
 * A detector's boxes that were made elsewhere, in COCO's results form, joined to the training photos by name. They are
 * stored as `detections` stores those of a teacher that is asked here, so that nothing that follows knows the
 * difference; of a box there are the scores of those classes that the file names, and no objectness.
 */
export const importDetections: ProviderOf<"softLabels"> = defineProvider<
  "softLabels",
  SoftLabelsImportDetectionsOptions
>("softLabels", {
  id: "import-detections",
  summary: "a detector's boxes made elsewhere, from COCO's results JSON",
  cacheVersion: 1,
  cacheIgnore: ["file", "images", "classes"],
  answers: ["teacherRows", "teacherKnown"],
  ports: { teacher: { accepts: ["teacher", "train", "model"], optional: true, asTeacher: true } },

  async fingerprint({ file, images, classes }, { baseDir, fileDigest }) {
    const named = Object.entries({ file, images, classes }).flatMap(([name, path]) =>
      path === undefined ? [] : [[name, resolve(baseDir, path)] as const],
    );
    return Object.fromEntries(
      await Promise.all(named.map(async ([name, path]) => [name, await fileDigest(path)] as const)),
    );
  },

  async describe(options, inputs, { baseDir }) {
    const { resultNames } = await import("./importing/results-file.ts");
    const data = inputs["data"]?.[0];
    if (data?.task !== undefined && data.task !== detectionId) {
      const message = `boxes are imported for photos with boxes, but stage "${data.stage}" is of ${data.task}`;
      throw new KdflowError("KDF_PLAN_PORT_KIND", message, { hint: "take `softLabels: import`" });
    }
    const { classNames } = await resultNames(options, baseDir);
    const { top, precision } = options;
    const kilobytes = (top * boxBytes({ classes: classNames.length, precision, topK: undefined })) / 1000;
    const words = "boxes made elsewhere, with the scores that their file gives; of other classes it says nothing";
    const note = `detections: ${kilobytes.toFixed(1)} kB a photo at most, ${top} rows of ${classNames.length} classes`;
    return { classNames, words, notes: [note] };
  },

  async run(options, inputs, context) {
    const { writeImportedDetections } = await import("./importing/import-detections.ts");
    await writeImportedDetections(options, inputs["data"] as Dataset, context);
  },

  async open({ directory }, _options, context) {
    const { openDetections } = await import("./boxes/box-store.ts");
    return openDetections(directory, context.parts);
  },
});
