import { KdflowError } from "../../../core/index.ts";

/** The error for an answer that cannot be taken. */
export function usage(message: string, ...hint: readonly string[]): KdflowError {
  return new KdflowError("KDF_CLI_USAGE", message, { hint });
}
