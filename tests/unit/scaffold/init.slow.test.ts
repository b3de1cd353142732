import { mkdir, mkdtemp, readdir, readFile, realpath, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { writePhotoFolder } from "../../support/photos.ts";
import { eventsIn, kdflow } from "../cli/command-line.ts";

const before = process.cwd();
let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "kdflow-init-")));
  process.chdir(folder);
});

afterEach(() => process.chdir(before));

/** The pipeline that was written, as plain data. */
async function written(file = "distill.yaml") {
  return parse(await readFile(join(folder, file), "utf8")) as { readonly stages: Readonly<Record<string, never>> };
}

describe("init without a terminal", () => {
  it("names the flag of the first question, and writes nothing", async () => {
    const { code, stderr } = await kdflow("init", "--no-probe");
    expect(code).toBe(2);
    expect(stderr).toContain("--data");
    expect(await readdir(folder)).toEqual([]);
  });

  it("finds folders of photos, and writes a file that validates and says its parts", async () => {
    await writePhotoFolder("pets", ["cat", "dog"], 12);
    const { code, stderr, stdout } = await kdflow("init", "--no-probe", "--yes");
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("wrote distill.yaml") });
    expect(stdout).toMatch(/run distill\.yaml\n$/);
    expect(await readdir(folder)).toEqual(["distill.yaml", "pets"]);
    const text = await readFile("distill.yaml", "utf8");
    expect(text).toMatch(/^# yaml-language-server: \$schema=/);
    expect(text).toContain("classes: cat, dog");
    const { stages } = await written();
    const augment = [{ use: "random-resized-crop", scale: [0.4, 1] }, "flip"];
    expect(stages["data"]).toMatchObject({ use: "image-folder", root: "./pets", augment });
    expect(Object.keys(stages)).toEqual([
      "data",
      "teacher",
      "softLabels",
      "student",
      "loss",
      "train",
      "evaluate",
      "export",
    ]);
    expect((await kdflow("validate", "distill.yaml")).code).toBe(0);
    expect((await kdflow("init", "--no-probe", "--yes")).stderr).toContain("stays as it is");
  });

  it("takes answers from a file, and flags before them", async () => {
    await writePhotoFolder("pets", ["cat", "dog"], 12);
    await writeFile(
      "answers.yaml",
      "epochs: 7\nbaseline: no\nloss: dist\nstudent: mobilenet-v2:width=0.5\nexport: none\n",
    );
    const { code, stdout } = await kdflow(
      "init",
      "--no-probe",
      "--yes",
      "--answers",
      "answers.yaml",
      "--epochs",
      "3",
      "--json",
    );
    expect(code).toBe(0);
    expect(eventsIn(stdout)).toMatchObject([
      { event: "init", file: "distill.yaml", next: [expect.stringContaining("run")] },
    ]);
    const { stages } = await written();
    expect(stages).toMatchObject({
      student: { backbone: { use: "mobilenet-v2", width: 0.5 } },
      loss: { "cross-entropy": 0.1, dist: { weight: 0.9 } },
      train: { epochs: 3, baseline: false },
    });
    expect(stages).not.toHaveProperty("export");
    await writeFile("answers.yaml", "epoch: 7\n");
    const wrong = await kdflow("init", "--no-probe", "--yes", "--answers", "answers.yaml");
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "epochs"') });
  });

  it("offers what fits a budget, and says what the smallest needs", async () => {
    await writePhotoFolder("pets", ["cat", "dog"], 12);
    const large = await kdflow(
      "init",
      "--no-probe",
      "--yes",
      "--budget",
      "500k",
      "--student",
      "mobilenet-v2:width=0.75",
    );
    expect(large).toMatchObject({ code: 2, stderr: expect.stringContaining("--student") });
    const small = await kdflow("init", "--no-probe", "--yes", "--budget", "1k");
    expect(small).toMatchObject({ code: 2, stderr: expect.stringMatching(/the smallest is .*parameters/) });
    expect(await readdir(folder)).toEqual(["pets"]);
  });

  it("refuses folders and teachers that nobody reads", async () => {
    await mkdir("empty");
    await writePhotoFolder("pets", ["cat", "dog"], 4);
    expect(await kdflow("init", "--no-probe", "--data", "empty", "--yes")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("image-folder"),
    });
    expect(await kdflow("init", "--no-probe", "--data", "nowhere", "--yes")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("no folder"),
    });
    await writeFile("teacher.onnx", "not a model");
    const broken = await kdflow("init", "--no-probe", "--teacher", "teacher.onnx", "--yes");
    expect(broken.code).not.toBe(0);
    expect(broken.stderr).toContain("teacher.onnx");
  });
});

describe("recipes", () => {
  it("are listed with a line each, and one of them is written for this folder", async () => {
    const { stdout } = await kdflow("recipes");
    expect(stdout).toMatch(/^classification\/kd\/shufflenet-v2-from-resnet +A ShuffleNet .*\.$/m);
    for (const line of stdout.trimEnd().split("\n")) expect(line).toMatch(/^\S+ {2,}[A-Z].*\.$/);

    expect((await kdflow("init", "--no-probe", "--from", "quickstart-small")).code).toBe(0);
    expect((await kdflow("validate", "quickstart-small.yaml")).code).toBe(0);
    const text = await readFile("quickstart-small.yaml", "utf8");
    expect(text).toContain("$schema=./node_modules/kdflow/");
    const lacking = await kdflow("init", "--no-probe", "--from", "onnx/mobilenet-v2-from-onnx", "--output", "own.yaml");
    expect(lacking).toMatchObject({ code: 0, stderr: expect.stringContaining("still to bring") });
    expect(await readFile("own.yaml", "utf8")).toContain("kdflow run own.yaml");
    expect(await kdflow("init", "--no-probe", "--from", "quickstart-smal")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("quickstart-small"),
    });
    expect(await kdflow("init", "--no-probe", "--from", "quickstart", "--epochs", "3")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--epochs"),
    });
  });
});
