import { KdflowError, type Log } from "../../../../core/index.ts";
import type { StagesOfFile } from "../../../scaffold/init/host.ts";
import { fileDigest } from "../../photos/file-digest.ts";
import { PhotoPool } from "../../photos/photo-pool.ts";
import { boxLists } from "../box-lists.ts";
import type { BoxesOptions } from "../box-options.ts";
import { readBoxRecords } from "../box-records.ts";
import { type BoxStats, boxStats, type Spread, splitNames } from "./box-stats.ts";

/** The counts of one stage, and what was said of its labels while they were read. */
export interface StageStats extends BoxStats {
  readonly stage: string;
  readonly told: readonly string[];
}

/**
 * Reads the photos and labels of every stage of photos with boxes, as a run would; stores nothing.
 *
 * @throws KDF_CLI_USAGE where a pipeline has none, and what reading throws
 */
export async function pipelineStats(
  { stages, baseDir }: StagesOfFile,
  { signal }: { readonly signal: AbortSignal },
): Promise<StageStats[]> {
  const counted = stages.flatMap((stage) => {
    const list = stage.kind === "data" ? boxLists.get(stage.registered.provider.id) : undefined;
    return list === undefined ? [] : [{ stage, list }];
  });
  if (counted.length === 0) {
    throw new KdflowError("KDF_CLI_USAGE", "the pipeline has no data of photos with boxes to count", {
      hint: "those are `voc`, `coco` and `yolo`",
    });
  }
  const all: StageStats[] = [];
  for (const { stage, list } of counted) {
    all.push(
      await statsOf(stage, list, { baseDir, signal }).catch((error: unknown) => {
        throw error instanceof KdflowError ? located(error, stage) : error;
      }),
    );
  }
  return all;
}

type Stage = StagesOfFile["stages"][number];
type BoxList = NonNullable<ReturnType<typeof boxLists.get>>;

async function statsOf(
  { name, seed, options }: Stage,
  list: BoxList,
  { baseDir, signal }: { readonly baseDir: string; readonly signal: AbortSignal },
): Promise<StageStats> {
  const own = options as unknown as BoxesOptions;
  const listing = await list(options as never, baseDir);
  const told: string[] = [];
  const tell: Log["info"] = (_event, data) => void told.push(String(data?.["message"]));
  const log: Log = { debug: () => undefined, info: tell, warn: tell };
  const pool = new PhotoPool(own.workers);
  const context = { signal, seed, log, fileDigest, progress: () => undefined };
  try {
    const records = await readBoxRecords(listing, own, pool, context);
    return { stage: name, told, ...boxStats(records, listing.classNames) };
  } finally {
    await pool.close();
  }
}

/** The error at its own place, else at the stage. */
function located(error: KdflowError, stage: Stage): KdflowError {
  if (error.where !== undefined) return error;
  const { code, message, hint, cause, option } = error;
  return new KdflowError(code, message, { hint, cause, where: stage.locate(option, "key") ?? stage.locate() });
}

const countWords: Readonly<Record<keyof BoxStats["splits"]["train"], string>> = {
  photos: "photos",
  unlabelled: "photos without labels",
  background: "photos without boxes",
  boxes: "boxes",
};

/** The counts for people. */
export function statsLines({ stage, splits, classes, told, ...stats }: StageStats): readonly string[] {
  const hasUnlabelled = splits.train.unlabelled > 0;
  const counts = (["photos", "unlabelled", "background", "boxes"] as const).filter(
    (what) => what !== "unlabelled" || hasUnlabelled,
  );
  const rows = [
    ["", ...splitNames],
    ...counts.map((what) => [countWords[what], ...splitNames.map((split) => String(splits[split][what]))]),
    ...Object.entries(classes).map(([name, counts]) => [
      `  ${name}`,
      ...splitNames.map((split) => String(counts[split])),
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map(([name = "", ...counts]) =>
    [name.padEnd(widths[0] ?? 0), ...counts.map((count, at) => count.padStart(widths[at + 1] ?? 0))].join("  "),
  );
  const areas = Object.entries(stats.areas).map(([name, count]) => `${count} ${name}`);
  return [
    `${stage}:`,
    ...table,
    `sides of photos: ${spreadWords(stats.photoSides)}`,
    `boxes, roots of their areas: ${spreadWords(stats.boxSides)}; ${areas.join(", ")} by COCO's ranges`,
    ...(stats.crowds + stats.difficult > 0 ? [`${stats.crowds} crowds, ${stats.difficult} difficult boxes`] : []),
    ...told,
  ];
}

const spreadWords = ({ least, median, most }: Spread): string =>
  `${least.toFixed(0)} to ${most.toFixed(0)} pixels, median ${median.toFixed(0)}`;
