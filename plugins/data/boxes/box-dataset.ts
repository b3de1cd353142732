import { createHash } from "node:crypto";
import {
  type Dataset,
  type DatasetSplit,
  type Fit,
  type ImageSize,
  KdflowError,
  type PlanContext,
  plainView,
  type SplitName,
  type StageContext,
  sidesOf,
} from "../../../core/index.ts";
import { packBoxes } from "../../tasks/detection/boxes.ts";
import type { DetectionTruth } from "../../tasks/detection/detection-truth.ts";
import { detectionId } from "../../tasks/detection/names.ts";
import { boxesFollow } from "../../tasks/detection/placements.ts";
import { viewerOf } from "../../tasks/detection/viewer.ts";
import { decoderName, type PhotoSource } from "../photos/decode-photo.ts";
import type { RenderItem } from "../photos/photo-messages.ts";
import { PhotoPool } from "../photos/photo-pool.ts";
import { createAugmentations, missingSample } from "../samples/in-memory-dataset.ts";
import {
  datasetViews,
  photosOf,
  photosPerView,
  type ViewedSplit,
  type ViewOf,
  viewSpecOf,
  viewsOf,
} from "../views/views.ts";
import { readBoxArtifact, writeBoxArtifact } from "./box-artifact.ts";
import type { BoxListing } from "./box-listing.ts";
import type { BoxesOptions } from "./box-options.ts";
import { type BoxRecord, identifyEntries, readBoxRecords } from "./box-records.ts";
import { viewAugmentations } from "./overfit.ts";
import type { PhotoFiles } from "./photo-files.ts";
import { isUnlabelled } from "./unlabelled-photos.ts";

/** Views are pinned by those of made-up photos of this size. */
const probe = { width: 640, height: 480, channels: 3 } as const;
const probeCount = 256;

/** Grey of the border, and all of the photo in the middle, as YOLO detectors are trained. */
const letterbox: Fit = { letterbox: "centre", fill: 114, enlarge: true, rounding: "round" };

/** Size and fit of a network that says none itself. */
export function boxImageSize({ imageSize, fit }: Pick<BoxesOptions, "imageSize" | "fit">): ImageSize {
  return { ...sidesOf(imageSize), channels: 3, fit: fit === "letterbox" ? letterbox : fit };
}

/** Digests of photos and labels, and the decoder. */
export async function boxFingerprint(
  listing: BoxListing,
  context: Pick<PlanContext, "fileDigest" | "signal">,
): Promise<Readonly<Record<string, string>>> {
  const lines = (await identifyEntries(listing.entries, context)).map(
    ({ content, labels, split }) => `${content} ${split ?? ""} ${labels}`,
  );
  const digest = createHash("sha256").update(JSON.stringify([listing.classNames, lines]));
  return { files: digest.digest("hex"), decoder: decoderName };
}

/** Reads every photo and its boxes once and writes what is known of them; photos stay where they are. */
export async function writeBoxDataset(
  options: BoxesOptions,
  listing: BoxListing,
  context: StageContext,
): Promise<void> {
  const pool = new PhotoPool(options.workers);
  try {
    const records = await readBoxRecords(listing, options, pool, context);
    const viewOf = await boxViews(options, context);
    const head = {
      classNames: listing.classNames,
      imageSize: boxImageSize(options),
      augmented: viewAugmentations(options).length > 0,
      viewSpec: viewSpecOf(viewAugmentations(options), context.seed, probe, viewOf),
      rendering: JSON.stringify({ decoder: decoderName, placement: 1 }),
    };
    await writeBoxArtifact(context.outputDir, head, records);
  } finally {
    await pool.close();
  }
}

/** The dataset of an artifact; photos are decoded whenever they are wanted, by threads that `close` ends. */
export async function openBoxDataset(
  directory: string,
  options: BoxesOptions,
  list: () => Promise<BoxListing>,
  context: StageContext,
): Promise<Dataset> {
  const { file, records } = await readBoxArtifact(directory);
  const paths = await pathsOf(await list(), context);
  const pool = new PhotoPool(options.workers);
  const split = (name: SplitName): DatasetSplit & ViewedSplit =>
    boxSplit(
      name,
      records.filter((record) => record.split === name),
      paths,
      pool,
    );
  const splits = { train: split("train"), validation: split("validation"), test: split("test") };
  const { classNames, imageSize, digest, augmented, viewSpec } = file;
  const photos = photosPerView(viewAugmentations(options), context);
  return {
    task: detectionId,
    classNames,
    imageSize,
    splits,
    digest,
    augmented,
    mixes: photos > 1,
    photos,
    viewSpec,
    view: datasetViews(await boxViews(options, context), splits, context.rng),
    close: () => pool.close(),
  };
}

/** Files of each photo by its content; copies of it are several. */
async function pathsOf(listing: BoxListing, context: StageContext): Promise<ReadonlyMap<string, readonly string[]>> {
  const paths = new Map<string, string[]>();
  for (const { content, path } of await identifyEntries(listing.entries, context)) {
    const known = paths.get(content);
    if (known === undefined) paths.set(content, [path]);
    else known.push(path);
  }
  return paths;
}

/** @throws KDF_PLAN_OPTIONS where views turn, shear or shift photos in ways that boxes do not follow */
async function boxViews(options: BoxesOptions, context: StageContext): Promise<ViewOf> {
  const augment = viewAugmentations(options);
  const viewOf = viewsOf(await createAugmentations(augment, context), probe, context.rng);
  for (let made = 0; made < (augment.length > 0 ? probeCount : 0); made++) {
    if (boxesFollow(viewOf(made.toString(16).padStart(8, "0").repeat(8), made % 8))) continue;
    const names = augment.map(({ use }) => use).join(", ");
    throw new KdflowError("KDF_PLAN_OPTIONS", `boxes cannot follow these augmentations: ${names}`, {
      hint: "one of them turns, shears or shifts pixels after the crop; boxes follow crops, mirroring and colours",
    });
  }
  return viewOf;
}

/** A split whose pixels and boxes come from the same placements. */
function boxSplit(
  name: SplitName,
  records: readonly BoxRecord[],
  paths: ReadonlyMap<string, readonly string[]>,
  pool: PhotoPool,
): DatasetSplit & ViewedSplit & PhotoFiles {
  const sourceOf = (index: number): PhotoSource => {
    const { content, width, height } = records[index] ?? missingSample(name, index);
    const path = paths.get(content)?.at(-1);
    if (path !== undefined) return { path, width, height };
    throw new KdflowError("KDF_INPUT_MISSING_FILE", "images changed while the run was going on", {
      hint: `the image with the digest ${content} is no longer there; run again`,
    });
  };
  const truth: DetectionTruth = {
    boxes: packBoxes(records.map(({ boxes }) => boxes)),
    sizes: Int32Array.from(records.flatMap(({ height, width }) => [height, width])),
  };
  const labelled = records.flatMap(({ boxes }, index) => (isUnlabelled(boxes) ? [] : [index]));
  return {
    name,
    count: records.length,
    ...(labelled.length < records.length && { labelled }),
    truth,
    digests: records.map(({ digest }) => digest),
    filesOf: (index) => paths.get((records[index] ?? missingSample(name, index)).content) ?? [],
    frameOf(index) {
      const { width, height } = records[index] ?? missingSample(name, index);
      return { original: { width, height, channels: 3 }, plain: plainView };
    },
    async render(indices, views, size, out) {
      const bytes = size.height * size.width * size.channels;
      const shared = out.buffer instanceof SharedArrayBuffer ? out.buffer : undefined;
      const start = shared === undefined ? 0 : out.byteOffset;
      const { fit } = viewerOf(size);
      const items = Array.from(indices, (index, place): RenderItem => {
        const view = views?.[place] ?? plainView;
        const sources = photosOf(index, view).map((photo) => sourceOf(photo.index));
        return { sources, view, fit, at: start + place * bytes };
      });
      const memory = shared ?? new SharedArrayBuffer(items.length * bytes);
      await pool.render(items, size, memory);
      if (shared === undefined) out.set(new Uint8Array(memory));
    },
  };
}
