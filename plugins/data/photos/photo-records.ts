import { createHash } from "node:crypto";
import { KdflowError, type PlanContext, type StageContext } from "../../../core/index.ts";
import { type DataRecord, isHeldOut, unlabelled } from "../samples/records.ts";
import { copiedNotes } from "./copied-images.ts";
import { eachAtOnce } from "./each-at-once.ts";
import { nearCopyWords, type SeenPhoto } from "./near-copies.ts";
import type { PhotoEntry, PhotoListing } from "./photo-entries.ts";
import type { CheckedPhoto } from "./photo-messages.ts";
import type { PhotoOptions } from "./photo-options.ts";
import type { PhotoPool } from "./photo-pool.ts";

/** An image file with its identity. */
export interface IdentifiedPhoto extends PhotoEntry {
  /** SHA-256 of the file, hex. */
  readonly content: string;
  /** SHA-256 of content and class name, hex. */
  readonly digest: string;
}

/** Photos that are decoded, to see whether they do, between two looks at the signal. */
const checkedAtOnce = 128;
/** Bad photos that a message names. */
const namedBad = 5;

/**
 * Hashes every file, from the store's memory where it did not change, and puts them into the order of their digests:
 * names and places of files play no part, and a `limit` takes the same first ones however many there are.
 */
export async function identify(
  { entries }: PhotoListing,
  context: Pick<PlanContext, "fileDigest" | "signal">,
): Promise<IdentifiedPhoto[]> {
  const identified = await eachAtOnce(entries, async (entry): Promise<IdentifiedPhoto> => {
    context.signal.throwIfAborted();
    const content = await context.fileDigest(entry.path);
    const named = JSON.stringify([content, entry.className ?? null]);
    return { ...entry, content, digest: createHash("sha256").update(named).digest("hex") };
  });
  return identified.sort((a, b) => compare(a.digest, b.digest) || compare(a.path, b.path));
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** What the files hold and what of it decides the result, in one digest. */
export function listingDigest(photos: readonly IdentifiedPhoto[], { classNames }: PhotoListing): string {
  const lines = photos.map(({ digest, split }) => `${digest} ${split ?? ""}`);
  return createHash("sha256")
    .update(JSON.stringify([classNames, lines]))
    .digest("hex");
}

/**
 * Decodes every photo once and makes the records of those that do: their size, label and split.
 *
 * @throws KDF_INPUT_IMAGE naming the first photos that do not decode, where these are more than `maxBadImages`
 */
export async function readRecords(
  photos: readonly IdentifiedPhoto[],
  listing: PhotoListing,
  options: PhotoOptions,
  pool: PhotoPool,
  context: StageContext,
): Promise<DataRecord[]> {
  const taken = limited(photos, options.limit);
  const places = new Map(listing.classNames.map((name, place) => [name, place]));
  const records: DataRecord[] = [];
  const seen: SeenPhoto[] = [];
  const bad: string[] = [];
  for (let start = 0; start < taken.length; start += checkedAtOnce) {
    context.signal.throwIfAborted();
    const some = taken.slice(start, start + checkedAtOnce);
    const checked = await pool.check(some.map(({ path }) => path));
    for (const [at, photo] of some.entries()) {
      const found = checked[at] as CheckedPhoto;
      if ("reason" in found) {
        bad.push(`"${photo.path}": ${found.reason}`);
        continue;
      }
      const { hash, ...size } = found;
      const own = labelAndSplit(photo, places, listing, options, context.seed);
      seen.push({ path: photo.path, content: photo.content, split: own.split, hash });
      records.push({ ...size, ...own, fileIndex: 0 });
    }
    if (bad.length > options.maxBadImages) throw tooManyBad(bad, options.maxBadImages);
    context.progress({ unit: "images", done: start + some.length, total: taken.length });
  }
  for (const message of [...listing.notes, ...copiedNotes(records, taken)])
    context.log.warn("listedImages", { message });
  const copies = nearCopyWords(seen, "put copies and the frames of one video into one split");
  if (copies !== undefined) context.log.warn("nearCopies", { message: copies });
  if (bad.length > 0) {
    const message = `${bad.length} of ${taken.length} images do not decode and are left out: ${shortened(bad).join("; ")}`;
    context.log.warn("badImages", { message, images: bad.length });
  }
  return records;
}

function limited(photos: readonly IdentifiedPhoto[], limit = Number.POSITIVE_INFINITY): IdentifiedPhoto[] {
  let training = 0;
  return photos.filter(({ split }) => (split !== undefined && split !== "train") || ++training <= limit);
}

function labelAndSplit(
  { className, split, content, digest }: IdentifiedPhoto,
  places: ReadonlyMap<string, number>,
  { given }: PhotoListing,
  { test, validation }: PhotoOptions,
  seed: number,
): Pick<DataRecord, "label" | "split" | "digest"> {
  const label = className === undefined ? unlabelled : (places.get(className) ?? unlabelled);
  if (split !== undefined) return { label, split, digest };
  // drawn by the file's content alone, so that copies of an image never stand on both sides, whatever their labels
  const isTest = !given.has("test") && isHeldOut(content, seed, test, "test");
  const isValidation = !given.has("validation") && isHeldOut(content, seed, validation);
  return { label, split: isTest ? "test" : isValidation ? "validation" : "train", digest };
}

function tooManyBad(bad: readonly string[], maxBadImages: number): KdflowError {
  const count = bad.length === 1 ? "1 image does not decode" : `${bad.length} images do not decode`;
  return new KdflowError("KDF_INPUT_IMAGE", `${count}, \`maxBadImages\` is ${maxBadImages}`, {
    hint: [...shortened(bad), "remove or repair them, or raise `maxBadImages` to leave them out"],
  });
}

function shortened(bad: readonly string[]): string[] {
  const named = bad.slice(0, namedBad);
  return bad.length > namedBad ? [...named, `and ${bad.length - namedBad} more`] : named;
}
