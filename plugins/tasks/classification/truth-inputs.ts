import {
  type HostArray,
  KdflowError,
  type TrainingFacts,
  type TruthInput,
  type TruthRows,
} from "../../../core/index.ts";
import { type ClassWeights, checkClassWeights, classWeightsOf } from "./class-weights.ts";

type Rows = TruthRows<Int32Array>;

/** Class of each row, `[batch]` int32. */
const labels: TruthInput<Int32Array> = {
  name: "labels",
  check: assertClassesDiffer,
  spec: () => ({ shape: [], dtype: "int32" }),
  fill: (rows, out) => fillRows(rows, out, (index) => rows.truth[index] ?? -1),
};

/** Class of the sample that is mixed into each row, `[batch]` int32; the row's own where nothing is. */
const secondLabels: TruthInput<Int32Array> = {
  name: "secondLabels",
  isThere: ({ mixes }) => mixes,
  spec: () => ({ shape: [], dtype: "int32" }),
  fill: (rows, out) =>
    fillRows(rows, out, (index, row) => rows.truth[rows.views?.[row]?.partner?.index ?? index] ?? -1),
};

/** What of each row is its own class's, `[batch]`: 1 where nothing is mixed. */
const labelShares: TruthInput<Int32Array> = {
  name: "labelShares",
  isThere: ({ mixes }) => mixes,
  spec: () => ({ shape: [], dtype: "float32" }),
  fill: (rows, out) => fillRows(rows, out, (_index, row) => rows.views?.[row]?.mix?.share ?? 1),
};

/** The weight of each class, `[classes]`, the same for all batches. */
const classWeights: TruthInput<Int32Array> = {
  name: "classWeights",
  isThere: (training) => weightsOption(training) !== undefined,
  check: (training) => checkClassWeights(weightsOption(training), training.classNames),
  spec: ({ classNames }) => ({ shape: [classNames.length], dtype: "float32" }),
  constant: (training, truth) => classWeightsOf(weightsOption(training) ?? {}, training.classNames, truth),
};

/** What loss terms may know of the labels. */
export const truthInputs: readonly TruthInput<Int32Array>[] = [labels, secondLabels, labelShares, classWeights];

/** @throws KDF_INPUT_NO_CLASSES for one class alone, whose probability is always 1 */
function assertClassesDiffer({ classNames }: TrainingFacts): void {
  if (classNames.length !== 1) return;
  throw new KdflowError(
    "KDF_INPUT_NO_CLASSES",
    `the data has the class "${classNames[0]}" alone, which is none to tell apart`,
    {
      hint: "add the images of another class; of photos in folders: is `root` one level too high?",
    },
  );
}

function fillRows({ indices }: Rows, out: HostArray, valueAt: (index: number, row: number) => number): void {
  for (let row = 0; row < indices.length; row++) out[row] = valueAt(indices[row] ?? -1, row);
}

function weightsOption({ options }: TrainingFacts): ClassWeights | undefined {
  return (options as { readonly classWeights?: ClassWeights }).classWeights;
}
