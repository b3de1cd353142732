import { relative } from "node:path";
import type { SourcePlace } from "./kdflow-error.ts";

/** Source lines longer than this are shown around the caret only. */
const widestLine = 110;

/** A file as the user would type it: relative to the working directory where that is shorter. */
export function displayPath(file: string): string {
  if (!file.startsWith("/") && !/^[A-Za-z]:[\\/]/.test(file)) return file;
  const fromHere = relative(process.cwd(), file);
  return fromHere !== "" && fromHere.length < file.length ? fromHere : file;
}

/** `file:line:column`, as editors and terminals turn it into a link. */
export function displayPlace(place: SourcePlace): string {
  return `${displayPath(place.file)}:${place.line}:${place.column}`;
}

/** Cuts a long line so that the marked part stays visible. Returns the text and the marked part's offset in it. */
function cutAround(text: string, start: number): { text: string; start: number } {
  if (text.length <= widestLine) return { text, start };
  const from = Math.max(0, Math.min(start - 40, text.length - widestLine));
  const head = from > 0 ? "…" : "";
  const tail = from + widestLine < text.length ? "…" : "";
  return { text: head + text.slice(from, from + widestLine) + tail, start: start - from + head.length };
}

/** The source line with its number, and below it the caret. */
export function sourceFrame(place: SourcePlace): { line: string; gutter: string; caret: string } {
  const number = String(place.line);
  const cut = cutAround(place.text, place.column - 1);
  const before = cut.text.slice(0, cut.start).replaceAll(/[^\t]/g, " ");
  const length = Math.max(1, Math.min(place.length, cut.text.length - cut.start));
  return {
    line: `${number} | ${cut.text}`,
    gutter: `${" ".repeat(number.length)} | `,
    caret: before + "^".repeat(length),
  };
}
