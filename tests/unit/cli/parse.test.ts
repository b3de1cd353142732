import { describe, expect, it } from "vitest";
import { commandTable } from "../../../core/cli/command-table.ts";
import { parseCommandLine } from "../../../core/cli/parse.ts";
import { KdflowError } from "../../../core/errors/kdflow-error.ts";

const parse = (line: string) => parseCommandLine(line === "" ? [] : line.split(" "), commandTable);

function parseCommand(line: string) {
  const request = parse(line);
  if (request.do !== "command") throw new Error(`"${line}" is no command`);
  return { name: request.command.name, args: request.args };
}

function errorOf(line: string): KdflowError {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof KdflowError) return error;
  }
  throw new Error(`"${line}" gave no error of ours`);
}

describe("parseCommandLine", () => {
  it("reads positionals, values, repeated values and switches", () => {
    const { name, args } = parseCommand("run a.yaml --set x=1 --set=y=2 --json --from data --store=/tmp/s");
    expect(name).toBe("run");
    expect(args.positionals).toEqual(["a.yaml"]);
    expect(args.values("set")).toEqual(["x=1", "y=2"]);
    expect(args.value("from")).toBe("data");
    expect(args.value("store")).toBe("/tmp/s");
    expect(args.value("until")).toBeUndefined();
    expect(args.values("force")).toEqual([]);
    expect(args.has("json")).toBe(true);
    expect(args.argv).toEqual("run a.yaml --set x=1 --set=y=2 --json --from data --store=/tmp/s".split(" "));
  });

  it("knows commands of two words", () => {
    expect(parseCommand("cache verify").name).toBe("cache verify");
    expect(parseCommand("runs show latest").args.positionals).toEqual(["latest"]);
  });

  it("answers --help for everything, for a group and for a command", () => {
    expect(parse("")).toMatchObject({ do: "general-help" });
    expect(parse("--help")).toMatchObject({ do: "general-help", commands: commandTable });
    expect(parse("cache --help")).toMatchObject({ do: "general-help", commands: { length: 3 } });
    expect(parse("run a.yaml --help")).toMatchObject({ do: "command-help", command: { name: "run" } });
    expect(parse("--version")).toEqual({ do: "version" });
  });

  it.each([
    ["rnu a.yaml", '"rnu" is not a command', 'did you mean "run"?'],
    ["cache verfy", '"cache verfy" is not a command', 'did you mean "cache verify"?'],
    ["cache", '"cache" needs a second word', "commands: cache ls, cache verify, cache gc"],
    ["--json run", '"--json" stands before a command', "options follow the command"],
    ["run a.yaml --frce all", '"--frce" is not an option of kdflow run', 'did you mean "--force"?'],
    ["run", "kdflow run needs <pipeline>", "usage: kdflow run <pipeline> [options]"],
    ["explain a.yaml", "kdflow explain needs <stage>", "usage: kdflow explain <pipeline> <stage> [options]"],
    ["validate a.yaml b.yaml", 'kdflow validate takes no argument "b.yaml"', "usage: kdflow validate <pipeline>"],
    ["run a.yaml --from", '"--from <value>" argument missing', "usage: kdflow run <pipeline> [options]"],
    ["run a.yaml --json=yes", '"--json" does not take an argument', "usage: kdflow run"],
  ])("refuses `%s`", (line, message, hint) => {
    const error = errorOf(line);
    expect(error.code).toBe("KDF_CLI_USAGE");
    expect(error.message).toContain(message);
    expect(error.hint.join("\n")).toContain(hint);
  });

  it("never lists hidden commands", () => {
    expect(errorOf("nothing-like-it").hint.join("\n")).not.toContain("load-backend");
  });
});
