import { resolve } from "node:path";
import { defineProvider, KdflowError, type ProviderOf, sidesOf } from "../../core/index.ts";
import type { DataImagesOptions } from "../options.ts";
import { classificationId } from "../tasks/classification/names.ts";
import { assertFolder, knownImages, type PhotoListing, photosUnder } from "./photos/photo-entries.ts";
import type { PhotoOptions } from "./photos/photo-options.ts";
import { SkippedFiles } from "./photos/skipped-files.ts";
import { augmentFacts } from "./views/views.ts";

/**
 * Photos without labels, for semi-supervised work: their labels are −1 and all of them are in the train split. A
 * teacher may label them (a `softLabels` stage); what needs true labels refuses them while planning.
 */
export const images: ProviderOf<"data"> = defineProvider<"data", DataImagesOptions>("data", {
  id: "images",
  task: classificationId,
  fitOf: ({ fit }) => fit,
  summary: "photos without labels, in a folder and those below it",
  cacheVersion: 1,
  cacheIgnore: ["root", "workers"],
  seeded: true,

  async fingerprint(options, context) {
    const { photoFingerprint } = await import("./photos/photo-dataset.ts");
    return photoFingerprint(await listUnlabelled(options, context.baseDir), context);
  },

  async describe(options, _inputs, context) {
    await listUnlabelled(options, context.baseDir);
    const imageSize = { ...sidesOf(options.imageSize), channels: 3 };
    const facts = augmentFacts(options.augment, context);
    return { classNames: options.classNames, unlabelled: true, imageSize, ...facts };
  },

  async run(options, _inputs, context) {
    const { writePhotos } = await import("./photos/photo-dataset.ts");
    await writePhotos(allForTraining(options), await listUnlabelled(options, context.baseDir), context);
  },

  async open({ directory }, options, context) {
    const { openPhotos } = await import("./photos/photo-dataset.ts");
    const list = (): Promise<PhotoListing> => listUnlabelled(options, context.baseDir);
    return openPhotos(directory, allForTraining(options), list, context);
  },
});

function allForTraining(options: DataImagesOptions): PhotoOptions {
  return { ...options, validation: 0, test: 0 };
}

async function listUnlabelled({ root, classNames = [] }: DataImagesOptions, baseDir: string): Promise<PhotoListing> {
  const folder = resolve(baseDir, root);
  await assertFolder(folder);
  const skipped = new SkippedFiles();
  const paths = await photosUnder(folder, skipped);
  if (paths.length === 0) {
    throw new KdflowError("KDF_INPUT_EMPTY", `"${folder}" has no images`, { hint: `looked for ${knownImages}` });
  }
  const entries = paths.map((path) => ({ path, className: undefined, split: undefined }));
  return { classNames, entries, given: new Set(), unlabelled: true, notes: skipped.notes };
}
