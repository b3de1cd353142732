import type { Dataset, Teacher } from "../../../core/index.ts";
import type { LabelRow, Shard } from "../storing/label-job.ts";
import type { BoxLayout } from "./box-columns.ts";

/** Raise it when shards of the same identity would hold other bytes (rendering, choice of rows, file format). */
const shardFormat = 1;

/** What is stored of one photo. */
export interface PhotoRows {
  /** `[rows, 5 + classes]`: corners as shares of the photo's sides, objectness, class logits. */
  readonly values: Float32Array;
  /** Boxes after suppression that found no room among the stored rows. */
  readonly cut: number;
  /** Whether the teacher may have had more rows above the least score than it handed over. */
  readonly isShort: boolean;
}

/** Everything that decides what is stored of a detector's answers to the photos of a train split, plain or in views. */
export interface BoxJob {
  readonly dataset: Dataset;
  readonly teacher: Teacher;
  readonly layout: BoxLayout;
  /** Views of each photo that are labelled; `undefined` for plain photos alone. */
  readonly views: number | undefined;
  /** Most rows of a photo. */
  readonly top: number;
  readonly minScore: number;
  readonly shardSize: number;
  readonly batchSize: number;
  /** `softLabels/…` of the provider that makes them. */
  readonly kind: string;
  /** What is stored of some photos of the train split, each in one of its views, in their order. */
  rowsOf(rows: readonly LabelRow[]): Promise<readonly PhotoRows[]>;
}

/** Photos of a shard, each in all of its views, photo by photo. */
export function rowsOfShard(
  { views = 1 }: Pick<BoxJob, "views">,
  { first, count }: Pick<Shard, "first" | "count">,
): LabelRow[] {
  return Array.from({ length: count * views }, (_, at) => ({
    sample: first + Math.floor(at / views),
    view: at % views,
  }));
}

/** What a shard's key is made from; augmentations play a part where the teacher sees views. */
export function boxShardIdentity(job: BoxJob, shard: Shard): Readonly<Record<string, unknown>> {
  const { teacher, layout, top, minScore } = job;
  const { height, width, channels, fit } = teacher.imageSize;
  return {
    kind: job.kind,
    format: shardFormat,
    teacher: teacher.digest,
    preprocessing: teacher.preprocessing,
    imageSize: [height, width, channels],
    fit: fit ?? "stretch",
    classes: layout.classes,
    precision: layout.precision,
    topK: layout.topK ?? null,
    top,
    minScore,
    first: shard.first,
    records: shard.recordsDigest,
    ...(job.views === undefined ? {} : { views: job.views, viewSpec: job.dataset.viewSpec }),
  };
}

/** Schema metadata of a shard's Arrow file: enough to know, without kdflow, what the numbers are. */
export function boxShardMetadata(job: BoxJob, shard: Shard, clamped: number): ReadonlyMap<string, string> {
  const { teacher, layout, top, minScore } = job;
  const { height, width, channels } = teacher.imageSize;
  return new Map([
    ["kdflow.format", String(shardFormat)],
    ["kdflow.content", "detections"],
    [
      "kdflow.corners",
      layout.precision === "float16" ? "left, top, right, bottom / 65535" : "left, top, right, bottom",
    ],
    ["kdflow.classes", JSON.stringify(teacher.classNames)],
    ["kdflow.precision", layout.precision],
    ["kdflow.topK", layout.topK === undefined ? "all" : String(layout.topK)],
    ["kdflow.top", String(top)],
    ["kdflow.minScore", String(minScore)],
    ["kdflow.clamped", String(clamped)],
    ["kdflow.teacher", teacher.digest],
    ["kdflow.preprocessing", teacher.preprocessing],
    ...(teacher.runtime === undefined ? [] : [["kdflow.runtime", teacher.runtime] as const]),
    ["kdflow.imageSize", `${height}x${width}x${channels}`],
    ["kdflow.records", shard.recordsDigest],
    ...(job.views === undefined
      ? []
      : ([
          ["kdflow.views", String(job.views)],
          ["kdflow.viewSpec", job.dataset.viewSpec],
        ] as const)),
  ]);
}
