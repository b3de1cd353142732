import type { Teacher } from "../../../../core/index.ts";
import { evenIndices, fewerOf, firstAnswers, percent, type TeacherSample } from "./teacher-sample.ts";

/** Samples that other readings are tried on, and the time after which no other is begun. */
const triedSamples = 64;
const longestMs = 15_000;
/** A reading that beats the configured one by more is told: two points, and this many standard errors of the pairs. */
const leastGain = 0.02;
const deviations = 2;

/**
 * Tries the teacher with pixels scaled, ordered and laid out in other ways, and says which of them is clearly better.
 *
 * @param answers first class of each answer as things stand
 * @returns one sentence; `undefined` where none is, or none could be
 */
export async function betterReading(
  teacher: Teacher,
  sample: TeacherSample,
  answers: Int32Array,
): Promise<string | undefined> {
  const { readings = [] } = teacher;
  const few = fewerOf(sample, Math.min(sample.count, triedSamples));
  const rows = evenIndices(sample.count, few.count);
  const own = Array.from(rows, (row, place) => answers[row] === few.labels[place]);
  const accuracy = shareOf(own);
  if (1 - accuracy <= leastGain) return undefined;
  const endMs = performance.now() + longestMs;
  let best = 0;
  let names: string[] = [];
  // larger sizes would need other pixels; those have no say here
  for (const { options, predict } of readings.filter(({ imageSize }) => imageSize === undefined)) {
    if (performance.now() > endMs) break;
    const other = Array.from(await firstAnswers(predict, few), (answer, place) => answer === few.labels[place]);
    const won = other.filter((right, place) => right && own[place] === false).length;
    const lost = other.filter((right, place) => !right && own[place] === true).length;
    const isClear = won - lost > deviations * Math.sqrt(won + lost) && (won - lost) / few.count > leastGain;
    if (!isClear || shareOf(other) < best) continue;
    names = shareOf(other) === best ? [...names, `\`${options}\``] : [`\`${options}\``];
    best = shareOf(other);
  }
  if (names.length === 0) return undefined;
  return `with ${names.join(" or ")} it gets ${percent(best)} right instead of ${percent(accuracy)} of ${few.count} samples: say so at the teacher`;
}

function shareOf(right: readonly boolean[]): number {
  return right.filter(Boolean).length / right.length;
}
