import { type DatasetSplit, KdflowError } from "../../../core/index.ts";
import type { LabelFile } from "../files/label-file.ts";

/**
 * Finds the row of each sample and view: by the column `digest`, else by `sample`, else by order. Rows of digests that
 * the split does not have are passed over; anything else has to fit exactly.
 *
 * @returns the row of a sample's view
 * @throws KDF_INPUT_ROWS
 */
export function matchRows(
  file: LabelFile,
  { count, digests }: Pick<DatasetSplit, "count" | "digests">,
  views: number,
): (sample: number, view: number) => number {
  const { path, rows, digest, sample, view } = file;
  if (file.views !== undefined && file.views !== views) {
    throw wrongRows(`"${path}" has ${file.views} views of each sample, and \`views\` is ${views}`);
  }
  if (digest !== undefined) {
    const places = new Map(digest.map((each, row) => [`${each} ${view?.[row] ?? 0}`, row]));
    for (let index = 0; index < count; index++) {
      for (let each = 0; each < views; each++) {
        if (places.has(`${digests[index]} ${each}`)) continue;
        throw wrongRows(
          `"${path}" has no row of training sample ${index}, view ${each}: its digest is ${digests[index]}`,
        );
      }
    }
    return (index, each) => places.get(`${digests[index]} ${each}`) ?? 0;
  }
  if (rows !== count * views) {
    const per = views === 1 ? "" : ` with ${views} views each`;
    throw wrongRows(`"${path}" has ${rows} rows, and the data has ${count} training samples${per}`);
  }
  if (sample === undefined) return (index, each) => index * views + each;
  const places = new Int32Array(count * views).fill(-1);
  for (const [row, index] of sample.entries()) {
    const each = view?.[row] ?? 0;
    const at = index * views + each;
    if (!(index >= 0 && index < count && each < views)) {
      throw wrongRows(`row ${row} of "${path}" is of sample ${index}, view ${each}, which the data does not have`);
    }
    if ((places[at] ?? 0) >= 0)
      throw wrongRows(`rows ${places[at]} and ${row} of "${path}" are both of sample ${index}, view ${each}`);
    places[at] = row;
  }
  return (index, each) => places[index * views + each] ?? 0;
}

function wrongRows(message: string): KdflowError {
  return new KdflowError("KDF_INPUT_ROWS", message, {
    hint: "one row for each training sample and view: in their order, or with columns `sample` and `view`, or with `digest`",
  });
}
