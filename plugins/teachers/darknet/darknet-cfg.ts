import { KdflowError, type SourcePlace } from "../../../core/index.ts";

/** A section of a darknet `.cfg`: a layer, or the network itself. */
export interface DarknetSection {
  /** Without brackets. */
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
  /** Where the section's name stands. */
  readonly place: SourcePlace;
}

/**
 * Reads a darknet `.cfg`: sections in brackets, `key = value` lines, and comments after `#` or `;`.
 *
 * @throws KDF_INPUT_FORMAT for a line that is neither, or where the first section is not `[net]`; with the line
 */
export function parseDarknetCfg(file: string, text: string): DarknetSection[] {
  const sections: (DarknetSection & { readonly options: Map<string, string> })[] = [];
  text.split(/\r?\n/).forEach((whole, at) => {
    const line = whole.replace(/[#;].*$/, "").trim();
    if (line === "") return;
    const place: SourcePlace = { file, line: at + 1, column: 1, text: whole, length: Math.max(1, whole.length) };
    const [, type] = /^\[(.+)\]$/.exec(line) ?? [];
    if (type !== undefined) {
      sections.push({ type: type.trim(), options: new Map(), place });
      return;
    }
    const equals = line.indexOf("=");
    const last = sections.at(-1);
    if (equals <= 0 || last === undefined) {
      throw new KdflowError("KDF_INPUT_FORMAT", `"${line}" is not a line of a darknet .cfg`, {
        where: place,
        hint: "a line is a section in brackets or `key = value` below one",
      });
    }
    last.options.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
  });
  const [net] = sections;
  if (net?.type !== "net" && net?.type !== "network") {
    throw new KdflowError("KDF_INPUT_FORMAT", `"${file}" does not begin with [net]`, { where: net?.place });
  }
  return sections;
}

/** No side, count or stride of a layer is larger. */
const largestOption = 2 ** 20;

/** A whole number of a section, or what darknet takes where it is missing. */
export function wholeOption({ options, place }: DarknetSection, key: string, missing: number): number {
  const text = options.get(key);
  if (text === undefined) return missing;
  const value = Number(text);
  if (Number.isInteger(value) && Math.abs(value) <= largestOption) return value;
  const what = Number.isInteger(value) ? "which is too large" : "not a whole number";
  throw new KdflowError("KDF_INPUT_FORMAT", `\`${key}\` is "${text}", ${what}`, { where: place });
}

/** Numbers of a section, separated by commas; empty where the key is missing. */
export function listOption({ options, place }: DarknetSection, key: string): number[] {
  const words = (options.get(key) ?? "").split(",").map((word) => word.trim());
  return words
    .filter((word) => word !== "")
    .map((word) => {
      const value = Number(word);
      if (Number.isFinite(value)) return value;
      throw new KdflowError("KDF_INPUT_FORMAT", `\`${key}\` has "${word}", which is not a number`, { where: place });
    });
}
