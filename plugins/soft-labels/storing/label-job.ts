import { createHash } from "node:crypto";
import type { Dataset, Outputs, Teacher } from "../../../core/index.ts";
import type { RowLayout } from "./rows.ts";

/** Raise it when shards of the same identity would hold other bytes (rendering, encoding, file format). */
const shardFormat = 1;

/** Everything that decides what soft labels of a train split hold. */
export interface LabelJob {
  readonly dataset: Dataset;
  readonly teacher: Teacher;
  readonly layout: RowLayout;
  /** Places in the teacher whose features stand in a row after its outputs. */
  readonly taps?: Outputs;
  /** 1 where the dataset has no augmentations. */
  readonly views: number;
  readonly shardSize: number;
  readonly batchSize: number;
  /** Answers that are there already, `[rows, classes]`; the teacher is not asked then. */
  readonly answers?: (rows: readonly LabelRow[]) => Promise<Float32Array>;
}

/** What a row holds, in order; a tap of an output's name is that output. */
export function storedOutputs({ teacher, taps }: Pick<LabelJob, "teacher" | "taps">): Outputs {
  return { ...teacher.outputs, ...taps };
}

/** One row of soft labels: a sample of the train split in one of its views. */
export interface LabelRow {
  readonly sample: number;
  readonly view: number;
}

/** A run of samples of the train split that share one file. */
export interface Shard {
  readonly first: number;
  readonly count: number;
  /** SHA-256 over the records' digests, hex. */
  readonly recordsDigest: string;
}

/**
 * Cuts the train split into shards in record order. Appended records leave all full shards as they are; their views
 * stay too, because a view hangs on a record's content and not on its place. Views that mix two samples hang on their
 * partners as well: an appended record becomes the partner of one record per view, whose shard is labelled anew.
 */
export function planShards({ dataset, shardSize }: Pick<LabelJob, "dataset" | "shardSize">): Shard[] {
  const { count, digests } = dataset.splits.train;
  return Array.from({ length: Math.ceil(count / shardSize) }, (_, place) => {
    const first = place * shardSize;
    const own = digests.slice(first, first + shardSize);
    return { first, count: own.length, recordsDigest: createHash("sha256").update(own.join("\n")).digest("hex") };
  });
}

/**
 * What a shard's key is made from; the engine adds the provider, its cache version and the backend's numeric class.
 * `first` is in it because rows name their sample's index in the split.
 */
export function shardIdentity(job: LabelJob, shard: Shard): Readonly<Record<string, unknown>> {
  const { teacher, layout, dataset } = job;
  return {
    kind: job.taps === undefined ? "softLabels/logits" : "softLabels/features",
    format: shardFormat,
    teacher: teacher.digest,
    preprocessing: teacher.preprocessing,
    imageSize: [teacher.imageSize.height, teacher.imageSize.width, teacher.imageSize.channels],
    classes: layout.classes,
    precision: layout.precision,
    topK: layout.topK ?? null,
    // a tap's name may be the user's own: the tensor behind it, the shape and the order are part of the identity
    ...(job.taps === undefined ? {} : { taps: Object.entries(job.taps) }),
    viewSpec: dataset.viewSpec,
    views: Array.from({ length: job.views }, (_, view) => view),
    first: shard.first,
    records: shard.recordsDigest,
    ...(dataset.mixes === true ? { partners: partnersDigest(job, shard) } : {}),
  };
}

/** SHA-256 over the partners of a shard's views: the other samples of a view are part of what the teacher saw. */
function partnersDigest({ dataset, views }: LabelJob, { first, count }: Shard): string {
  const hash = createHash("sha256");
  for (let sample = first; sample < first + count; sample++) {
    for (let view = 0; view < views; view++) {
      const { tiles = [], partner } = dataset.view("train", sample, view);
      const others = [...tiles, ...(partner === undefined ? [] : [partner, ...(partner.view.tiles ?? [])])];
      hash.update(`${others.map(({ digest }) => digest).join(" ") || "none"}\n`);
    }
  }
  return hash.digest("hex");
}

/** Schema metadata of a shard's Arrow file: enough to know, without kdflow, what the numbers are. */
export function shardMetadata(job: LabelJob, shard: Shard, clamped: number): ReadonlyMap<string, string> {
  const { teacher, layout, dataset } = job;
  const { height, width, channels } = teacher.imageSize;
  return new Map([
    ["kdflow.format", String(shardFormat)],
    [
      "kdflow.content",
      Object.values(storedOutputs(job))
        .map(({ kind }) => kind)
        .join(", "),
    ],
    ["kdflow.classes", JSON.stringify(teacher.classNames)],
    ...(job.taps === undefined ? [] : [["kdflow.row", JSON.stringify(storedOutputs(job))] as const]),
    ["kdflow.precision", layout.precision],
    ["kdflow.topK", layout.topK === undefined ? "all" : String(layout.topK)],
    ["kdflow.clamped", String(clamped)],
    ["kdflow.teacher", teacher.digest],
    ["kdflow.preprocessing", teacher.preprocessing],
    ...(teacher.runtime === undefined ? [] : [["kdflow.runtime", teacher.runtime] as const]),
    ["kdflow.imageSize", `${height}x${width}x${channels}`],
    ["kdflow.records", shard.recordsDigest],
    ["kdflow.views", String(job.views)],
    ["kdflow.viewSpec", dataset.viewSpec],
  ]);
}
