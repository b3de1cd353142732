import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify, stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { displayWidth } from "../../../core/report/text-width.ts";

const hasScript = spawnSync("script", ["--version"]).stdout?.toString().includes("util-linux") === true;
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Runs the play on a pseudo-terminal of some width and returns what the terminal received. */
async function playOnTerminal(columns: number, env: Record<string, string>): Promise<string> {
  const node = `'${process.execPath}' --import '${path("../../../scripts/run-typescript.mjs")}' '${path("play-on-terminal.ts")}'`;
  const { NO_COLOR: _, ...inherited } = process.env;
  const { stdout } = await promisify(execFile)("script", ["-qec", `stty cols ${columns}; ${node}`, "/dev/null"], {
    env: { ...inherited, TERM: "xterm", LC_ALL: "C.UTF-8", ...env },
  });
  return stdout;
}

/** What is left on the screen: of every line only what follows its last erase. */
function screenOf(received: string): readonly string[] {
  return received.split("\r\n").map((line) => stripVTControlCharacters(line.split("\r\u001b[2K").at(-1) ?? ""));
}

describe.skipIf(!hasScript)("a report on a real pseudo-terminal (needs util-linux's script)", () => {
  it("redraws one coloured line and leaves the finished stages", async () => {
    const received = await playOnTerminal(72, {});
    expect(screenOf(received).slice(-8)).toEqual([
      "backend cpu (version 4.22.0, threads 2)",
      "= data  reused",
      "train: resumed from the checkpoint",
      "warning: train: the term kd was zero for a whole epoch",
      "✓ train  1m 05s",
      "✗ evaluate  failed",
      "failed after 1m 06s",
      "",
    ]);
    expect(received).toContain("\u001b[32m✓\u001b[39m");
    expect(received).toMatch(/train {2}epoch 2\/2 {2}█+░* +\d+%/);
  });

  it("never writes a live line as wide as the terminal, and no colours with NO_COLOR", async () => {
    const received = await playOnTerminal(30, { NO_COLOR: "1" });
    const live = received
      .split("\r\u001b[2K")
      .slice(1)
      .map((part) => part.split("\r\n")[0] ?? "");
    const progress = live.filter((line) => /^train {2}epoch/.test(line));
    expect(progress.length).toBeGreaterThan(2);
    for (const line of progress) expect(displayWidth(line)).toBeLessThan(30);
    for (const colour of ["31m", "32m", "33m", "36m"]) expect(received).not.toContain(`\u001b[${colour}`);
  });
});
