import type { ErrorCode } from "./catalogue.ts";

/** A place in a text file; line and column count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The whole source line, without its line break. */
  readonly text: string;
  /** How many characters the caret underlines; at least 1. */
  readonly length: number;
}

export interface KdflowErrorOptions {
  /** What is allowed and what to do next, one line each. */
  readonly hint?: string | readonly string[];
  readonly where?: SourcePlace | undefined;
  /** The option of a stage that is wrong, as a pointer to its key (`/classWeights/cat`); planning finds its place. */
  readonly option?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The one error class of kdflow. `code` is in the catalogue, `where` points at the user's YAML when the mistake is
 * there, `hint` says what to do, and `cause` keeps what was caught.
 */
export class KdflowError extends Error {
  readonly code: ErrorCode;
  readonly hint: readonly string[];
  readonly where: SourcePlace | undefined;
  readonly option: string | undefined;

  constructor(code: ErrorCode, message: string, options: KdflowErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "KdflowError";
    this.code = code;
    this.hint = options.hint === undefined ? [] : typeof options.hint === "string" ? [options.hint] : options.hint;
    this.where = options.where;
    this.option = options.option;
  }
}
