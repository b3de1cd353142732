import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigErrors } from "../../../core/errors/config-errors.ts";
import { formatError, toJson } from "../../../core/errors/format.ts";
import { KdflowError, type SourcePlace } from "../../../core/errors/kdflow-error.ts";
import { printable, unstyled } from "../../../core/errors/printable.ts";

const place: SourcePlace = {
  file: join(process.cwd(), "pipelines/classification/kd/tiny.yaml"),
  line: 14,
  column: 9,
  text: "        temprature: 4",
  length: 10,
};

const misspelled = new KdflowError("KDF_CONFIG_UNKNOWN_KEY", '"temprature" is not an option of losses/kd-logits', {
  where: place,
  hint: 'allowed: temperature, alpha, reduction (did you mean "temperature"?)',
});

const plain = (error: unknown): string => formatError(error, { color: false });

describe("formatError", () => {
  it("prints code, message, place, source line, caret and hints", () => {
    expect(plain(misspelled)).toBe(
      [
        'KDF_CONFIG_UNKNOWN_KEY: "temprature" is not an option of losses/kd-logits',
        "  pipelines/classification/kd/tiny.yaml:14:9",
        "  14 |         temprature: 4",
        "     |         ^^^^^^^^^^",
        '  allowed: temperature, alpha, reduction (did you mean "temperature"?)',
      ].join("\n"),
    );
  });

  it("keeps tabs before the caret and cuts long lines around it", () => {
    const tabbed = { ...place, text: "\tkey: 1", column: 2, length: 3 };
    expect(plain(new KdflowError("KDF_CONFIG_TYPE", "x", { where: tabbed }))).toContain(
      "  14 | \tkey: 1\n     | \t^^^",
    );
    const long = { ...place, text: `${"a".repeat(200)}KEY${"b".repeat(200)}`, column: 201, length: 3 };
    const [, , line = "", caret = ""] = plain(new KdflowError("KDF_CONFIG_TYPE", "x", { where: long })).split("\n");
    expect(line.length).toBeLessThan(125);
    expect(line.slice(caret.indexOf("^"), caret.lastIndexOf("^") + 1)).toBe("KEY");
  });

  it("never underlines more than there is", () => {
    const { text } = place;
    const end = { ...place, column: text.length + 1, length: 50 };
    expect(
      plain(new KdflowError("KDF_CONFIG_TYPE", "x", { where: end }))
        .split("\n")[3]
        ?.endsWith(" ^"),
    ).toBe(true);
  });

  it("colours only when told to", () => {
    expect(plain(misspelled)).not.toContain("\u001b");
    const coloured = formatError(misspelled, { color: true });
    expect(printable(coloured)).toContain("\u001b[1;31mKDF_CONFIG_UNKNOWN_KEY\u001b[0m");
    expect(unstyled(coloured)).toBe(plain(misspelled));
  });

  it("tells a plugin's author what was thrown where", () => {
    const cause = new TypeError("x is not a function");
    cause.stack =
      "TypeError: x is not a function\n    at node:internal/x\n    at create (/home/me/my-loss.js:3:7)\n    at b";
    expect(plain(new KdflowError("KDF_PLUGIN_HOOK", 'plugin "a" failed', { cause }))).toBe(
      [
        'KDF_PLUGIN_HOOK: plugin "a" failed',
        "  cause: TypeError: x is not a function",
        "    at create (/home/me/my-loss.js:3:7)",
      ].join("\n"),
    );
    expect(plain(new KdflowError("KDF_STORE_UNREADABLE", "x", { cause }))).not.toContain("my-loss.js");
  });

  it("follows causes of causes, of any sort, three deep", () => {
    const deep = new Error("4", { cause: new Error("5") });
    const cause = new KdflowError("KDF_INPUT_FORMAT", "1", {
      cause: new Error("2", { cause: new Error("3", { cause: deep }) }),
    });
    const lines = plain(new KdflowError("KDF_RUN_NOT_FOUND", "0", { cause })).split("\n");
    expect(lines.slice(1)).toEqual(["  cause: KDF_INPUT_FORMAT: 1", "  cause: Error: 2", "  cause: Error: 3"]);
    expect(plain(new KdflowError("KDF_RUN_NOT_FOUND", "0", { cause: "text" }))).toContain("  cause: text");
  });

  it("prints at most ten of many problems and counts the rest", () => {
    const problems = Array.from({ length: 13 }, (_, i) => new KdflowError("KDF_CONFIG_TYPE", `problem ${i}`));
    const text = plain(new ConfigErrors(problems as [KdflowError, ...KdflowError[]]));
    expect(text.match(/problem/g)).toHaveLength(10);
    expect(text.endsWith("\n\n… and 3 more")).toBe(true);
    const ten = new ConfigErrors(problems.slice(0, 10) as [KdflowError, ...KdflowError[]]);
    expect(plain(ten)).not.toContain("more");
  });

  it("calls everything unexpected a bug of ours, with the stack and what to report", () => {
    const bug = new RangeError("oops");
    const text = plain(bug);
    expect(text).toContain("KDF_INTERNAL: this is a bug in kdflow");
    expect(text).toContain("RangeError: oops\n      at ");
    expect(text).toContain("kdflow doctor");
    expect(plain("thrown text")).toContain("  thrown text\n");
    expect(plain(new KdflowError("KDF_INTERNAL", "not found before"))).toContain("not found before");
  });
});

describe("toJson", () => {
  it("has all fields that are there", () => {
    expect(toJson(misspelled)).toEqual({
      code: "KDF_CONFIG_UNKNOWN_KEY",
      message: misspelled.message,
      hint: misspelled.hint,
      where: place,
    });
    expect(toJson(new KdflowError("KDF_PLUGIN_LOAD", "x", { cause: new Error("y") }))).toEqual({
      code: "KDF_PLUGIN_LOAD",
      message: "x",
      hint: [],
      cause: "Error: y",
    });
  });

  it("has all of many problems", () => {
    const problems = Array.from({ length: 13 }, (_, i) => new KdflowError("KDF_CONFIG_TYPE", `problem ${i}`));
    const json = toJson(new ConfigErrors(problems as [KdflowError, ...KdflowError[]]));
    expect(json).toMatchObject({ code: "KDF_CONFIG_TYPE", message: "problem 0" });
    expect(json.problems).toHaveLength(13);
  });

  it("gives unexpected errors the code of a bug", () => {
    expect(toJson(new Error("x"))).toMatchObject({ code: "KDF_INTERNAL" });
    expect(toJson(3)).toMatchObject({ code: "KDF_INTERNAL", cause: "3" });
  });
});
