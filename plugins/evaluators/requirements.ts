import { KdflowError, type Metrics } from "../../core/index.ts";

/** Metrics that are better when smaller. */
const smallerIsBetter = new Set(["nll", "ece"]);

/**
 * Holds the student to `require`.
 *
 * @throws KDF_EVALUATE_REQUIRE naming every value that is not met
 */
export function checkRequirements(metrics: Metrics, require: Readonly<Record<string, number | undefined>>): void {
  const missed = Object.entries(require).flatMap(([name, wanted]) => {
    const got = measured(metrics, name);
    if (wanted === undefined || got === undefined) return [`${name} is not measured here`];
    const met = smallerIsBetter.has(name) ? got <= wanted : got >= wanted;
    return met
      ? []
      : [`${name} is ${round(got)}, wanted ${smallerIsBetter.has(name) ? "at most" : "at least"} ${wanted}`];
  });
  if (missed.length === 0) return;
  throw new KdflowError("KDF_EVALUATE_REQUIRE", `the student does not meet \`require\`: ${missed.join("; ")}`, {
    hint: "the results are stored; train longer, change the recipe, or lower `require`",
  });
}

function measured(metrics: Metrics, name: string): number | undefined {
  const of = (role: string, metric: string): number | undefined =>
    metrics.rows.find((row) => row.role === role)?.metrics[metric]?.mean;
  if (name !== "gain") return of("student", name);
  const student = of("student", "top1");
  const baseline = of("baseline", "top1");
  return student === undefined || baseline === undefined ? undefined : student - baseline;
}

/** Four decimals: fine enough for one image in ten thousand. */
function round(value: number): string {
  return value.toFixed(4);
}
