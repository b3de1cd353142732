import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { writePhotoFolder } from "../support/photos.ts";
import { hasPty, keys, typeAtTerminal } from "../support/pty-session.ts";
import { repository } from "./support/cli.ts";

const init = [process.execPath, join(repository, "dist/core/cli/index.js"), "init", "--no-probe"];
const { enter, down, up, ctrlC } = keys;

async function petsFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "kdflow-terminal-"));
  await writePhotoFolder(join(folder, "pets"), ["cat", "dog"], 12);
  return folder;
}

describe.skipIf(!hasPty)("init on a real pseudo-terminal (needs Python's pty)", () => {
  it.each([60, 120])("asks, goes back, takes typed answers, and writes the file, on %i columns", async (columns) => {
    const cwd = await petsFolder();
    const { screens, last, code } = await typeAtTerminal({
      command: init,
      cwd,
      columns,
      steps: [
        { wait: "images to learn from", send: enter },
        { wait: "side at which", send: `${up}${enter}` }, // goes round to the end: back
        { wait: "images to learn from", send: enter },
        { wait: "side at which", send: enter },
        { wait: "teacher:", send: enter },
        { wait: "most parameters", send: `${down}${enter}` },
        { wait: "student:", send: `${down}${enter}` },
        { wait: "loss that brings", send: enter },
        { wait: "epochs:", send: `\u007f\u007f3x${enter}` },
        { wait: "is no number of epochs", send: `2${enter}` },
        { wait: "once more without", send: `${down}${enter}` },
        { wait: "export of the student", send: enter },
        { wait: "file to write", send: `own.yaml${enter}` },
      ],
    });
    const drawn = last.filter((line) => line !== "");
    expect({ code, drawn }, drawn.join("\n")).toMatchObject({ code: 0 });
    // the command names this checkout's file, so it may be longer than the terminal is wide
    const unwrapped = drawn.join("").replaceAll(" ", "");
    expect(unwrapped.endsWith("runown.yaml"), drawn.join("\n")).toBe(true);
    // wrapped lists were drawn again without leaving parts of themselves
    expect(last.filter((line) => /^[?❯]/u.test(line))).toEqual([]);
    expect(last.filter((line) => line.startsWith("✔")).map((line) => /^✔ \w+/u.exec(line)?.[0])).toEqual(
      [
        "images",
        "side",
        "images",
        "side",
        "teacher",
        "most",
        "student",
        "loss",
        "epochs",
        "epochs",
        "train",
        "export",
        "file",
      ].map((word) => `✔ ${word}`),
    );
    expect(screens[0]?.join(" ")).toContain("./pets".slice(2));
    expect(screens[1]?.join("\n")).toContain("back");
    expect(screens[6]?.join(" ")).toMatch(/M\s+parameters/);
    const { stages } = parse(await readFile(join(cwd, "own.yaml"), "utf8"));
    expect(stages.train).toMatchObject({ epochs: 2, baseline: false });
    expect(await readdir(cwd)).toEqual(["own.yaml", "pets"]);
  });

  it("leaves nothing behind on Ctrl-C, and overwrites nothing that it was not told to", async () => {
    const cwd = await petsFolder();
    const stopped = await typeAtTerminal({
      command: init,
      cwd,
      columns: 80,
      steps: [
        { wait: "images to learn from", send: enter },
        { wait: "side at which", send: ctrlC },
      ],
    });
    expect(stopped.code).toBe(130);
    expect(stopped.last.join(" ")).toContain("nothing was written");
    expect(await readdir(cwd)).toEqual(["pets"]);

    const write = [...init, "--yes", "--student", "resnet:depth=8", "--output", "own.yaml"];
    expect((await typeAtTerminal({ command: write, cwd, columns: 80, steps: [] })).code).toBe(0);
    const before = await readFile(join(cwd, "own.yaml"), "utf8");
    const kept = await typeAtTerminal({
      command: [...init, "--from", "quickstart", "--output", "own.yaml"],
      cwd,
      columns: 80,
      steps: [{ wait: "overwrite it?", send: enter }],
    });
    expect(kept.code).toBe(2);
    expect(await readFile(join(cwd, "own.yaml"), "utf8")).toBe(before);
  });
});
