import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { storedTeacher } from "../../../core/predict/find-teacher.ts";
import type { RecordedStage } from "../../../core/run/run-record.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-find-teacher-"));
  await writeFile(join(folder, "teacher.json"), "{}");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const recorded: RecordedStage = {
  stage: "teacher",
  kind: "teacher",
  provider: "onnx",
  state: "run",
  key: "key",
  digest: "digest",
  durationMs: 1,
  parts: { files: { model: "sha256" } },
};
const runOf = (options: object, env: Readonly<Record<string, string>> = {}) => ({
  file: "/photos/pipeline.yaml",
  pipelineOf: async () => ({ stages: { teacher: { use: "onnx", seed: 1, ...options } } }),
  env,
});
const teacherOf = (...run: Parameters<typeof runOf>) => storedTeacher(recorded, folder, runOf(...run));

describe("storedTeacher", () => {
  it("takes options that the run had from environment variables from these again, with their types", async () => {
    const options = {
      model: "$env.MODEL",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: this is the pipeline's own syntax.
      classes: "${env.FOLDER}/names-${env.NUMBER}.txt",
      imageSize: "$env.NUMBER",
      taps: { p1: { tensor: "$env.NUMBER.5" } },
      normalize: { mean: ["$env.NUMBER", 0.5] },
    };
    const env = { MODEL: "./a.onnx", FOLDER: "lists", NUMBER: "7" };
    expect(await teacherOf(options, env)).toEqual({
      use: "onnx",
      options: {
        model: "./a.onnx",
        classes: "lists/names-7.txt",
        imageSize: 7,
        taps: { p1: { tensor: "$env.NUMBER.5" } },
        normalize: { mean: [7, 0.5] },
      },
      baseDir: "/photos",
      stored: { directory: folder, digest: "digest", files: { model: "sha256" } },
    });
  });

  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is the pipeline's own syntax.
  it.each(["$env.MODEL", "./${env.MODEL}.onnx"])("says which variable of %s is not set", async (model) => {
    await expect(teacherOf({ model }, { MODE: "b" })).rejects.toMatchObject({
      code: "KDF_CONFIG_UNKNOWN_VARIABLE",
      message: 'the environment variable "MODEL" is not set',
      hint: [expect.stringContaining("MODEL=… kdflow")],
    });
  });

  it("refuses an ensemble, which is no single model, and leaves layers models to others", async () => {
    const directory = join(folder, "ensemble");
    await mkdir(join(directory, "members/0"), { recursive: true });
    await writeFile(join(directory, "ensemble.json"), "{}");
    await writeFile(join(directory, "members/0/teacher.json"), "{}");
    const ensemble = { ...recorded, provider: "ensemble" };
    await expect(storedTeacher(ensemble, directory, runOf({}))).rejects.toMatchObject({
      code: "KDF_CLI_USAGE",
      message: expect.stringContaining('the teacher of stage "teacher" (ensemble) cannot be predicted with'),
      hint: [expect.stringContaining("name a member's file")],
    });
    await writeFile(join(directory, "model.json"), "{}");
    expect(await storedTeacher({ ...recorded, provider: "train" }, directory, runOf({}))).toBeUndefined();
  });
});
