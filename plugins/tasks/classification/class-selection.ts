import type { NamedClasses } from "../../../core/index.ts";
import { classError } from "../classes/map-problems.ts";
import { classProblem } from "./class-problems.ts";
import { matchClasses } from "./match-classes.ts";

/** Takes logits of a model's classes to logits of the data's classes. */
export interface ClassSelection {
  /** True for the same classes in the same order: logits are used as they are. */
  readonly same: boolean;
  /** Classes of the model. */
  readonly sourceClasses: number;
  /** Classes of the data. */
  readonly classes: number;
  /**
   * The logits of the data's classes, `[rows, classes]`.
   *
   * @param logits `[rows, sourceClasses]`
   * @param into at least `[rows, classes]`; not touched where the classes are the same
   * @returns `logits` themselves where the classes are the same, else `into`, whose first rows are filled
   */
  select(logits: Float32Array, rows: number, into: Float32Array): Float32Array;
}

/**
 * Matches a teacher's classes to the data's by name, in any order. Classes that the data does not have are masked out:
 * their logits are dropped, so that a softmax is over the classes of the data alone. Several classes that stand for one
 * class z₁ … zₙ become ln Σ exp(zᵢ): at temperature 1 their probabilities add up.
 *
 * @throws KDF_PLAN_CLASSES, KDF_PLAN_CLASS_MAP
 */
export function selectClasses(source: NamedClasses, dataClasses: readonly string[]): ClassSelection {
  const problem = classProblem(source, dataClasses, { model: "the teacher", data: "the data" });
  if (problem !== undefined) throw classError(problem);
  const { columns } = matchClasses(source, dataClasses);
  const sourceClasses = source.classNames.length;
  const classes = dataClasses.length;
  const same = sourceClasses === classes && columns.every(([first], place) => first === place);
  const select = (logits: Float32Array, rows: number, into: Float32Array): Float32Array => {
    for (let row = 0; row < rows; row++) {
      for (let place = 0; place < classes; place++) {
        into[row * classes + place] = merged(logits, row * sourceClasses, columns[place] ?? []);
      }
    }
    return into;
  };
  return { same, sourceClasses, classes, select: same ? (logits) => logits : select };
}

/** ln Σ exp of some logits of a row, in float64; a single one exactly. */
function merged(logits: Float32Array, start: number, columns: readonly number[]): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const column of columns) most = Math.max(most, logits[start + column] ?? Number.NaN);
  if (columns.length === 1 || !Number.isFinite(most)) return most;
  let sum = 0;
  for (const column of columns) sum += Math.exp((logits[start + column] ?? Number.NaN) - most);
  return most + Math.log(sum);
}
