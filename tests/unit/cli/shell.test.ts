import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { ownCommand } from "../../../core/cli/own-command.ts";
import { shellCommand, shellQuote } from "../../../core/report/shell-quote.ts";

describe("shellQuote", () => {
  it("leaves plain words alone and quotes the rest", () => {
    expect(shellQuote("stages.train.epochs=4")).toBe("stages.train.epochs=4");
    expect(shellQuote("")).toBe("''");
    expect(shellQuote("it's")).toBe("'it'\\''s'");
  });

  it("is read back unchanged by a real shell", () => {
    const words = ["a b", "$HOME", "it's", "`id`", 'say "x"', "", "~", "a;b", "*", "x\ny", "--set=a={ use: kd }", "\\"];
    const printed = execFileSync("sh", ["-c", `printf '%s\\0' ${shellCommand(words)}`]).toString();
    expect(printed.split("\0").slice(0, -1)).toEqual(words);
  });
});

describe("ownCommand", () => {
  it("starts kdflow in the way it was started", () => {
    const cwd = "/home/ada/project";
    const bin = `${cwd}/node_modules/.bin/kdflow`;
    expect(ownCommand({ script: "/usr/bin/kdflow", cwd, env: { PATH: "/bin:/usr/bin" } })).toEqual(["kdflow"]);
    expect(ownCommand({ script: bin, cwd, env: { npm_command: "exec" } })).toEqual(["npx", "kdflow"]);
    expect(ownCommand({ script: bin, cwd, env: { PATH: "/bin" } })).toEqual(["node_modules/.bin/kdflow"]);
    expect(ownCommand({ script: `${cwd}/kdflow`, cwd, env: {} })).toEqual(["./kdflow"]);
    expect(ownCommand({ script: `${cwd}/dist/core/cli/index.js`, cwd, env: { npm_command: "run" } })).toEqual([
      "node",
      "dist/core/cli/index.js",
    ]);
  });
});
