/**
 * The test kit for authors of plugins, exported as `kdflow/testing`. Every check throws a {@link ContractError} that
 * lists all that is wrong; none needs a particular test runner.
 */
export { type CheckLossOptions, checkLoss, type HostInputs, type HostTensor } from "./check-loss.ts";
export { checkProvider } from "./check-provider.ts";
export { ContractError } from "./contract-error.ts";
export { defaultOptions, type SchemaProblem, schemaProblems } from "./schema-problems.ts";
export { createTestContext } from "./test-context.ts";
