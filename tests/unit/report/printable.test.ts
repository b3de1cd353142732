import { describe, expect, test } from "vitest";
import { printable, printableJson } from "../../../core/errors/printable.ts";
import { colourStyle } from "../../../core/report/style.ts";
import { displayWidth, truncate } from "../../../core/report/text-width.ts";

describe("a line for the terminal", () => {
  test.each([
    ["a colour", "\u001b[31mred", "\\x1b[31mred"],
    ["a title and a bell", "\u001b]0;owned\u0007", "\\x1b]0;owned\\x07"],
    ["line breaks", "a\nb\rc\u2028d", "a\\nb\\x0dc\\u2028d"],
    ["the other set of controls", "\u009b31m\u0085", "\\x9b31m\\x85"],
    ["text that runs backwards", "\u202egnp.exe", "\\u202egnp.exe"],
    ["the marks that styles are made of, alone", "\ufdd0x\ufdd1", "\\ufdd0x\\ufdd1"],
    ["words, tabs and other scripts", "Straße\t日本 👍", "Straße\t日本 👍"],
  ])("spells out %s", (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test("keeps the styles that kdflow gives, around text that is spelled out", () => {
    expect(printable(colourStyle.red("a\u0007"))).toBe("\u001b[31ma\\x07\u001b[39m");
  });

  test("takes as many columns as it shows", () => {
    expect(displayWidth("\u001b[1m")).toBe("\\x1b[1m".length);
    expect(truncate("ab\u0007cd", 5)).toBe("ab…");
  });
});

test("JSON stays the same data", () => {
  const value = { name: "a\u009b\u202e\u007f\n" };
  const line = printableJson(JSON.stringify(value));
  expect(line).toBe('{"name":"a\\u009b\\u202e\\u007f\\n"}');
  expect(JSON.parse(line)).toEqual(value);
});
