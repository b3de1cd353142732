import { describe, expect, it } from "vitest";
import { commandTable } from "../../../core/cli/command-table.ts";
import { formatCommandHelp } from "../../../core/cli/help.ts";
import { createOutput } from "../../../core/cli/output.ts";
import { colourStyle } from "../../../core/report/style.ts";
import { displayWidth } from "../../../core/report/text-width.ts";
import { wrapText } from "../../../core/report/wrap-text.ts";

describe("wrapText", () => {
  it("breaks at blanks and indents what follows", () => {
    expect(wrapText("  one two three four", 12)).toEqual(["  one two", "    three", "    four"]);
    expect(wrapText("one two three", 13)).toEqual(["one two three"]);
    expect(wrapText("one two three")).toEqual(["one two three"]);
  });

  it("lets the last column of a table stand under itself", () => {
    expect(wrapText("  --seed <n>  Seed of all random numbers.", 30)).toEqual([
      "  --seed <n>  Seed of all",
      "              random numbers.",
    ]);
  });

  it("puts a last column that has no room beside the others below them", () => {
    expect(wrapText("  --set <path=value>  Change stages.train.epochs=4 now.", 30)).toEqual([
      "  --set <path=value>",
      "    Change",
      "      stages.train.epochs=4",
      "      now.",
    ]);
  });

  it.each(commandTable.filter((command) => command.hidden !== true))(
    "fits the help of $name into 40 columns",
    (command) => {
      const lines = formatCommandHelp(command).split("\n");
      const wrapped = lines.flatMap((line) => wrapText(line, 40));
      const alone = /^ {2}--\S+ <\S+>$/;
      expect(wrapped.filter((line) => displayWidth(line) > 40 && !alone.test(line))).toEqual([]);
    },
  );

  it("keeps commands, source lines, carets and long words whole", () => {
    expect(wrapText("then run `kdflow cache verify` again", 22)).toEqual([
      "then run",
      "  `kdflow cache verify`",
      "  again",
    ]);
    for (const line of [
      '  3 |   teacher: { use: onnx, model: "./a file.onnx" }',
      "    |                         ^^^^^^^^^^^^^^^^^^^^^^",
      "resume with: kdflow run pipeline.yaml --set stages.train.epochs=3",
    ]) {
      expect(wrapText(line, 20)).toEqual([line]);
    }
    expect(wrapText("see /a/very/long/path/of/a/file.yaml", 12)).toEqual(["see", "  /a/very/long/path/of/a/file.yaml"]);
  });

  it("counts columns as a terminal does", () => {
    const lines = wrapText(`${colourStyle.yellow("warning:")} 教師 教師 教師`, 14);
    expect(lines.map(displayWidth)).toEqual([13, 11]);
  });
});

describe("output", () => {
  it("is wrapped on a terminal alone, and results never are", () => {
    const shown = (isTTY: boolean, write: "prose" | "result" | "say"): string => {
      let text = "";
      const stream = { write: (part: string) => (text += part), columns: 12, isTTY };
      const output = createOutput({ stdout: stream, stderr: stream, env: {}, exit: () => undefined });
      output[write]("one two three four");
      return text;
    };
    expect(shown(true, "prose")).toBe("one two\n  three four\n");
    expect(shown(true, "say")).toBe("one two\n  three four\n");
    expect(shown(false, "prose")).toBe("one two three four\n");
    expect(shown(false, "say")).toBe("one two three four\n");
    expect(shown(true, "result")).toBe("one two three four\n");
  });
});
