import { displayWidth } from "./text-width.ts";

/** Source lines and carets, and commands to copy, stay whole. */
const code = /^\s*\d* \| |^resume with: /;

/** Columns that a last column of a table must have left to be wrapped. */
const leastRoom = 8;

/**
 * Breaks prose at blanks, never inside `backquotes`, to lines of at most `columns`. What follows stands under the last of
 * several columns, or below them all where its longest word has no room there, else a little further in; words that are
 * longer than a line stay whole.
 */
export function wrapText(line: string, columns: number = Number.POSITIVE_INFINITY): readonly string[] {
  if (displayWidth(line) <= columns || code.test(line)) return [line];
  const [blanks = ""] = /^ */.exec(line) ?? [];
  const head = /^.*\S {2,}(?=\S)/.exec(line)?.[0] ?? blanks;
  const indent = displayWidth(head) + (head === blanks ? 2 : 0);
  const words = line.slice(head.length).match(/[^\s`]*`[^`]*`\S*|\S+/g) ?? [];
  const needed = head === blanks ? leastRoom : Math.max(leastRoom, ...words.map(displayWidth));
  if (columns - indent < needed) {
    if (head === blanks || (displayWidth(head.trimEnd()) > columns && head.trim().includes("  "))) return [line];
    return [head.trimEnd(), ...wrapText(`${blanks}  ${words.join(" ")}`, columns)];
  }
  const lines: string[] = [];
  let current = head;
  for (const word of words) {
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
