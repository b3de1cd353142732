/** Markup that is safe to stand in a page as it is. Made by {@link html} alone, so text of a user never becomes one. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: markup stays, text and numbers are escaped, lists are joined, `undefined` is left out. */
export type MarkupPart = Markup | string | number | undefined | readonly MarkupPart[];

/** Makes markup of a template whose values are escaped. */
export function html(pieces: TemplateStringsArray, ...values: readonly MarkupPart[]): Markup {
  return new Markup(pieces.map((piece, i) => `${i === 0 ? "" : markupOf(values[i - 1])}${piece}`).join(""));
}

function markupOf(part: MarkupPart): string {
  if (part === undefined) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "string" || typeof part === "number") return escapeText(String(part));
  return part.map(markupOf).join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for an element or a quoted attribute. Characters that no page may hold become the replacement character. */
function escapeText(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, (character) => ("\t\r\n".includes(character) ? character : "\ufffd"))
    .replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
