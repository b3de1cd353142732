import {
  type Dataset,
  type DatasetSplit,
  KdflowError,
  type SplitName,
  type StageContext,
} from "../../../core/index.ts";

const splitNames: readonly SplitName[] = ["train", "validation", "test"];

/**
 * Refuses data that contradicts itself before anything is made of it.
 *
 * @throws KDF_INPUT_DATASET naming the stage that gave it
 */
export function assertDataset(dataset: Dataset, { inputStages }: Pick<StageContext, "inputStages">): void {
  const problem = sizeProblem(dataset) ?? splitNames.map((name) => splitProblem(dataset, name)).find(Boolean);
  if (problem === undefined) return;
  throw new KdflowError("KDF_INPUT_DATASET", `the data of stage "${inputStages("data")[0] ?? "data"}" ${problem}`, {
    hint: "a mistake of the provider of the data: tell its author",
  });
}

function sizeProblem({ imageSize }: Dataset): string | undefined {
  const { height, width, channels } = Object(imageSize) as Partial<Dataset["imageSize"]>;
  if ([height, width, channels].every((side) => Number.isInteger(side) && Number(side) > 0)) return undefined;
  return `has the image size ${JSON.stringify(imageSize)}, wanted { height, width, channels }`;
}

function splitProblem({ splits, classNames }: Dataset, name: SplitName): string | undefined {
  const split: Partial<DatasetSplit> | undefined = Object(splits)[name];
  if (typeof split?.render !== "function") return `has no ${name} split, which may be empty but not missing`;
  const { count, digests, truth } = split;
  if (!Number.isInteger(count) || Number(count) < 0) return `has a ${name} split of ${String(count)} samples`;
  if (digests?.length !== count)
    return `has ${digests?.length ?? "no"} digests for the ${count} samples of the ${name} split`;
  if (Array.isArray(truth)) return `has the labels of the ${name} split as a list, wanted an Int32Array`;
  if (!(truth instanceof Int32Array)) return undefined;
  if (truth.length !== count) return `has ${truth.length} labels for the ${count} samples of the ${name} split`;
  const wrong = classNames.length === 0 ? -1 : truth.findIndex((label) => label < -1 || label >= classNames.length);
  if (wrong < 0) return undefined;
  return `gives sample ${wrong} of the ${name} split the label ${truth[wrong]}, and has ${classNames.length} classes`;
}
