import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Outputs, PartStore, SoftLabels } from "../../../core/index.ts";
import { eachAtOnce } from "../../data/photos/each-at-once.ts";
import { boxNumbers, rowsKind } from "../../tasks/detection/names.ts";
import { noRow } from "../../teachers/detector/top-rows.ts";
import { findShards } from "../storing/label-store.ts";
import type { ShardPlace } from "../storing/make-shards.ts";
import type { Precision } from "../storing/rows.ts";
import { type BoxLayout, decodeBoxes } from "./box-columns.ts";
import { StoredBoxes } from "./stored-boxes.ts";
import type { BoxShardNote } from "./write-box-shard.ts";

/** The artifact's `soft-labels.json`. Shards are parts of their own, listed in `references.json` too. */
export interface DetectionsFile {
  readonly format: 1;
  readonly content: "detections";
  readonly task: string;
  /** `transformed`: rows are of plain photos; `exact`: of `views` views of each. */
  readonly replay: "transformed" | "exact";
  readonly views?: number;
  readonly classNames: readonly string[];
  readonly objectness: boolean;
  readonly top: number;
  readonly minScore: number;
  readonly precision: Precision;
  readonly topK: number | null;
  readonly sampleCount: number;
  readonly teacherDigest: string;
  readonly preprocessing: string;
  readonly shards: readonly (BoxShardNote & ShardPlace)[];
}

/** What stored rows are as an output: corners are shares of the photo's sides. */
export function storedOutputs({ top, classNames, objectness }: DetectionsFile): Outputs {
  const shape = [top, boxNumbers + classNames.length];
  return { rows: { kind: rowsKind, shape, ...(objectness ? {} : { objectness: false }) } };
}

export async function readDetectionsFile(directory: string): Promise<DetectionsFile> {
  return JSON.parse(await readFile(join(directory, "soft-labels.json"), "utf8")) as DetectionsFile;
}

export function layoutOf({ classNames, precision, topK }: DetectionsFile): BoxLayout {
  return { classes: classNames.length, precision, topK: topK ?? undefined };
}

/** @throws KDF_STORE_DAMAGED naming a shard that is not there or has another size than was written */
export async function openStoredBoxes(
  file: DetectionsFile,
  directory: string,
  parts: Pick<PartStore, "find">,
): Promise<StoredBoxes> {
  const found = await findShards(file.shards, directory, parts);
  return new StoredBoxes(
    file.shards.map(({ first, counts }, place) => ({
      path: "",
      rows: 0,
      ...found[place],
      first: first * (file.views ?? 1),
      counts,
    })),
    layoutOf(file),
  );
}

/**
 * Opens stored detections as the trainer reads them: of any view of a photo the rows of the plain photo, or those that
 * were found in that view; the surest boxes first; rows that are missing have no area and logits of −100.
 */
export async function openDetections(directory: string, parts: Pick<PartStore, "find">): Promise<SoftLabels> {
  const file = await readDetectionsFile(directory);
  const stored = await openStoredBoxes(file, directory, parts);
  const layout = layoutOf(file);
  const width = boxNumbers + layout.classes;
  const { task, content, classNames, sampleCount, teacherDigest, top, views: count } = file;
  return {
    task,
    content,
    outputs: storedOutputs(file),
    classNames,
    views: count,
    sampleCount,
    teacherDigest,
    async read(indices, views, out) {
      await eachAtOnce(Array.from(indices), async (sample, at) => {
        const own = out.subarray(at * top * width, (at + 1) * top * width);
        for (let row = 0; row < top; row++)
          own.fill(0, row * width, row * width + 4).fill(noRow, row * width + 4, (row + 1) * width);
        const place = count === undefined ? sample : sample * count + (views[at] ?? 0);
        decodeBoxes(await stored.read(place), layout, own);
      });
    },
    close: () => stored.close(),
  };
}
