import { execFile } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { commandTable } from "../../../core/cli/command-table.ts";
import { eventsIn, kdflow } from "../cli/command-line.ts";

const run = promisify(execFile);
let script: string;

beforeAll(async () => {
  script = join(await mkdtemp(join(tmpdir(), "kdflow-completion-")), "kdflow.bash");
  await writeFile(script, (await kdflow("completion", "bash")).stdout);
});

/** What a real bash offers at the end of a line, by the function that it has for kdflow. */
async function offered(...words: readonly string[]): Promise<readonly string[]> {
  const ask = [
    "set -eu",
    `source "$0"`,
    "complete -p kdflow >/dev/null",
    'COMP_WORDS=("$@")',
    "COMP_CWORD=$(($# - 1))",
    "_kdflow",
    `printf '%s\\n' "\${COMPREPLY[@]-}"`,
  ].join("\n");
  const { stdout, stderr } = await run("bash", ["--norc", "-c", ask, script, ...words]);
  expect(stderr).toBe("");
  return stdout.split("\n").filter((line) => line !== "");
}

describe("completion in a real bash", () => {
  it("completes commands, and second words of groups", async () => {
    const first = await offered("kdflow", "");
    expect(first).toEqual(expect.arrayContaining(["run", "validate", "init", "runs", "cache", "--help"]));
    expect(new Set(first).size).toBe(first.length);
    expect(await offered("kdflow", "va")).toEqual(["validate"]);
    expect(await offered("kdflow", "runs", "")).toEqual(["list", "show", "diff"]);
    expect(await offered("kdflow", "plugins", "c")).toEqual(["create"]);
  });

  it("completes every option of every command that people call", async () => {
    for (const { name, options, hidden } of commandTable) {
      if (hidden === true) continue;
      const expected = [...options.map((option) => `--${option.name}`), "--help"];
      expect(await offered("kdflow", ...name.split(" "), "--"), name).toEqual(expected);
    }
  });

  it("completes values that are one of a few, and leaves files to the shell", async () => {
    expect(await offered("kdflow", "evaluate", "--protocol", "v")).toEqual(["voc07", "voc"]);
    expect(await offered("kdflow", "plugins", "create", "own", "--family", "l")).toEqual(["losses"]);
    expect(await offered("kdflow", "init", "--baseline", "")).toEqual(["yes", "no"]);
    expect(await offered("kdflow", "run", "pipe")).toEqual([]);
  });
});

it("zsh gets the same through bashcompinit, and other shells are refused", async () => {
  const zsh = await kdflow("completion", "zsh", "--json");
  expect(eventsIn(zsh.stdout)).toMatchObject([
    { event: "completion", shell: "zsh", script: expect.stringContaining("bashcompinit") },
  ]);
  expect(await kdflow("completion", "fish")).toMatchObject({ code: 2, stderr: expect.stringContaining("bash, zsh") });
});
