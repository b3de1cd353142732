import { createHash } from "node:crypto";
import { KdflowError, type PlanContext, type SplitName, type StageContext } from "../../../core/index.ts";
import type { Box } from "../../tasks/detection/boxes.ts";
import { eachAtOnce } from "../photos/each-at-once.ts";
import { nearCopyWords, type SeenPhoto } from "../photos/near-copies.ts";
import type { PhotoPool } from "../photos/photo-pool.ts";
import { isHeldOut } from "../samples/records.ts";
import type { BoxEntry, BoxListing } from "./box-listing.ts";
import { type BoxesOptions, shareOf } from "./box-options.ts";
import { addFaults, cleanBoxes, faultWords, noFaults } from "./clean-boxes.ts";
import { overfitRecords } from "./overfit.ts";
import { unlabelledNote } from "./unlabelled-photos.ts";

/** A photo of a data set with its boxes, ready to be stored. */
export interface BoxRecord {
  readonly split: SplitName;
  /** Of the upright photo, in pixels. */
  readonly width: number;
  readonly height: number;
  /** SHA-256 of the photo's file, hex. */
  readonly content: string;
  /** SHA-256 of content, size and boxes with the names of their classes, hex. */
  readonly digest: string;
  /** Within the photo, each once. */
  readonly boxes: readonly Box[];
}

/** A photo with the identity of its file. */
export interface IdentifiedEntry extends BoxEntry {
  /** SHA-256 of the photo's file, hex. */
  readonly content: string;
}

/** What reading records needs of a stage's context. */
export type RecordsContext = Pick<StageContext, "fileDigest" | "signal" | "seed" | "log" | "progress">;

/** Photos that are decoded between two looks at the signal, and bad ones that a message names. */
const checkedAtOnce = 128;
const namedBad = 5;

/** Hashes every photo, and puts them into the order of their digests: names and places play no part. */
export async function identifyEntries(
  entries: readonly BoxEntry[],
  context: Pick<PlanContext, "fileDigest" | "signal">,
): Promise<IdentifiedEntry[]> {
  const identified = await eachAtOnce(entries, async (entry): Promise<IdentifiedEntry> => {
    context.signal.throwIfAborted();
    return { ...entry, content: await context.fileDigest(entry.path) };
  });
  return identified.sort((a, b) => (`${a.content} ${a.path}` < `${b.content} ${b.path}` ? -1 : 1));
}

/**
 * Decodes every photo once, draws its split, and cleans its boxes; says what was clipped or left out.
 *
 * @throws KDF_INPUT_IMAGE for more bad photos than `maxBadImages`, KDF_INPUT_EMPTY for a split without photos
 */
export async function readBoxRecords(
  listing: BoxListing,
  options: BoxesOptions,
  pool: PhotoPool,
  context: RecordsContext,
): Promise<BoxRecord[]> {
  for (const message of listing.notes) context.log.info("boxes", { message });
  const listed = await identifyEntries(listing.entries, context);
  const identified = takenEntries(listed, options);
  const [wanted, taken] = [listed, identified].map((some) => some.filter(({ unlabelled }) => unlabelled).length);
  for (const message of unlabelledNote(wanted ?? 0, taken ?? 0)) context.log.info("unlabelled", { message });
  const groupOf = groups(options.groupBy);
  const records: BoxRecord[] = [];
  const seen: SeenPhoto[] = [];
  const bad: string[] = [];
  let faults = noFaults;
  let ungrouped = 0;
  for (let start = 0; start < identified.length; start += checkedAtOnce) {
    context.signal.throwIfAborted();
    const some = identified.slice(start, start + checkedAtOnce);
    const checked = await pool.check(some.map(({ path }) => path));
    for (const [at, entry] of some.entries()) {
      const found = checked[at];
      if (found === undefined || "reason" in found) {
        bad.push(`"${entry.path}": ${found?.reason ?? "not read"}`);
        continue;
      }
      const { hash, ...size } = found;
      const cleaned = cleanBoxes(entry.boxes(size), size);
      faults = addFaults(faults, cleaned.faults);
      const group = groupOf(entry.path);
      if (group === undefined && options.groupBy !== undefined) ungrouped++;
      const split = entry.split ?? drawnSplit(group ?? entry.content, listing, options, context.seed);
      const digest = digestOf(entry.content, size, cleaned.boxes, listing.classNames);
      seen.push({ path: entry.path, split, hash });
      records.push({ ...size, split, content: entry.content, digest, boxes: cleaned.boxes });
    }
    if (bad.length > options.maxBadImages) throw tooManyBad(bad, options.maxBadImages);
    context.progress({ unit: "images", done: start + some.length, total: identified.length });
  }
  tellFaults(faultWords(faults), bad, ungrouped, identified.length, context);
  assertSplits(records, listing, options, new Set(identified.map(({ path }) => groupOf(path) ?? path)).size);
  const copies = nearCopyWords(seen, "`groupBy` keeps the photos of a camera or video in one split that is drawn");
  if (copies !== undefined) context.log.warn("nearCopies", { message: copies });
  return options.overfit === undefined ? records : overfitRecords(records, options.overfit);
}

/** The entries that count: labelled ones up to `limit`, and every other photo without labels once, whatever it is called. */
function takenEntries(
  entries: readonly IdentifiedEntry[],
  { limit = Number.POSITIVE_INFINITY, overfit }: BoxesOptions,
): readonly IdentifiedEntry[] {
  let training = 0;
  const labelled = entries.filter(({ split, unlabelled }) => {
    return unlabelled !== true && (split !== undefined || ++training <= limit);
  });
  const known = new Set(labelled.map(({ content }) => content));
  const taken = new Set<BoxEntry>(labelled);
  for (const entry of overfit === undefined ? entries : []) {
    if (entry.unlabelled !== true || known.has(entry.content)) continue;
    known.add(entry.content);
    taken.add(entry);
  }
  return entries.filter((entry) => taken.has(entry));
}

/** The group of a photo by the pattern of its file name. */
function groups(pattern: string | undefined): (path: string) => string | undefined {
  if (pattern === undefined) return () => undefined;
  let matcher: RegExp;
  try {
    matcher = new RegExp(pattern, "u");
  } catch (cause) {
    throw new KdflowError("KDF_PLAN_OPTIONS", `\`groupBy\` is no pattern: ${(cause as Error).message}`, {
      hint: "a regular expression of the file name, such as `^(camera\\d+)_`",
      option: "/groupBy",
    });
  }
  return (path) => {
    const found = matcher.exec(path.split(/[\\/]/).at(-1) ?? path);
    return found === null ? undefined : (found[1] ?? found[0]);
  };
}

function drawnSplit(drawn: string, { given }: BoxListing, options: BoxesOptions, seed: number): SplitName {
  // by content or group alone, so that copies and frames of one video never stand on both sides
  if (!given.has("test") && isHeldOut(drawn, seed, shareOf(options.test), "test")) return "test";
  return !given.has("validation") && isHeldOut(drawn, seed, shareOf(options.validation)) ? "validation" : "train";
}

function digestOf(
  content: string,
  { width, height }: { readonly width: number; readonly height: number },
  boxes: readonly Box[],
  classNames: readonly string[],
): string {
  const named = boxes.map((box) => [classNames[box.class], ...box.corners, box.area ?? null, box.flags ?? 0]);
  return createHash("sha256")
    .update(JSON.stringify([content, width, height, named]))
    .digest("hex");
}

function tellFaults(words: string, bad: readonly string[], ungrouped: number, count: number, { log }: RecordsContext) {
  if (words !== "") {
    log.warn("badBoxes", { message: `boxes that are not as they should be: ${words}` });
  }
  if (ungrouped > 0) {
    const message = `${ungrouped} of ${count} file names do not match \`groupBy\`; each of them is a group of its own`;
    log.warn("ungrouped", { message });
  }
  if (bad.length === 0) return;
  const message = `${bad.length} of ${count} images do not decode and are left out: ${shortened(bad).join("; ")}`;
  log.warn("badImages", { message, images: bad.length });
}

function assertSplits(
  records: readonly BoxRecord[],
  { given }: BoxListing,
  options: BoxesOptions,
  groupCount: number,
): void {
  const grouped = `${groupCount} ${groupCount === 1 ? "group" : "groups"} by \`groupBy\`, each in one split; `;
  for (const name of ["train", "validation", "test"] as const) {
    const isWanted = given.has(name) || (name !== "train" && shareOf(options[name]) > 0);
    if (!isWanted || records.some(({ split }) => split === name)) continue;
    throw new KdflowError("KDF_INPUT_EMPTY", `the ${name} split has no samples`, {
      hint: `${records.length} photos in all; ${options.groupBy === undefined ? "" : grouped}raise \`limit\`, or the share of the split`,
    });
  }
}

function tooManyBad(bad: readonly string[], most: number): KdflowError {
  const count = bad.length === 1 ? "1 image does not decode" : `${bad.length} images do not decode`;
  return new KdflowError("KDF_INPUT_IMAGE", `${count}, \`maxBadImages\` is ${most}`, {
    hint: [...shortened(bad), "remove or repair them, or raise `maxBadImages` to leave them out"],
  });
}

function shortened(bad: readonly string[]): string[] {
  const named = bad.slice(0, namedBad);
  return bad.length > namedBad ? [...named, `and ${bad.length - namedBad} more`] : named;
}
