/** What a component does not keep of the promises of its family; the test kit lists its problems. */
export class BrokenPromise extends Error {
  override readonly name = "BrokenPromise";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** @throws BrokenPromise */
export function assertPromise(holds: boolean, otherwise: string): void {
  if (!holds) throw new BrokenPromise([otherwise]);
}
