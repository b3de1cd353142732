import {
  KdflowError,
  type Model,
  type PortDescriptions,
  readModelArtifacts,
  type Teacher,
} from "../../../core/index.ts";

/** A tensor of a network that was trained before. */
export interface GivenTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The weights that a training starts from, in host memory. */
export interface StartWeights {
  /** The stage that they are from. */
  readonly stage: string;
  readonly classNames: readonly string[];
  /** By the names that layers give them: `stem/conv/kernel`. */
  readonly tensors: ReadonlyMap<string, GivenTensor>;
}

/**
 * Checks while planning what a training is to start from.
 *
 * @param fresh patterns of the layers that are not to be loaded
 * @throws KDF_PLAN_WEIGHTS
 */
export function checkStart(fresh: readonly string[] | undefined, { weights = [], data = [] }: PortDescriptions): void {
  const [source] = weights;
  if (source === undefined) {
    if (fresh === undefined) return;
    throw new KdflowError("KDF_PLAN_WEIGHTS", "`fresh` says what not to load, and no weights are wired", {
      hint: "write `inputs: { weights: <stage> }`, or name a stage `weights`",
      option: "/fresh",
    });
  }
  if (source.hasWeights !== true) {
    throw new KdflowError("KDF_PLAN_WEIGHTS", `stage "${source.stage}" has no weights that a training can start from`, {
      hint: ["take a stage that trains a network, or a `model: layers-model`", ...withoutWeights(source.stage)],
      option: "/inputs/weights",
    });
  }
  const [theirs, ours] = [source.classNames, data[0]?.classNames];
  if (fresh !== undefined || theirs === undefined || ours === undefined || sameNames(theirs, ours)) return;
  const message = `the weights of stage "${source.stage}" are for other classes: ${differenceOf(theirs, ours)}`;
  throw new KdflowError("KDF_PLAN_WEIGHTS", message, {
    hint: [
      "write `fresh: [head]`, and the layers behind the backbone start from the seed",
      ...withoutWeights(source.stage),
    ],
    option: "/inputs/weights",
  });
}

/** The way out for a training that took its weights because the stage is called `weights`; nothing for other stages. */
export function withoutWeights(stage: string): readonly string[] {
  if (stage !== "weights") return [];
  return ["`weights` fills the port of its name; with `inputs: { weights: [] }` the training starts from the seed"];
}

/** @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT, KDF_INPUT_TRUNCATED where the stored model is damaged */
export async function readStart(value: Model | Teacher | undefined, stage: string): Promise<StartWeights | undefined> {
  if (value === undefined) return undefined;
  const model = "directory" in value ? value : value.model;
  if (model === undefined) throw new KdflowError("KDF_INTERNAL", `stage "${stage}" has no model to start from`);
  const { artifacts } = await readModelArtifacts(model.directory);
  const { weightSpecs = [], weightData } = artifacts;
  const bytes = new Uint8Array(weightData as ArrayBuffer);
  const tensors = new Map<string, GivenTensor>();
  let offset = 0;
  for (const { name, shape } of weightSpecs) {
    const length = 4 * shape.reduce((product, size) => product * size, 1);
    const values = new Float32Array(bytes.slice(offset, offset + length).buffer);
    tensors.set(name, { shape, values });
    offset += length;
  }
  return { stage, classNames: model.description.classNames, tensors };
}

export function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, i) => name === others[i]);
}

/** The first difference of two lists of classes, in words. */
export function differenceOf(theirs: readonly string[], ours: readonly string[]): string {
  if (theirs.length !== ours.length) return `${theirs.length} instead of ${ours.length}`;
  const first = theirs.findIndex((name, i) => name !== ours[i]);
  return `class ${first} is "${theirs[first]}" instead of "${ours[first]}"`;
}
