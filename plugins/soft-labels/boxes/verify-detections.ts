import type { PartStore, StageVerification } from "../../../core/index.ts";
import { boxNumbers } from "../../tasks/detection/names.ts";
import { clampTo, type Precision } from "../storing/rows.ts";
import type { LabelInputs } from "../storing/write-labels.ts";
import { createBoxColumns, decodeBoxes, encodeBox } from "./box-columns.ts";
import { layoutOf, openStoredBoxes, readDetectionsFile } from "./box-store.ts";
import { labelPhotos } from "./label-photos.ts";

/** Photos asked about at once. */
const batchSize = 8;
/** Largest |Δ| / max|logit| that the teacher's own sums explain, beside half a unit of float16 on both sides. */
const tolerances: Readonly<Record<Precision, number>> = { float16: 2 ** -10 + 1e-4, float32: 1e-4 };

/** Asks the teacher again about evenly spaced photos and compares the rows, both as they are stored. */
export async function verifyDetections(
  directory: string,
  { data: dataset, teacher }: LabelInputs,
  sampleCount: number,
  parts: Pick<PartStore, "find">,
): Promise<StageVerification> {
  const file = await readDetectionsFile(directory);
  const layout = layoutOf(file);
  const width = boxNumbers + layout.classes;
  const stored = await openStoredBoxes(file, directory, parts);
  const { views, top, minScore } = file;
  const places = file.sampleCount * (views ?? 1);
  const count = Math.min(sampleCount, places);
  let worst = 0;
  let worstSample: number | undefined;
  try {
    for (let start = 0; start < count; start += batchSize) {
      const chosen = Array.from({ length: Math.min(batchSize, count - start) }, (_, at) => {
        return Math.floor(((start + at) * places) / count);
      });
      const rows = chosen.map((at) => ({ sample: Math.floor(at / (views ?? 1)), view: at % (views ?? 1) }));
      const fresh = await labelPhotos({ dataset, teacher, top, minScore, views }, rows);
      for (const [place, at] of chosen.entries()) {
        const columns = await stored.read(at);
        const own = new Float32Array((columns.corners.length / 4) * width);
        decodeBoxes(columns, layout, own);
        const { values = new Float32Array() } = fresh[place] ?? {};
        const difference = largestDifference(own, rounded(values, layout, width), file.precision);
        if (difference <= worst) continue;
        worst = difference;
        worstSample = rows[place]?.sample;
      }
    }
  } finally {
    await stored.close();
  }
  const ok = worst <= tolerances[file.precision];
  const detail = ok
    ? `the teacher still gives the stored rows on ${count} photos`
    : `the teacher gives other rows than are stored (photo ${worstSample})`;
  return { checked: count, worst, ok, detail };
}

/** Rows as they come back from a file. */
function rounded(values: Float32Array, layout: ReturnType<typeof layoutOf>, width: number): Float32Array {
  const rows = values.length / width;
  const columns = createBoxColumns(rows, layout);
  for (let row = 0; row < rows; row++) encodeBox(values.subarray(row * width, (row + 1) * width), layout, columns, row);
  const back = new Float32Array(values.length);
  decodeBoxes(columns, layout, back);
  return back;
}

/** Infinite where there are more rows of one than of the other. */
function largestDifference(one: Float32Array, other: Float32Array, precision: Precision): number {
  if (one.length !== other.length) return Number.POSITIVE_INFINITY;
  const largest = other.reduce((most, value) => Math.max(most, Math.abs(clampTo(precision, value))), Number.MIN_VALUE);
  return one.reduce((worst, value, at) => Math.max(worst, Math.abs(value - (other[at] ?? 0)) / largest), 0);
}
