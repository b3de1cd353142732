import { type JsonSchema, KdflowError } from "../../../core/index.ts";

/** A stage of a pipeline, with its options as they were completed. */
interface OverfitStage {
  readonly name: string;
  readonly kind: string;
  readonly registered: { readonly schema: JsonSchema };
  readonly options: Readonly<Record<string, unknown>>;
}

/** Updates in which a small network learns a few photos by heart. */
const updates = 240;
const validations = 5;

/**
 * What `kdflow run --overfit` sets: data of that many photos, and trainings of some hundred updates on them, one seed
 * each and without a bar that scores have to reach.
 *
 * @param wanted the option's value
 * @returns `path=value`, as `--set` takes them
 * @throws KDF_CLI_USAGE for no count, and for data without boxes
 */
export function overfitArguments(wanted: string, stages: readonly OverfitStage[]): string[] {
  const count = Number(wanted);
  if (!Number.isInteger(count) || count < 1) {
    throw new KdflowError("KDF_CLI_USAGE", `--overfit is a number of photos, not "${wanted}"`, {
      hint: "such as `--overfit 8`",
    });
  }
  const data = stages.filter(({ kind }) => kind === "data");
  const other = data.find(({ registered }) => !Object.hasOwn(registered.schema["properties"] ?? {}, "overfit"));
  if (other !== undefined) {
    throw new KdflowError("KDF_CLI_USAGE", `--overfit is for photos with boxes, and "${other.name}" has none`, {
      hint: "take a few images of other data by `--set stages.<data>.limit=<count>`",
    });
  }
  return stages.flatMap(({ name, kind, options }) => {
    const set = (option: string, value: unknown): string => `stages.${name}.${option}=${JSON.stringify(value)}`;
    if (kind === "data") return [set("overfit", count)];
    if (kind === "evaluate") return "require" in options ? [set("require", {})] : [];
    if (kind !== "train") return [];
    const batchSize = Math.min(Number(options["batchSize"]), count);
    const epochs = Math.ceil(updates / Math.ceil(count / batchSize));
    const validateEvery = Math.max(1, Math.floor(epochs / validations));
    return [set("batchSize", batchSize), set("epochs", epochs), set("validateEvery", validateEvery), set("seeds", 1)];
  });
}
