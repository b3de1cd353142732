import type { FoundSource } from "./found-source.ts";
import type { KnownTeacher } from "./known-teacher.ts";
import type { FittingLoss } from "./losses.ts";
import type { Student } from "./students.ts";

/** All that was chosen, as far as a pipeline says it. */
export interface Choices {
  readonly source: FoundSource;
  /** `undefined` where the data have a size of their own. */
  readonly imageSize: number | undefined;
  /** A file, a network that is trained first, or nobody. */
  readonly teacher: KnownTeacher | "train" | "none";
  readonly student: Student;
  /** The loss on the truth. */
  readonly truth: FittingLoss;
  readonly loss: FittingLoss | undefined;
  readonly epochs: number;
  readonly baseline: boolean;
  /** The evaluator's id. */
  readonly evaluator: string;
  /** The exporter's id. */
  readonly exporter: string | undefined;
  /** Absolute path of the file to write. */
  readonly output: string;
  /** How kdflow is started. */
  readonly command: string;
}
