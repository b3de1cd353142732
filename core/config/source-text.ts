import type { SourcePlace } from "../errors/kdflow-error.ts";

/** A text that places point into: a YAML file, or a `--set` argument. */
export interface SourceText {
  /** Absolute path, or `--set`. */
  readonly file: string;
  readonly text: string;
}

/** A stretch of a source text; offsets count UTF-16 units, `end` is exclusive. */
export interface Span {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
}

/** The line, column and text behind a span. A span over several lines is cut at the end of its first one. */
export function placeOf(span: Span): SourcePlace {
  const { text, file } = span.source;
  const start = Math.min(span.start, text.length);
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const nextBreak = text.indexOf("\n", start);
  const lineEnd = nextBreak < 0 ? text.length : nextBreak;
  const line = text.slice(lineStart, lineEnd).replace(/\r$/, "");
  let number = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < lineStart; at = text.indexOf("\n", at + 1)) number++;
  const column = start - lineStart + 1;
  const length = Math.max(1, Math.min(span.end - start, line.length - (column - 1)));
  return { file, line: number, column, text: line, length };
}
