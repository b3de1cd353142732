import { styled } from "../errors/printable.ts";

/** Wraps text in terminal colours, or leaves it as it is. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const ansi =
  (open: number, close: number) =>
  (text: string): string =>
    styled(text, String(open), String(close));

const same = (text: string): string => text;

export const colourStyle: Style = {
  bold: ansi(1, 22),
  dim: ansi(2, 22),
  red: ansi(31, 39),
  green: ansi(32, 39),
  yellow: ansi(33, 39),
  cyan: ansi(36, 39),
};

export const plainStyle: Style = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };

/** Signs at the start of a line and the two halves of a progress bar. */
export interface Glyphs {
  readonly done: string;
  readonly reused: string;
  readonly failed: string;
  readonly full: string;
  readonly empty: string;
  readonly ellipsis: string;
}

export const unicodeGlyphs: Glyphs = { done: "✓", reused: "=", failed: "✗", full: "█", empty: "░", ellipsis: "…" };
export const asciiGlyphs: Glyphs = { done: "+", reused: "=", failed: "x", full: "#", empty: ".", ellipsis: "~" };

/** What a stream can show. */
export interface Capabilities {
  /** True where a line can be redrawn. */
  readonly live: boolean;
  readonly color: boolean;
  readonly style: Style;
  readonly glyphs: Glyphs;
}

/** Reads what a stream can show from its kind and from `NO_COLOR`, `TERM` and the locale. */
export function detectCapabilities(
  stream: { readonly isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>>,
): Capabilities {
  const live = stream.isTTY === true && env["TERM"] !== "dumb";
  const color = live && !env["NO_COLOR"];
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  const unicode = /utf-?8/i.test(locale) && env["TERM"] !== "linux";
  return {
    live,
    color,
    style: color ? colourStyle : plainStyle,
    glyphs: unicode ? unicodeGlyphs : asciiGlyphs,
  };
}
