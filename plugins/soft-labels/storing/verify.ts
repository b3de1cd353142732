import type { Dataset, Outputs, PartStore, StageVerification, Teacher } from "../../../core/index.ts";
import type { LabelRow } from "./label-job.ts";
import { labelRows } from "./label-rows.ts";
import { type OpenSoftLabels, openShards, readSoftLabelsFile } from "./label-store.ts";
import { clampTo, massOutside, type Precision, type RowColumns, valueReader } from "./rows.ts";

/**
 * Largest |Δ| / max|reference| that rounding explains: half a unit in the last place of float16 is 2⁻¹¹ of the value;
 * 1e-5 is left for the teacher itself, whose sums depend on the size of the batch.
 */
const tolerances: Readonly<Record<Precision, number>> = { float16: 2 ** -11 + 1e-5, float32: 1e-5 };

const batchSize = 64;

/** Verifies the soft labels in a folder: one teacher's, or those of each member of an ensemble. */
export async function verifyStored(
  directory: string,
  dataset: Dataset,
  teacher: Teacher,
  sampleCount: number,
  parts: Pick<PartStore, "find">,
): Promise<StageVerification> {
  const file = await readSoftLabelsFile(directory);
  const stored = "members" in file ? file.members : [file];
  const teachers = "members" in file ? (teacher.ensemble?.members ?? []) : [teacher];
  const results: StageVerification[] = [];
  for (const [place, own] of stored.entries()) {
    const labels = await openShards(own, directory, parts);
    try {
      results.push(await verifySoftLabels(labels, dataset, teachers[place] ?? teacher, sampleCount));
    } finally {
      await labels.rows.close();
    }
  }
  const worst = results.reduce((most, result) => (result.worst > most.worst || !result.ok ? result : most));
  const member = results.length > 1 && !worst.ok ? `member ${results.indexOf(worst) + 1}: ` : "";
  return { ...worst, detail: `${member}${worst.detail}` };
}

/**
 * Runs the teacher again on evenly spaced samples, each in one of its views, and compares with what is stored. Of
 * top-K rows the stored classes and the residual mass are compared.
 */
export async function verifySoftLabels(
  labels: OpenSoftLabels,
  dataset: Dataset,
  teacher: Teacher,
  sampleCount: number,
  taps?: Outputs,
): Promise<StageVerification> {
  const { layout, file } = labels;
  const count = Math.min(sampleCount, file.sampleCount);
  const chosen = Array.from({ length: count }, (_, place): LabelRow => {
    return { sample: Math.floor((place * file.sampleCount) / count), view: place % file.views };
  });
  let worst = 0;
  let worstRow: LabelRow | undefined;
  for (let start = 0; start < count; start += batchSize) {
    const batch = chosen.slice(start, start + batchSize);
    const fresh = await labelRows({ dataset, teacher, layout, ...(taps && { taps }) }, batch);
    const stored = await labels.rows.read(batch.map(({ sample, view }) => labels.place(sample, view)));
    for (const [row, labelRow] of batch.entries()) {
      const reference = fresh.subarray(row * layout.classes, (row + 1) * layout.classes);
      const difference = rowDifference(stored, row, reference, layout.precision);
      if (difference <= worst) continue;
      worst = difference;
      worstRow = labelRow;
    }
  }
  const ok = worst <= tolerances[layout.precision];
  const where = worstRow === undefined ? "" : ` (sample ${worstRow.sample}, view ${worstRow.view})`;
  const detail = ok
    ? `the teacher still gives the stored logits on ${count} samples`
    : `the teacher gives other logits than are stored${where}`;
  return { checked: count, worst, ok, detail };
}

/** The largest difference of one stored row to the teacher's logits, relative to the largest logit. */
function rowDifference(stored: RowColumns, row: number, reference: Float32Array, precision: Precision): number {
  const { values, indices, residual } = stored;
  const read = valueReader(values);
  const clamped = reference.map((logit) => clampTo(precision, logit));
  const largest = clamped.reduce((most, logit) => Math.max(most, Math.abs(logit)), Number.MIN_VALUE);
  const width = indices === undefined ? reference.length : indices.length / (residual?.length ?? 1);
  const top = indices?.subarray(row * width, (row + 1) * width);
  let worst = 0;
  for (let place = 0; place < width; place++) {
    const index = top?.[place] ?? place;
    worst = Math.max(worst, Math.abs(read(row * width + place) - (clamped[index] ?? 0)) / largest);
  }
  if (top === undefined) return worst;
  return Math.max(worst, Math.abs((residual?.[row] ?? 0) - massOutside(reference, top)));
}
