import { copyFile, mkdtemp, readdir, readFile, realpath, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { writeBoxPhotos } from "../../support/box-photos.ts";
import { linearGraph, onnxBytes } from "../../support/onnx-model.ts";
import { writePhotoFolder } from "../../support/photos.ts";
import { kdflow } from "../cli/command-line.ts";
import { sharedFile } from "../tasks/detection/shared-data.ts";

const before = process.cwd();
let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "kdflow-init-")));
  process.chdir(folder);
});

afterEach(() => process.chdir(before));

/** A classifier of photos that does not name its classes. */
async function writeClassifier(path: string, classes: number): Promise<void> {
  const kernel = Float32Array.from({ length: 192 * classes }, (_, at) => Math.sin(at));
  const bias = new Float32Array(classes);
  await writeFile(path, onnxBytes(linearGraph({ shape: ["N", 3, 8, 8], kernel, bias })));
}

async function stagesOf(file: string) {
  const { stages } = parse(await readFile(join(folder, file), "utf8")) as {
    readonly stages: Readonly<Record<string, never>>;
  };
  return stages;
}

const student = ["--student", "shufflenet-v2:width=0.5"];

describe("init with a teacher's file that names no classes", () => {
  it("asks for them, and takes no default, though there are as many as the data's", async () => {
    await writePhotoFolder("pets", ["cat", "dog"], 12);
    await writeClassifier("two.onnx", 2);
    const unnamed = await kdflow("init", "--no-probe", "--yes", "--teacher", "two.onnx", ...student);
    expect(unnamed).toMatchObject({ code: 2, stderr: expect.stringContaining("--classes") });
    expect(unnamed.stderr).toContain("no default is safe");
    expect(await readdir(folder)).toEqual(["pets", "two.onnx"]);

    const same = await kdflow("init", "--no-probe", "--yes", "--teacher", "two.onnx", "--classes", "data", ...student);
    expect({ code: same.code, stderr: same.stderr }).toEqual({ code: 0, stderr: expect.stringContaining("wrote") });
    expect(await readFile("distill.yaml", "utf8")).toContain("taken to be the data's classes, in their order");
    expect(await stagesOf("distill.yaml")).toMatchObject({ teacher: { use: "onnx", model: "./two.onnx" } });
  });

  it("takes a file of names, and refuses one that lacks the data's", async () => {
    await writePhotoFolder("pets", ["cat", "dog"], 12);
    await writeClassifier("four.onnx", 4);
    await writeFile("names.txt", "cow\ndog\ncat\npig\n");
    await writeFile("others.txt", "cow\nhen\ncat\npig\n");
    const teacher = ["init", "--no-probe", "--yes", "--teacher", "four.onnx", ...student];
    expect(await kdflow(...teacher, "--classes", "data")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("another number of classes"),
    });
    expect(await kdflow(...teacher, "--classes", "others.txt")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/KDF_PLAN_CLASSES.*dog/),
    });
    expect((await readdir(folder)).filter((name) => name.endsWith(".yaml"))).toEqual([]);
    expect((await kdflow(...teacher, "--classes", "names.txt")).code).toBe(0);
    expect(await stagesOf("distill.yaml")).toMatchObject({ teacher: { model: "./four.onnx", classes: "./names.txt" } });
    expect((await kdflow("validate", "distill.yaml")).code).toBe(0);
  });
});

describe("init on photos with boxes", () => {
  it("writes a training on the labels as detectors learn where there is no teacher", async () => {
    await writeBoxPhotos("ships", 20);
    const { code, stderr } = await kdflow("init", "--no-probe", "--yes", ...student);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("wrote") });
    const stages = await stagesOf("distill.yaml");
    expect(stages).toMatchObject({
      student: { use: "yolo", anchors: "auto", neck: { use: "yolov7-tiny", width: 0.5 } },
      loss: { yolov7: { weight: 1, assign: "anchor", rescale: false } },
      train: { batchSize: 8, optimizer: { use: "adam", learningRate: 0.01 } },
      evaluate: "detection",
    });
    expect(stages).not.toHaveProperty("teacher");
  });

  it("offers to train a larger detector first", async () => {
    await writeBoxPhotos("ships", 20);
    const made = await kdflow("init", "--no-probe", "--yes", "--teacher", "train", ...student);
    expect({ code: made.code, stderr: made.stderr }).toEqual({ code: 0, stderr: expect.stringContaining("wrote") });
    expect(await stagesOf("distill.yaml")).toMatchObject({
      teacher: { use: "train", network: { use: "yolo" }, loss: { use: "yolov7", assign: "anchor" } },
      softLabels: "detections",
    });
  });

  const yolox = sharedFile("models/yolox-nano-onnx/yolox_nano.onnx");
  it.skipIf(yolox.missing !== "")(
    `distils from a detector's file that knows the classes ${yolox.missing}`,
    async () => {
      await writeBoxPhotos("ships", 20);
      await copyFile(yolox.path, "yolox_nano.onnx");
      const foreign = await kdflow("init", "--no-probe", "--yes", "--teacher", "yolox_nano.onnx", ...student);
      expect(foreign).toMatchObject({ code: 2, stderr: expect.stringMatching(/KDF_PLAN_CLASSES.*"ship"/s) });

      await writeFile("ships/data.yaml", "train: images\nnames: [boat, bench]\n");
      for (const loss of ["box-soft", "objectness-scaled"]) {
        const { code, stderr } = await kdflow(
          "init",
          "--no-probe",
          "--yes",
          "--loss",
          loss,
          ...student,
          "--output",
          `${loss}.yaml`,
        );
        expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("80 classes, sees 416×416") });
        expect(await stagesOf(`${loss}.yaml`)).toMatchObject({
          teacher: { use: "onnx", model: "./yolox_nano.onnx" },
          softLabels: "detections",
          loss: { yolov7: { weight: 1, assign: "anchor", rescale: false }, [loss]: { weight: 1, rescale: false } },
        });
        expect((await kdflow("validate", `${loss}.yaml`)).code).toBe(0);
      }
    },
  );
});
