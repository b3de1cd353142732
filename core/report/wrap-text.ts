import { displayWidth } from "./text-width.ts";

/** Source lines and carets, and commands to copy, stay whole. */
const code = /^\s*\d* \| |^resume with: /;

/** Columns that a last column of a table must have left to be wrapped. */
const leastRoom = 8;

/**
 * Breaks prose at blanks, never inside `backquotes`, to lines of at most `columns`. What follows stands under the last of
 * several columns, else a little further in; longer words stay whole.
 */
export function wrapText(line: string, columns: number = Number.POSITIVE_INFINITY): readonly string[] {
  const head = /^.*\S {2,}(?=\S)/.exec(line)?.[0] ?? /^ */.exec(line)?.[0] ?? "";
  const indent = displayWidth(head) + (head.trim() === "" ? 2 : 0);
  if (displayWidth(line) <= columns || columns - indent < leastRoom || code.test(line)) return [line];
  const lines: string[] = [];
  let current = head;
  for (const word of line.slice(head.length).match(/\S*`[^`]*`\S*|\S+/g) ?? []) {
    const isFirst = current.trimEnd() === head.trimEnd() || current.trim() === "";
    const longer = isFirst ? current + word : `${current} ${word}`;
    if (isFirst || displayWidth(longer) <= columns) current = longer;
    else {
      lines.push(current);
      current = " ".repeat(indent) + word;
    }
  }
  return [...lines, current];
}
