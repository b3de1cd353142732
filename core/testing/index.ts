/**
 * The test kit for authors of plugins, exported as `kdflow/testing`. Every check throws a {@link ContractError} that
 * lists all that is wrong; none needs a particular test runner.
 */
export { type CheckAbortOptions, checkAbort } from "./check-abort.ts";
export { type CheckComponentOptions, checkComponent } from "./check-component.ts";
export { type CheckKeysOptions, checkKeys, type KeyedUse } from "./check-keys.ts";
export { type CheckLossOptions, checkLoss } from "./check-loss.ts";
export { checkProvider } from "./check-provider.ts";
export { checkStage } from "./check-stage.ts";
export { ContractError } from "./contract-error.ts";
export { relativeDifference } from "./finite-differences.ts";
export { type HostInputs, type HostTensor, lossInputs } from "./loss-inputs.ts";
export { createLossProbe, type LossProbe } from "./loss-probe.ts";
export { defaultOptions, type SchemaProblem, schemaProblems } from "./schema-problems.ts";
export { createTestContext } from "./test-context.ts";
