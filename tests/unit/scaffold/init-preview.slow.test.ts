import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { writePhotoFolder } from "../../support/photos.ts";
import { eventsIn, startKdflow } from "../cli/command-line.ts";

/** `work` is the working directory, `scratch` where temporary files go. */
let folders: { readonly root: string; readonly work: string; readonly scratch: string };

beforeEach(async () => {
  const root = await realpath(await mkdtemp(join(tmpdir(), "kdflow-preview-")));
  folders = { root, work: join(root, "work"), scratch: join(root, "scratch") };
  await mkdir(folders.scratch);
  await writePhotoFolder(join(folders.work, "pets"), ["cat", "dog"], 12);
});

afterEach(() => rm(folders.root, { recursive: true, force: true }));

const answers = ["--yes", "--image-size", "16", "--student", "resnet:depth=8", "--output", "own.yaml"];
const init = (...more: readonly string[]) =>
  startKdflow(["init", ...answers, ...more], folders.work, { TMPDIR: folders.scratch });

/** Files of results in the store of a probe that is going on. */
async function probedFiles(): Promise<readonly string[]> {
  const names = await readdir(folders.scratch);
  const stores = names.filter((name) => name.startsWith("kdflow-cost-"));
  const files = stores.map((name) => readdir(join(folders.scratch, name, "store"), { recursive: true }));
  return (await Promise.all(files.map((found) => found.catch(() => [])))).flat();
}

describe("the preview of init", () => {
  it("shows what each stage takes, and keeps the file and nothing else", async () => {
    const { code, stdout, stderr } = await init("--json").done;
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("measuring a few batches") });
    const [made] = eventsIn(stdout) as readonly { readonly cost: readonly string[] }[];
    expect(made).toMatchObject({ event: "init", file: "own.yaml", next: [expect.stringContaining("run own.yaml")] });
    const { stages } = parse(await readFile(join(folders.work, "own.yaml"), "utf8"));
    const names = Object.keys(stages).filter((name) => name !== "student" && name !== "loss");
    expect(made?.cost.slice(1, -2).map((line) => line.split(" ")[0])).toEqual(
      names.flatMap((name) => (name === "train" ? ["train", "train.baseline"] : [name])),
    );
    for (const line of made?.cost.slice(1, -1) ?? []) expect(line).toMatch(/ \d[\d.]* (s|min|h).* [KMG]?B .* MB$/);
    expect((await readdir(folders.work)).sort()).toEqual(["own.yaml", "pets"]);
    expect(await readdir(folders.scratch)).toEqual([]);
  });

  it("leaves nothing behind on Ctrl-C when it begins", async () => {
    const asked = init();
    await asked.wrote("measuring a few batches");
    asked.child.kill("SIGINT");
    expect(await asked.done).toMatchObject({ code: 130, stderr: expect.stringContaining("nothing was written") });
    expect(await readdir(folders.work)).toEqual(["pets"]);
    expect(await readdir(folders.scratch)).toEqual([]);
  });

  it("brings back the file that was there on Ctrl-C while it measures", async () => {
    await writeFile(join(folders.work, "own.yaml"), "# mine\n");
    const asked = init("--overwrite", "yes");
    await vi.waitFor(async () => expect(await probedFiles()).not.toEqual([]), { timeout: 300_000, interval: 20 });
    expect(await readFile(join(folders.work, "own.yaml"), "utf8")).toContain("stages:");
    asked.child.kill("SIGINT");
    expect(await asked.done).toMatchObject({ code: 130, stderr: expect.stringContaining("nothing was written") });
    expect(await readFile(join(folders.work, "own.yaml"), "utf8")).toBe("# mine\n");
    expect((await readdir(folders.work)).sort()).toEqual(["own.yaml", "pets"]);
    expect(await readdir(folders.scratch)).toEqual([]);
  });
});
