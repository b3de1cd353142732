/** One log entry: a stable event name and plain data. */
export interface Log {
  /** For whoever looks for a fault: kept in the run's events, shown with `--verbose`. */
  debug(event: string, data?: Readonly<Record<string, unknown>>): void;
  /** As `debug`; shown to everybody where `data` has a `message`, a sentence. */
  info(event: string, data?: Readonly<Record<string, unknown>>): void;
  /** Shown to the user as a sentence; `message` says what it means for them. */
  warn(event: string, data: Readonly<Record<string, unknown>> & { readonly message: string }): void;
}
