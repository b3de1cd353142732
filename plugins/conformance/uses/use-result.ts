import { stat } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import {
  type CreateContext,
  type Dataset,
  type DatasetSplit,
  type Exported,
  type ImageSize,
  isMetrics,
  type Metrics,
  type Model,
  type Predictor,
  type SoftLabels,
  type Teacher,
  type View,
} from "../../../core/index.ts";
import { rowWidth, widthOf } from "../../tasks/outputs/answer-rows.ts";
import { assertPromise } from "./assert-promise.ts";

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/** Samples with digests, views that are the same each time, and pixels that do not depend on what was there before. */
export async function useDataset(dataset: Dataset): Promise<unknown> {
  const found: unknown[] = [dataset.classNames, dataset.imageSize];
  for (const split of Object.values(dataset.splits)) {
    const { name, count, digests } = split;
    assertPromise(digests.length === count, `the split ${name} has ${count} samples and ${digests.length} digests`);
    if (count === 0) continue;
    const indices = [0, count - 1];
    const [views, again] = [1, 2].map(() => indices.map((index) => dataset.view(name, index, 1)));
    assertPromise(isDeepStrictEqual(views, again), `a view of the split ${name} is another one the second time`);
    found.push(name, count, digests.slice(0, 2), views);
    for (const chosen of [undefined, views]) found.push(await rendered(split, indices, chosen, dataset.imageSize));
  }
  return found;
}

async function rendered(
  split: DatasetSplit,
  indices: readonly number[],
  views: readonly View[] | undefined,
  size: ImageSize,
): Promise<Uint8Array | undefined> {
  const [first, second] = await Promise.all(
    [0, 255].map(async (old) => {
      const pixels = new Uint8Array(indices.length * size.height * size.width * size.channels).fill(old);
      await split.render(indices, views, size, pixels);
      return pixels;
    }),
  );
  const what = `what the split ${split.name} renders depends on what was there before`;
  assertPromise(isDeepStrictEqual(first, second), what);
  return first;
}

/** Answers to two images of all outputs, of the announced sizes and finite. */
export async function useTeacher(teacher: Teacher): Promise<unknown> {
  return { digest: teacher.digest, answers: await ask(teacher, teacher.imageSize) };
}

/** The same of a model, which is loaded for it. */
export async function useModel(model: Model, { backend }: CreateContext): Promise<unknown> {
  const predictor = await model.load(backend, silent);
  try {
    return await ask(predictor, model.description.imageSize);
  } finally {
    predictor.dispose();
  }
}

async function ask(predictor: Predictor, { height, width, channels }: ImageSize): Promise<unknown> {
  const count = 2;
  const pixels = Uint8Array.from({ length: count * height * width * channels }, (_, at) => (at * 97 + (at >> 3)) & 255);
  const answers = await predictor.predict(pixels, count);
  for (const [name, output] of Object.entries(predictor.outputs)) {
    const numbers = answers[name]?.length ?? 0;
    const wanted = count * widthOf(output);
    assertPromise(numbers === wanted, `${numbers} numbers of the output "${name}" for ${count} images, not ${wanted}`);
    assertPromise(answers[name]?.every(Number.isFinite) === true, `the output "${name}" is not finite`);
  }
  return answers;
}

/** Answers of the first and the last sample, with no number left out. */
export async function useSoftLabels(labels: SoftLabels): Promise<unknown> {
  const { sampleCount, teacherDigest, outputs } = labels;
  const rows = new Float32Array(2 * rowWidth(outputs)).fill(Number.NaN);
  await labels.read([0, sampleCount - 1], [0, 0], rows);
  assertPromise(rows.every(Number.isFinite), "answers that are read are not finite");
  return { sampleCount, teacherDigest, rows };
}

/** Rows of numbers. Latencies are of the moment, so that no number is compared. */
export async function useMetrics(metrics: Metrics): Promise<unknown> {
  assertPromise(isMetrics(metrics), "what it opens is no table of metrics");
  return metrics.rows.map(({ role, stages, metrics: numbers }) => {
    for (const [name, { mean }] of Object.entries(numbers)) {
      assertPromise(typeof mean === "number", `the metric "${name}" of ${stages} is ${mean}`);
    }
    return { role, stages, names: Object.keys(numbers), of: metrics.sampleCount };
  });
}

/** Files that are there, of the sizes that it says. */
export async function useExport({ directory, files, parity }: Exported): Promise<unknown> {
  assertPromise(files.length > 0, "it exports no file");
  assertPromise(Number.isFinite(parity) && parity >= 0, `its parity is ${parity}`);
  for (const { path, bytes } of files) {
    const { size } = await stat(`${directory}/${path}`);
    assertPromise(size === bytes, `"${path}" has ${size} bytes, it says ${bytes}`);
  }
  return { files, parity };
}
