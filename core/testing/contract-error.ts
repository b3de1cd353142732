/** What a provider does not keep of the contract of its family. */
export class ContractError extends Error {
  readonly problems: readonly string[];

  constructor(subject: string, problems: readonly string[]) {
    super(`${subject} does not keep the contract:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
    this.name = "ContractError";
    this.problems = problems;
  }
}
