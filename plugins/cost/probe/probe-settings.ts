import type { CostStage } from "./cost-host.ts";
import type { DataCounts } from "./counted-data.ts";

/**
 * Epochs of each training of a probe: the first prepares things, two tell how long steps and saving take. The last alone
 * is validated: data may have thousands of images for that, and no option for fewer.
 */
export const probeEpochs = 3;
/** Images of a test that data can be told to make smaller: some batches of each model. */
const testImages = 512;
/** Steps of an epoch: small pictures take milliseconds, and few of those tell little. */
const steps = { small: 6, large: 3 };
const smallSide = 64;

/**
 * What makes a pipeline short: a few batches of its data, a few epochs, one seed each, and scores that need not reach
 * anything. Options that a provider does not have are left alone.
 *
 * @param counts of the whole data, by stage
 * @returns `path=value`, as `--set` takes them
 */
export function probeSettings(
  stages: readonly CostStage[],
  counts: ReadonlyMap<string, DataCounts>,
): readonly string[] {
  const batch = Math.max(1, ...stages.map(({ options }) => numberIn(options, "batchSize") ?? 1));
  return stages.flatMap((stage) => {
    const { name, kind, options } = stage;
    const set = (option: string, value: unknown): string[] =>
      hasOption(stage, option) ? [`stages.${name}.${option}=${JSON.stringify(value)}`] : [];
    if (kind === "data") {
      const found = counts.get(name);
      const limit = found && limitOf(options, found, batch);
      const isLong = found !== undefined && found.test > testImages;
      return [...(limit === undefined ? [] : set("limit", limit)), ...(isLong ? set("testLimit", testImages) : [])];
    }
    if (kind === "train") {
      return [...set("epochs", probeEpochs), ...set("validateEvery", probeEpochs), ...oneSeed(stage)];
    }
    if (kind === "teacher") return [...set("epochs", probeEpochs), ...set("validateEvery", probeEpochs)];
    return kind === "evaluate" && "require" in options ? set("require", {}) : [];
  });
}

function oneSeed({ name, seeds }: CostStage): string[] {
  return seeds > 1 ? [`stages.${name}.seeds=1`] : [];
}

/** So many images, of which some are held out; `undefined` where there are no more. */
function limitOf(options: CostStage["options"], { train, side }: DataCounts, batch: number): number | undefined {
  const wanted = batch * (side <= smallSide ? steps.small : steps.large);
  if (wanted >= train) return undefined;
  const held = (numberIn(options, "validation") ?? 0) + (numberIn(options, "test") ?? 0);
  return Math.ceil(wanted / Math.max(0.1, 1 - held));
}

export function hasOption({ registered }: Pick<CostStage, "registered">, option: string): boolean {
  return Object.hasOwn(Object(registered.schema["properties"]), option);
}

/** A number among options. */
export function numberIn(options: CostStage["options"], name: string): number | undefined {
  const value = options[name];
  return typeof value === "number" ? value : undefined;
}
