import { type ExitCode, errorCatalogue } from "../errors/catalogue.ts";
import { KdflowError } from "../errors/kdflow-error.ts";

/** The exit code of an error: its catalogue entry's, or 70 for what is not ours. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof KdflowError ? errorCatalogue[error.code].exit : 70;
}
