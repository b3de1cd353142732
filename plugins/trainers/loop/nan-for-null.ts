import type { EpochRecord } from "../../../core/index.ts";
import type { BestEpoch } from "./training-checkpoint.ts";

/** What a file says of a training's course. */
interface Course {
  readonly history: readonly EpochRecord[];
  readonly best?: (Omit<BestEpoch, "tie"> & Partial<Pick<BestEpoch, "tie">>) | undefined;
}

/** JSON has no NaN and writes null in its place, which would compare as 0: what was read has NaN again. */
export function nanForNull<C extends Course>(course: C): C {
  const { best } = course;
  return {
    ...course,
    history: course.history.map((record) => ({
      ...record,
      losses: numbersOf(record.losses),
      validation: numbersOf(record.validation),
    })),
    ...(best && {
      best: {
        ...best,
        ...numbersOf(best.tie === undefined ? { value: best.value } : { value: best.value, tie: best.tie }),
      },
    }),
  };
}

function numbersOf(values: Readonly<Record<string, number | null>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? Number.NaN]));
}
