/** Around the numbers of a style in text that is not printed yet; Unicode keeps these two for use inside programs. */
const [styleStart, styleEnd] = ["\ufdd0", "\ufdd1"];
const style = new RegExp(`${styleStart}([\\d;]*)${styleEnd}`, "g");

/** What terminals act on, and what breaks or reorders a line: control characters but the tab, and marks of direction. */
const unprintable = /[^\P{Cc}\t]|[\u2028-\u202e\u2066-\u2069\ufdd0\ufdd1]/gu;

/** Marks a text for {@link printable} to show in a style, by the numbers that terminals know it by. */
export function styled(text: string, open: string, close: string): string {
  return `${styleStart}${open}${styleEnd}${text}${styleStart}${close}${styleEnd}`;
}

/** The text without the marks of styles. */
export function unstyled(text: string): string {
  return text.replaceAll(style, "");
}

/** One line for a terminal: styles as terminals know them, and everything else that they would act on spelled out. */
export function printable(line: string): string {
  return line
    .split(style)
    .map((part, i) => (i % 2 === 0 ? part.replaceAll(unprintable, spelled) : `\u001b[${part}m`))
    .join("");
}

/** JSON that is on one line already, with what {@link printable} minds written in JSON's own way. */
export function printableJson(line: string): string {
  return line.replaceAll(unprintable, (character) => `\\u${hex(character, 4)}`);
}

/** A character as it is printed: itself, or spelled out. */
export function printed(character: string): string {
  return character.replace(unprintable, spelled);
}

function spelled(character: string): string {
  if (character === "\n") return "\\n";
  return character.charCodeAt(0) < 0x100 ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}
