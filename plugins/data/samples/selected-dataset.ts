import { createHash } from "node:crypto";
import type { Dataset, DatasetSplit, SplitName } from "../../../core/index.ts";

/** What is taken of another dataset's train split. */
export interface Selection {
  readonly classNames: readonly string[];
  /** Places in the other train split. */
  readonly indices: Int32Array;
  /** New labels, in the same order. */
  readonly labels: Int32Array;
}

/**
 * Some training samples of a dataset under other labels, as a dataset that has nothing to validate or test on. Pixels
 * and views are the other dataset's.
 */
export function selectedDataset(base: Dataset, { classNames, indices, labels }: Selection): Dataset {
  const source = base.splits.train;
  const digests = Array.from(indices, (index, i) =>
    createHash("sha256")
      .update(`${source.digests[index]} ${classNames[labels[i] as number]}`)
      .digest("hex"),
  );
  const identity = { from: base.digest, classNames, digests };
  const train: DatasetSplit = {
    name: "train",
    count: indices.length,
    truth: labels,
    digests,
    render: (chosen, views, size, out) => {
      return source.render(
        Int32Array.from(chosen, (place) => indices[place] as number),
        views,
        size,
        out,
      );
    },
  };
  return {
    task: base.task,
    classNames,
    imageSize: base.imageSize,
    splits: { train, validation: emptySplit("validation"), test: emptySplit("test") },
    digest: createHash("sha256").update(JSON.stringify(identity)).digest("hex"),
    augmented: base.augmented,
    viewSpec: base.viewSpec,
    view: (split, index, view, without) => base.view(split, indices[index] ?? -1, view, without),
  };
}

function emptySplit(name: SplitName): DatasetSplit {
  return { name, count: 0, truth: new Int32Array(), digests: [], render: async () => undefined };
}
