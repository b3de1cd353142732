import { KdflowError } from "./kdflow-error.ts";

/** All mistakes of one pipeline file, in the order of their places. Speaks for the first one where one is asked for. */
export class ConfigErrors extends KdflowError {
  readonly problems: readonly [KdflowError, ...KdflowError[]];

  constructor(problems: readonly [KdflowError, ...KdflowError[]]) {
    const [first] = problems;
    super(first.code, first.message, { hint: first.hint, where: first.where, cause: first.cause });
    this.name = "ConfigErrors";
    this.problems = problems;
  }

  /** The same with each mistake changed. */
  map(change: (problem: KdflowError) => KdflowError): ConfigErrors {
    const [first, ...rest] = this.problems;
    return new ConfigErrors([change(first), ...rest.map(change)]);
  }
}
