import { createHash } from "node:crypto";
import {
  type Dataset,
  type DatasetSplit,
  KdflowError,
  type Partner,
  type SoftLabels,
  type Task,
  type View,
} from "../../../core/index.ts";
import { alignAnswers, rowWidth } from "../../tasks/outputs/answer-rows.ts";

/** Sources of one training, as one dataset whose train split holds theirs one after the other. */
export interface MixedData {
  readonly dataset: Dataset;
  readonly softLabels: SoftLabels | undefined;
  /** Training samples of each source. */
  readonly counts: readonly number[];
}

/**
 * Puts several sources together. Validation and test are the first one's; classes are matched by name to its order.
 *
 * @param softLabels of each source in the same order, or none at all
 * @throws KDF_PLAN_SOURCES where classes or channels differ
 */
export function mixedData(sources: readonly Dataset[], softLabels: readonly SoftLabels[], task: Task): MixedData {
  const [first] = sources;
  if (first === undefined) throw new KdflowError("KDF_INTERNAL", "a training has no data");
  for (const source of sources.slice(1)) assertFits(first, source);
  const counts = sources.map(({ splits }) => splits.train.count);
  const locate = locator(counts);
  const offsets = counts.map((_, source) => counts.slice(0, source).reduce((sum, count) => sum + count, 0));
  const trains = sources.map(({ splits }) => splits.train);
  const dataset: Dataset = {
    ...first,
    splits: { ...first.splits, train: mixedTrain(first, sources, locate, offsets, task) },
    digest: createHash("sha256")
      .update(JSON.stringify(sources.map(({ digest }) => digest)))
      .digest("hex"),
    augmented: sources.some(({ augmented }) => augmented),
    mixes: sources.some(({ mixes }) => mixes === true),
    viewSpec: JSON.stringify(sources.map(({ viewSpec }) => viewSpec)),
    photos: Math.max(...sources.map(({ mixes, photos = mixes === true ? 2 : 1 }) => photos)),
    view(split, index, view, without) {
      if (split !== "train") return first.view(split, index, view, without);
      const { source, sample } = locate(index);
      return movedPartners((sources[source] as Dataset).view("train", sample, view, without), offsets[source] ?? 0);
    },
  };
  const labels = softLabels.length === 0 ? undefined : mixedLabels(softLabels, trains, first.classNames, locate, task);
  return { dataset, softLabels: labels, counts };
}

type Locate = (index: number) => { readonly source: number; readonly sample: number };

function locator(counts: readonly number[]): Locate {
  return (index) => {
    let sample = index;
    for (const [source, count] of counts.entries()) {
      if (sample < count) return { source, sample };
      sample -= count;
    }
    throw new KdflowError("KDF_INTERNAL", `no source has the sample ${index}`);
  };
}

/** The places of a batch that belong to each source, and the samples there. */
function bySource(indices: ArrayLike<number>, locate: Locate): Map<number, { places: number[]; samples: number[] }> {
  const groups = new Map<number, { places: number[]; samples: number[] }>();
  for (const [place, index] of Array.from(indices).entries()) {
    const { source, sample } = locate(index);
    const group = groups.get(source) ?? { places: [], samples: [] };
    groups.set(source, group);
    group.places.push(place);
    group.samples.push(sample);
  }
  return groups;
}

/** A view whose partner and tiles, where it has some, are `by` places further. */
function movedPartners(view: View, by: number): View {
  const moved = (one: Partner): Partner => ({ ...one, index: one.index + by, view: movedPartners(one.view, by) });
  const { tiles, partner } = view;
  return { ...view, ...(tiles && { tiles: tiles.map(moved) }), ...(partner && { partner: moved(partner) }) };
}

function mixedTrain(
  first: Dataset,
  sources: readonly Dataset[],
  locate: Locate,
  offsets: readonly number[],
  task: Task,
): DatasetSplit {
  const parts = sources.map(({ classNames, splits }) => ({ classNames, truth: splits.train.truth }));
  return {
    name: "train",
    count: sources.reduce((sum, { splits }) => sum + splits.train.count, 0),
    truth: task.truth.join(parts, first.classNames),
    digests: sources.flatMap(({ splits }) => splits.train.digests),
    async render(indices, views, size, out) {
      const width = size.height * size.width * size.channels;
      for (const [source, { places, samples }] of bySource(indices, locate)) {
        const pixels = new Uint8Array(samples.length * width);
        const own = views && places.map((place) => movedPartners(views[place] as View, -(offsets[source] ?? 0)));
        await (sources[source] as Dataset).splits.train.render(samples, own, size, pixels);
        for (const [i, place] of places.entries()) out.set(pixels.subarray(i * width, (i + 1) * width), place * width);
      }
    },
  };
}

/** Answers brought to the data's classes, whoever the teacher of a source is. */
function mixedLabels(
  softLabels: readonly SoftLabels[],
  trains: readonly DatasetSplit[],
  classNames: readonly string[],
  locate: Locate,
  task: Task,
): SoftLabels {
  const selections = softLabels.map((labels) => alignAnswers(task, labels, classNames));
  const outputs = selections[0]?.outputs ?? {};
  const width = rowWidth(outputs);
  return {
    task: softLabels[0]?.task ?? "",
    content: softLabels[0]?.content ?? "logits",
    outputs,
    classNames,
    views: mostViews(softLabels),
    sampleCount: trains.reduce((sum, { count }) => sum + count, 0),
    teacherDigest: createHash("sha256")
      .update(softLabels.map((labels) => labels.teacherDigest).join())
      .digest("hex"),
    async read(indices, views, out) {
      for (const [source, { places, samples }] of bySource(indices, locate)) {
        const [labels, selection] = [softLabels[source], selections[source]];
        if (labels === undefined || selection === undefined) continue;
        const raw = new Float32Array(samples.length * rowWidth(labels.outputs));
        // data without augmentations has one view, whatever was asked for
        const own = places.map((place) => (views[place] as number) % (labels.views ?? Number.POSITIVE_INFINITY));
        await labels.read(samples, own, raw);
        const rows = selection.select(raw, samples.length, new Float32Array(samples.length * width));
        for (const [i, place] of places.entries()) out.set(rows.subarray(i * width, (i + 1) * width), place * width);
      }
    },
    // each belongs to whoever opened it
    close: async () => undefined,
  };
}

/** Of the source that has most; without an end where a teacher is in the loop. */
function mostViews(softLabels: readonly SoftLabels[]): number | undefined {
  let most = 1;
  for (const { views } of softLabels) {
    if (views === undefined) return undefined;
    most = Math.max(most, views);
  }
  return most;
}

function assertFits(first: Dataset, source: Dataset): void {
  assertSameClasses(first.classNames, source.classNames, "a source of data");
  const [ours, theirs] = [first.imageSize.channels, source.imageSize.channels];
  if (ours === theirs) return;
  throw new KdflowError("KDF_PLAN_SOURCES", `sources of data have images of ${ours} and of ${theirs} channels`, {
    hint: "train on images of as many channels",
  });
}

/** @throws KDF_PLAN_SOURCES naming a class that only one of the two has */
export function assertSameClasses(first: readonly string[], source: readonly string[], what: string): void {
  const extra = source.find((name) => !first.includes(name));
  const missing = first.find((name) => !source.includes(name));
  if (extra === undefined && missing === undefined) return;
  const words = extra === undefined ? `does not have the class "${missing}"` : `has the class "${extra}"`;
  throw new KdflowError("KDF_PLAN_SOURCES", `${what} ${words}, unlike the first source`, {
    hint: "all sources of a training have the same classes; `classMap` at the teacher renames those of its pseudo-labels",
  });
}
