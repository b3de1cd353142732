import { printed, unstyled } from "../errors/printable.ts";

/** Characters that take two columns: East Asian wide forms and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
/** Characters that take none: combining marks and joiners. */
const zero = /\p{Mark}|\p{Cf}/u;

function characterWidth(character: string): number {
  const shown = printed(character);
  if (shown !== character) return shown.length;
  if (zero.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** How many terminal columns a text takes; colour codes take none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of unstyled(text)) width += characterWidth(character);
  return width;
}

/** Cuts a text without colour codes to at most `columns` columns; what was cut is shown by `ellipsis`. */
export function truncate(text: string, columns: number, ellipsis = "…"): string {
  if (displayWidth(text) <= columns) return text;
  let kept = "";
  let width = displayWidth(ellipsis);
  if (width > columns) return "";
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns) break;
    kept += character;
  }
  return kept + ellipsis;
}

/** Fills a text with spaces up to `columns` columns. */
export function pad(text: string, columns: number, side: "left" | "right" = "left"): string {
  const gap = " ".repeat(Math.max(0, columns - displayWidth(text)));
  return side === "left" ? text + gap : gap + text;
}
