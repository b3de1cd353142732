import { defineProvider, KdflowError, type PlanContext, type ProviderOf } from "../../../core/index.ts";
import { detectionId } from "../../tasks/detection/names.ts";
import { emptySplits } from "../samples/empty-splits.ts";
import { photosPerView } from "../views/views.ts";
import type { BoxListing } from "./box-listing.ts";
import { type BoxesOptions, type ListedOptions, shareOf, trainingPhotos } from "./box-options.ts";
import { overfitNotes, viewAugmentations } from "./overfit.ts";
import { withUnlabelled } from "./unlabelled-photos.ts";

/**
 * Photos with boxes. The artifact holds sizes, boxes, split and digests; photos and labels stay where they are, are never
 * written to, and photos are decoded by other threads whenever they are wanted.
 *
 * @param list reads the labels; the same for training and validation
 * @param look tells cheaply what to say for a folder that may hold such data
 */
export function boxesProvider<O extends BoxesOptions>(
  id: string,
  summary: string,
  list: (options: ListedOptions<O>, baseDir: string) => Promise<BoxListing>,
  look: (folder: string) => Promise<ListedOptions<O> | undefined>,
): ProviderOf<"data"> {
  const listAll = withUnlabelled<ListedOptions<O>>(list);
  const code = (): Promise<typeof import("./box-dataset.ts")> => import("./box-dataset.ts");
  return defineProvider<"data", O>("data", {
    id,
    task: detectionId,
    summary,
    cacheVersion: 1,
    cacheIgnore: ["root", "workers"],
    seeded: true,

    async recognise(folder) {
      const options = await look(folder).catch(() => undefined);
      const listing = options && (await list(options, folder).catch(() => undefined));
      const { foundPhotos } = await import("../photos/found-photos.ts");
      return listing && foundPhotos({ ...options }, listing);
    },

    async fingerprint(options, context) {
      return (await code()).boxFingerprint(await listAll(options, context.baseDir), context);
    },

    async describe(options, _inputs, context) {
      assertFollowing(options, context);
      const listing = await listAll(options, context.baseDir);
      const { classNames } = listing;
      const photos = photosPerView(viewAugmentations(options), context);
      const augmentations = options.augment.map(({ use }) => use);
      const imageSize = (await code()).boxImageSize(options);
      const notes = overfitNotes(options);
      const training = trainingPhotos(options, listing);
      const shares = { validation: shareOf(options.validation), test: shareOf(options.test) };
      const empty = options.overfit === undefined ? emptySplits(shares, listing.given) : [];
      return { classNames, imageSize, mixes: photos > 1, photos, training, emptySplits: empty, augmentations, notes };
    },

    async run(options, _inputs, context) {
      await (await code()).writeBoxDataset(options, await listAll(options, context.baseDir), context);
    },

    async open({ directory }, options, context) {
      return (await code()).openBoxDataset(directory, options, () => listAll(options, context.baseDir), context);
    },
  });
}

/** @throws KDF_PLAN_OPTIONS for an augmentation that moves pixels in ways that boxes do not follow */
function assertFollowing({ augment }: BoxesOptions, context: PlanContext): void {
  for (const [place, use] of augment.entries()) {
    if (context.lookup("augmentations", use).movesPixels !== true) continue;
    throw new KdflowError("KDF_PLAN_OPTIONS", `boxes cannot follow the augmentation "${use.use}"`, {
      option: `/augment/${place}`,
      hint: "it turns, shears or shifts pixels after the crop; boxes follow crops, mirroring, colours, mixing and scenes",
    });
  }
}
