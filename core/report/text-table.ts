import { displayWidth, pad } from "./text-width.ts";

/**
 * Lays cells out in columns, two spaces apart. Trailing blanks are removed; missing cells are blank.
 *
 * @param align side on which each column's text stands; default left
 */
export function textTable(
  rows: readonly (readonly string[])[],
  align: readonly ("left" | "right")[] = [],
): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell));
    });
  }
  return rows.map((row) =>
    widths
      .map((width, column) => pad(row[column] ?? "", width, align[column]))
      .join("  ")
      .trimEnd(),
  );
}
