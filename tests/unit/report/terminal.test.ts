import { describe, expect, it } from "vitest";
import { createHooks } from "../../../core/plugins/hooks.ts";
import { createLiveLine } from "../../../core/report/live-line.ts";
import { asciiGlyphs, detectCapabilities, plainStyle, unicodeGlyphs } from "../../../core/report/style.ts";
import { reportToTerminal } from "../../../core/report/terminal.ts";
import { playRun } from "./run-events.ts";

function collector(columns: number) {
  const writes: string[] = [];
  return { stream: { columns, write: (text: string) => writes.push(text) }, writes };
}

describe("a report to something that is no terminal", () => {
  it("prints one line for each start and end of a stage and for each epoch", async () => {
    const { stream, writes } = collector(80);
    const hooks = createHooks();
    const capabilities = detectCapabilities({ isTTY: false }, {});
    reportToTerminal(hooks, { line: createLiveLine(stream, capabilities.live), capabilities });
    await playRun(hooks);
    expect(writes.join("").split("\n")).toEqual([
      "tiny: 1 to run, 1 reused, 1 decided later",
      "  data      mnist           reuse",
      "  train     distill         run",
      "  evaluate  classification  depends",
      "note: the baseline trains on cross-entropy alone, weight 1",
      "backend cpu (version 4.22.0, threads 2)",
      "data: reused",
      "train: started, distill",
      "train: resumed from the checkpoint",
      "train: epoch 1/2  loss 1  top1 0.9125",
      "train: epoch 2/2  loss 0.5000  top1 0.9125",
      "warning: train: the term kd was zero for a whole epoch",
      "train: done in 1m 05s",
      "evaluate: started, classification",
      "evaluate: failed",
      "failed after 1m 06s",
      "",
    ]);
  });
});

describe("a verbose report", () => {
  it("has every log entry", async () => {
    const { stream, writes } = collector(80);
    const hooks = createHooks();
    const capabilities = detectCapabilities({ isTTY: false }, {});
    reportToTerminal(hooks, { line: createLiveLine(stream, capabilities.live), capabilities, verbose: true });
    await playRun(hooks);
    expect(writes.join("")).toContain(
      "info: train: resumed  resumed from the checkpoint  epoch 0\ndebug: train: checkpoint  epoch 0\n",
    );
  });
});

describe("a report to a terminal", () => {
  it("leaves finished lines on the screen and erases the live one", async () => {
    let nowMs = 0;
    const now = () => nowMs;
    const { stream, writes } = collector(60);
    const hooks = createHooks();
    const capabilities = { live: true, color: false, style: plainStyle, glyphs: unicodeGlyphs };
    reportToTerminal(hooks, { line: createLiveLine(stream, true, now), capabilities, now });
    await playRun(hooks, async () => {
      nowMs += 200;
    });
    const text = writes.join("");
    // Each redraw begins with an erase, so what stays is what follows the last erase of every line.
    const screen = text.split("\n").map((line) => line.split("\r\u001b[2K").at(-1));
    expect(screen).toEqual([
      "tiny: 1 to run, 1 reused, 1 decided later",
      "  data      mnist           reuse",
      "  train     distill         run",
      "  evaluate  classification  depends",
      "note: the baseline trains on cross-entropy alone, weight 1",
      "backend cpu (version 4.22.0, threads 2)",
      "= data  reused",
      "train: resumed from the checkpoint",
      "warning: train: the term kd was zero for a whole epoch",
      "✓ train  1m 05s",
      "✗ evaluate  failed",
      "failed after 1m 06s",
      "",
    ]);
    expect(text).toContain("train  epoch 1/2  ██████░░░░░░  50%  ETA 0.4 s  loss 1  12…");
  });

  it("redraws at most ten times a second", () => {
    let nowMs = 0;
    const { stream, writes } = collector(60);
    const line = createLiveLine(stream, true, () => nowMs);
    for (; nowMs < 1000; nowMs += 1) line.show(() => "working");
    line.clear();
    expect(writes.filter((text) => text.includes("working"))).toHaveLength(10);
  });

  it("draws the latest state even when no further event comes", async () => {
    const { stream, writes } = collector(60);
    const line = createLiveLine(stream, true);
    line.show(() => "first");
    line.show(() => "second");
    await new Promise((resolve) => setTimeout(resolve, 150));
    line.clear();
    expect(writes.map((text) => text.replace("\r\u001b[2K", ""))).toEqual(["first", "second", ""]);
  });
});

describe("detectCapabilities", () => {
  it("honours NO_COLOR, TERM and the locale", () => {
    const utf8 = { LANG: "en_US.UTF-8", TERM: "xterm" };
    expect(detectCapabilities({ isTTY: true }, utf8)).toMatchObject({ live: true, color: true, glyphs: unicodeGlyphs });
    expect(detectCapabilities({ isTTY: true }, { ...utf8, NO_COLOR: "1" })).toMatchObject({ live: true, color: false });
    expect(detectCapabilities({ isTTY: true }, { ...utf8, NO_COLOR: "" }).color).toBe(true);
    expect(detectCapabilities({ isTTY: true }, { ...utf8, TERM: "dumb" })).toMatchObject({ live: false, color: false });
    expect(detectCapabilities({ isTTY: true }, { TERM: "xterm" }).glyphs).toBe(asciiGlyphs);
    expect(detectCapabilities({}, utf8)).toMatchObject({ live: false, color: false });
  });
});
