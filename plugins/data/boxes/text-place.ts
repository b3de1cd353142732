import type { SourcePlace } from "../../../core/index.ts";

/**
 * The place of a character in a file's text, for errors.
 *
 * @param offset in UTF-16 units, from 0; past the end is the end
 * @param length characters to underline, cut at the end of the line
 */
export function placeInText(file: string, text: string, offset: number, length = 1): SourcePlace {
  const at = Math.min(offset, text.length);
  const lineStart = text.lastIndexOf("\n", at - 1) + 1;
  const lineBreak = text.indexOf("\n", at);
  const line = text.slice(lineStart, lineBreak < 0 ? undefined : lineBreak).replace(/\r$/, "");
  let number = 1;
  for (let next = text.indexOf("\n"); next >= 0 && next < lineStart; next = text.indexOf("\n", next + 1)) number++;
  const column = at - lineStart + 1;
  return { file, line: number, column, text: line, length: Math.max(1, Math.min(length, line.length - column + 1)) };
}

/** The place of a whole line, counted from 1. */
export function placeOfLine(file: string, text: string, line: number): SourcePlace {
  const own = (text.split("\n")[line - 1] ?? "").replace(/\r$/, "");
  const column = own.length - own.trimStart().length + 1;
  return { file, line, column, text: own, length: Math.max(1, own.trim().length) };
}
