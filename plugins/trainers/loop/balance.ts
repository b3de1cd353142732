import { comesFromTeacher, type Objective } from "../../../core/index.ts";

/** A weighted term this many times larger than the labels' share drowns it. */
const drowning = 100;

/**
 * Says what is odd about an epoch's loss terms: one that was zero all along does nothing, and a teacher's term that is
 * a hundred times the labels' leaves them no say.
 *
 * @param means unweighted mean of each term over the epoch
 * @param epoch epochs done before this one
 */
export function oddTerms(
  { terms }: Objective,
  means: Readonly<Record<string, number>>,
  epoch: number,
  epochs: number,
): readonly string[] {
  const weighted = terms.map((term) => ({
    term,
    value: Math.abs((means[term.name] ?? 0) * term.weight(epoch, epochs)),
  }));
  const zero = weighted
    .filter(({ term, value }) => value === 0 && term.weight(epoch, epochs) > 0)
    .map(({ term }) => `the loss term "${term.name}" was zero for the whole epoch; it teaches nothing`);
  const isHard = (needs: readonly string[]): boolean => !needs.some((name) => comesFromTeacher(name));
  const hard = weighted.filter(({ term }) => isHard(term.needs)).reduce((sum, { value }) => sum + value, 0);
  if (hard === 0) return zero;
  const drowned = weighted
    .filter(({ term, value }) => !isHard(term.needs) && value > drowning * hard)
    .map(({ term, value }) => {
      const times = Math.round(value / hard);
      return `the loss term "${term.name}" weighs ${times} times the terms on labels; lower its weight or its temperature`;
    });
  return [...zero, ...drowned];
}
