import { KdflowError, type Metric, type Metrics } from "../../../core/index.ts";

/**
 * Holds the student to `require`.
 *
 * @throws KDF_EVALUATE_REQUIRE naming every value that is not met
 */
export function checkRequirements(
  metrics: Metrics,
  require: Readonly<Record<string, number | undefined>>,
  { names, best }: Pick<Metric<unknown>, "names" | "best">,
): void {
  const missed = Object.entries(require).flatMap(([name, wanted]) => {
    const got = measured(metrics, name, best, names[best]?.better === "lower" ? -1 : 1);
    if (wanted === undefined || got === undefined) return [`${name} is not measured here`];
    const isUpper = names[name]?.better === "lower";
    const met = isUpper ? got <= wanted : got >= wanted;
    return met ? [] : [`${name} is ${round(got)}, wanted ${isUpper ? "at most" : "at least"} ${wanted}`];
  });
  if (missed.length === 0) return;
  throw new KdflowError(
    "KDF_EVALUATE_REQUIRE",
    `the ${metrics.rows.some(({ role }) => role === "student") ? "student" : "teacher"} does not meet \`require\`: ${missed.join("; ")}`,
    {
      hint: "the results are stored; train longer, change the recipe, or lower `require`",
    },
  );
}

/** @param sign of the gain where the main metric gets better */
function measured(metrics: Metrics, name: string, main: string, sign: number): number | undefined {
  const of = (role: string, metric: string): number | undefined =>
    metrics.rows.find((row) => row.role === role)?.metrics[metric]?.mean;
  // a teacher alone is held to what is required of a student
  const judged = metrics.rows.some((row) => row.role === "student") ? "student" : "teacher";
  if (name !== "gain") return of(judged, name);
  const student = of("student", main);
  const baseline = of("baseline", main);
  return student === undefined || baseline === undefined ? undefined : sign * (student - baseline);
}

/** Four decimals: fine enough for one image in ten thousand. */
function round(value: number): string {
  return value.toFixed(4);
}
