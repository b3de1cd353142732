import type { Answers, Outputs, PartStore, SoftLabels } from "../../../core/index.ts";
import { answersOf, rowWidth } from "../../tasks/outputs/answer-rows.ts";
import { type OpenSoftLabels, openShards, readSoftLabelsFile, type SoftLabelsFile } from "../storing/label-store.ts";
import { decodeRows } from "../storing/rows.ts";

/** Name of the column of rows in the files of features. */
export const featuresColumn = "answers";

/** `soft-labels.json` of features: `outputs` is all that a row holds, outputs and taps. */
export interface FeaturesFile extends SoftLabelsFile {
  readonly content: "features";
  /** Those of the teacher, the first of a row. */
  readonly teacherOutputs: Outputs;
  readonly taps: Outputs;
}

/** Soft labels that answer for a teacher's features too. */
export interface StoredFeatures extends SoftLabels {
  readonly content: "features";
  readonly taps: Outputs;
  /** @returns by tap, `[indices.length, ...shape]` */
  readFeatures(indices: ArrayLike<number>, views: ArrayLike<number>): Promise<Answers>;
}

/** Whether soft labels hold features. */
export function holdFeatures(labels: object | undefined): labels is StoredFeatures {
  return labels !== undefined && "readFeatures" in labels;
}

export async function readFeaturesFile(directory: string): Promise<FeaturesFile> {
  return (await readSoftLabelsFile(directory)) as FeaturesFile;
}

export function openFeatureShards(
  file: FeaturesFile,
  directory: string,
  parts: Pick<PartStore, "find">,
): Promise<OpenSoftLabels> {
  return openShards(file, directory, parts, featuresColumn);
}

/** Opens the stored features in `directory` as the trainer reads them. */
export async function openFeatures(directory: string, parts: Pick<PartStore, "find">): Promise<StoredFeatures> {
  const file = await readFeaturesFile(directory);
  const { layout, rows, place } = await openFeatureShards(file, directory, parts);
  const { task, classNames, views, sampleCount, teacherDigest, outputs, teacherOutputs, taps } = file;
  const readAll = async (indices: ArrayLike<number>, viewNumbers: ArrayLike<number>): Promise<Float32Array> => {
    const places = Array.from(indices, (sample, at) => place(sample, viewNumbers[at] ?? -1));
    const all = new Float32Array(places.length * layout.classes);
    decodeRows(await rows.read(places), layout, places.length, all);
    return all;
  };
  const width = rowWidth(teacherOutputs);
  return {
    task,
    content: "features",
    outputs: teacherOutputs,
    taps,
    classNames,
    views,
    sampleCount,
    teacherDigest,
    async read(indices, viewNumbers, out) {
      const all = await readAll(indices, viewNumbers);
      for (let row = 0; row < indices.length; row++) {
        out.set(all.subarray(row * layout.classes, row * layout.classes + width), row * width);
      }
    },
    readFeatures: async (indices, viewNumbers) =>
      answersOf(await readAll(indices, viewNumbers), outputs, indices.length),
    close: () => rows.close(),
  };
}
