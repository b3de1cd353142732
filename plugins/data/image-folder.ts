import { defineProvider, type ProviderOf, sidesOf } from "../../core/index.ts";
import type { DataImageFolderOptions } from "../options.ts";
import { classificationId } from "../tasks/classification/names.ts";
import { listLabelled } from "./photos/photo-options.ts";
import { emptySplits } from "./samples/empty-splits.ts";
import { augmentFacts } from "./views/views.ts";

/**
 * Photos in folders, one for each class, or named by a list. The artifact holds sizes, labels, split and digests;
 * photos stay where they are and are decoded by other threads whenever they are wanted, unless `cache` packs them.
 */
export const imageFolder: ProviderOf<"data"> = defineProvider<"data", DataImageFolderOptions>("data", {
  id: "image-folder",
  task: classificationId,
  fitOf: ({ fit }) => fit,
  summary: "photos in one folder per class, or named by a CSV or JSON list",
  cacheVersion: 1,
  async recognise(folder) {
    const listing = await listLabelled({ root: folder }, folder).catch(() => undefined);
    const { foundPhotos, liesInClasses } = await import("./photos/found-photos.ts");
    return listing && liesInClasses(listing) ? foundPhotos({ root: folder }, listing) : undefined;
  },
  cacheIgnore: ["root", "list", "workers"],
  seeded: true,

  async fingerprint(options, context) {
    const { photoFingerprint } = await import("./photos/photo-dataset.ts");
    return photoFingerprint(await listLabelled(options, context.baseDir), context);
  },

  async describe(options, _inputs, context) {
    const { classNames, given } = await listLabelled(options, context.baseDir);
    const imageSize = { ...sidesOf(options.imageSize), channels: 3 };
    const facts = { emptySplits: emptySplits(options, given), ...augmentFacts(options.augment, context) };
    return { classNames, imageSize, ...facts };
  },

  async run(options, _inputs, context) {
    const { writePhotos } = await import("./photos/photo-dataset.ts");
    await writePhotos(options, await listLabelled(options, context.baseDir), context);
  },

  async open({ directory }, options, context) {
    const { openPhotos } = await import("./photos/photo-dataset.ts");
    return openPhotos(directory, options, () => listLabelled(options, context.baseDir), context);
  },
});
