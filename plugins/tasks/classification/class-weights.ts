import { KdflowError } from "../../../core/index.ts";

/** The option `classWeights`: by frequency, or by name, where classes that are not named weigh 1. */
export type ClassWeights = "balanced" | Readonly<Record<string, number>>;

/**
 * The weight of each class, `[classes]`. `balanced`: n / (k · n_c) for n samples
 * of k classes and n_c of this one, so that the mean weight of a sample is 1; a class without samples weighs 0 and does
 * not count in k.
 *
 * @param labels class of each training sample
 */
export function classWeightsOf(weights: ClassWeights, classNames: readonly string[], labels: Int32Array): Float32Array {
  if (weights !== "balanced") return Float32Array.from(classNames, (name) => weights[name] ?? 1);
  const counts = new Float64Array(classNames.length);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  const present = counts.filter((count) => count > 0).length;
  return Float32Array.from(counts, (count) => (count === 0 ? 0 : labels.length / (present * count)));
}

/**
 * Checks, while planning, that every class that is weighted by name is one of the data's.
 *
 * @throws KDF_PLAN_CLASS_WEIGHTS pointing at the class
 */
export function checkClassWeights(weights: ClassWeights | undefined, classNames: readonly string[] | undefined): void {
  if (weights === undefined || weights === "balanced" || classNames === undefined) return;
  const unknown = Object.keys(weights).find((name) => !classNames.includes(name));
  if (unknown === undefined) return;
  throw new KdflowError(
    "KDF_PLAN_CLASS_WEIGHTS",
    `\`classWeights\` weighs "${unknown}", which the data does not have`,
    {
      hint: `classes of the data: ${classNames.slice(0, 20).join(", ")}${classNames.length > 20 ? ", …" : ""}`,
      option: `/classWeights/${unknown.replaceAll("~", "~0").replaceAll("/", "~1")}`,
    },
  );
}
