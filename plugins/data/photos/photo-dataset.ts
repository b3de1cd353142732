import type { Dataset, PlanContext, SplitName, StageContext } from "../../../core/index.ts";
import { KdflowError, sidesOf } from "../../../core/index.ts";
import { classificationId } from "../../tasks/classification/names.ts";
import { assertSplits, readDatasetArtifact, writeDatasetArtifact } from "../samples/dataset-artifact.ts";
import { createAugmentations, missingSample } from "../samples/in-memory-dataset.ts";
import type { DataRecord } from "../samples/records.ts";
import { datasetViews, mixesSamples, type ViewedSplit, type ViewOf, viewSpecOf, viewsOf } from "../views/views.ts";
import { decoderName, type PhotoSource } from "./decode-photo.ts";
import { packedSources, packPhotos } from "./packed-photos.ts";
import type { PhotoListing } from "./photo-entries.ts";
import { frameOf } from "./photo-frame.ts";
import type { PhotoOptions } from "./photo-options.ts";
import { PhotoPool } from "./photo-pool.ts";
import { identify, listingDigest, readRecords } from "./photo-records.ts";
import { type PhotoSample, photoSplit } from "./photo-split.ts";

const splitNames: readonly SplitName[] = ["train", "validation", "test"];
/** Views are pinned by those of made-up photos of this size. */
const probe = { width: 640, height: 480, channels: 3 } as const;

/** Digests of what is outside the store: the files with their labels, and the decoder. */
export async function photoFingerprint(
  listing: PhotoListing,
  context: Pick<PlanContext, "fileDigest" | "signal">,
): Promise<Readonly<Record<string, string>>> {
  return { files: listingDigest(await identify(listing, context), listing), decoder: decoderName };
}

/** Decodes every photo once, splits them, and writes their records; packs their pixels where `cache` asks for it. */
export async function writePhotos(options: PhotoOptions, listing: PhotoListing, context: StageContext): Promise<void> {
  const photos = await identify(listing, context);
  const pool = new PhotoPool(options.workers);
  try {
    const records = await readRecords(photos, listing, options, pool, context);
    assertSplits(records, wantedSplits(options, listing), "raise `limit`, or the share of the split");
    const ordered = splitNames.flatMap((name) => records.filter(({ split }) => split === name));
    const paths = new Map(photos.map(({ digest, path }) => [digest, path]));
    const pathOf = (digest: string): string => paths.get(digest) ?? "";
    const parts = options.cache ? await packPhotos(ordered, longerSide(options), pathOf, pool, context) : undefined;
    const rendering = renderingOf(options);
    const viewOf = await photoViews(options, context);
    const views = viewSpecOf(options.augment, context.seed, probe, (digest, view) =>
      viewOf(digest, view, frameOf(probe, options.fit, sidesOf(options.imageSize))),
    );
    await writeDatasetArtifact(
      context.outputDir,
      {
        classNames: listing.classNames,
        imageSize: { ...sidesOf(options.imageSize), channels: 3 },
        augmented: options.augment.length > 0,
        viewSpec: JSON.stringify({ rendering, views }),
        rendering,
        ...(listing.unlabelled === true && { unlabelled: true }),
        ...(parts && { parts }),
      },
      ordered,
    );
  } finally {
    await pool.close();
  }
}

/** The dataset of an artifact; photos are decoded whenever they are wanted, by threads that `close` ends. */
export async function openPhotos(
  directory: string,
  options: PhotoOptions,
  list: () => Promise<PhotoListing>,
  context: StageContext,
): Promise<Dataset> {
  const { file, records } = await readDatasetArtifact(directory);
  const all = splitNames.flatMap((name) => records[name]);
  const sources =
    file.parts === undefined
      ? await fileSources(all, await list(), context)
      : await packedSources(all, longerSide(options), file.parts, context);
  const samples = all.map((record, at): PhotoSample => {
    return {
      record,
      source: sources[at] as PhotoSource,
      plain: frameOf(record, options.fit, sidesOf(options.imageSize)).plain,
    };
  });
  const pool = new PhotoPool(options.workers);
  const own = (name: SplitName): readonly PhotoSample[] => samples.filter(({ record }) => record.split === name);
  const bySplit = { train: own("train"), validation: own("validation"), test: own("test") };
  const viewOf = await photoViews(options, context);
  return {
    task: classificationId,
    classNames: file.classNames,
    ...(file.unlabelled === true && { unlabelled: true }),
    imageSize: file.imageSize,
    splits: {
      train: photoSplit("train", bySplit.train, pool),
      validation: photoSplit("validation", bySplit.validation, pool),
      test: photoSplit("test", bySplit.test, pool),
    },
    digest: file.digest,
    augmented: file.augmented,
    mixes: mixesSamples(options.augment, context),
    viewSpec: file.viewSpec,
    view: datasetViews(
      viewOf,
      { train: viewed(bySplit.train), validation: viewed(bySplit.validation), test: viewed(bySplit.test) },
      context.rng,
    ),
    close: () => pool.close(),
  };
}

/** What views have to know of a split. */
function viewed(samples: readonly PhotoSample[]): ViewedSplit {
  return {
    digests: samples.map(({ record }) => record.digest),
    frameOf(index) {
      const { record, plain } = samples[index] ?? missingSample("of photos", index);
      return { original: { width: record.width, height: record.height, channels: 3 }, plain };
    },
  };
}

async function photoViews({ augment }: PhotoOptions, context: StageContext): Promise<ViewOf> {
  return viewsOf(await createAugmentations(augment, context), probe, context.rng);
}

/** Whatever decides the pixels of a view, beside the view and the file. */
function renderingOf({ fit, cache, imageSize }: PhotoOptions): string {
  return JSON.stringify({ decoder: decoderName, fit, packed: cache ? imageSize : null });
}

/** Packed photos are large enough for either side. */
function longerSide({ imageSize }: PhotoOptions): number {
  const { height, width } = sidesOf(imageSize);
  return Math.max(height, width);
}

function wantedSplits({ validation, test }: PhotoOptions, { given }: PhotoListing): SplitName[] {
  return splitNames.filter((name) => {
    if (name === "train" || given.has(name)) return true;
    return name === "validation" ? validation > 0 : test > 0;
  });
}

/** The files of records, found by content: where they lie, and under which name, plays no part. */
async function fileSources(
  records: readonly DataRecord[],
  listing: PhotoListing,
  context: StageContext,
): Promise<PhotoSource[]> {
  const photos = await identify(listing, context);
  const paths = new Map(photos.map(({ digest, path }) => [digest, path]));
  return records.map(({ digest, width, height }) => {
    const path = paths.get(digest);
    if (path !== undefined) return { path, width, height };
    throw new KdflowError("KDF_INPUT_MISSING_FILE", "images changed while the run was going on", {
      hint: `the image with the record digest ${digest} is no longer there; run again`,
    });
  });
}
