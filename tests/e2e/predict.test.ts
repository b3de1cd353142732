import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeGraphModel } from "../support/graph-model.ts";
import { linearGraph, onnxBytes } from "../support/onnx-model.ts";
import { writePhotoFolder } from "../support/photos.ts";
import { eventsOf, kdflow } from "./support/cli.ts";

const classes = ["a", "b", "c"];
const pipeline = `kdflow: 1
name: photos
stages:
  data: { use: image-folder, root: ./photos, imageSize: 8, fit: stretch, validation: 0.2, test: 0.2, workers: 1 }
  student: { use: classifier, backbone: { use: resnet, depth: 8 } }
  loss: { cross-entropy: 1 }
  train: { epochs: 2, batchSize: 16, baseline: false }
  export: layers-model
`;

let folder: string;
let exported: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-predict-"));
  await writePhotoFolder(join(folder, "photos"), classes, 12);
  await writeFile(join(folder, "pipeline.yaml"), pipeline);
  const ran = await kdflow(["run", "pipeline.yaml", "--json"], { cwd: folder });
  expect(ran.code, ran.stderr).toBe(0);
  const ends = eventsOf(ran).filter(({ event, stage }) => event === "stageEnd" && stage === "export");
  exported = await folderOfExport(ends);
  await mkdir(join(folder, "new"));
  for (const [at, background] of ["#3c0000", "#b40505", "#78ff10"].entries()) {
    await sharp({ create: { width: 8, height: 8, channels: 3, background } }).toFile(join(folder, "new", `${at}.png`));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The stored folder with `export.json`. */
async function folderOfExport(ends: readonly unknown[]): Promise<string> {
  expect(ends).toHaveLength(1);
  const store = join(folder, ".kdflow/store");
  for (const key of await readdir(store)) {
    if ((await readdir(join(store, key))).includes("export.json")) return join(store, key);
  }
  throw new Error("nothing was exported");
}

const predict = (...args: readonly string[]) => kdflow(["predict", ...args], { cwd: folder });

/** Probabilities of an 8×8 picture by stock TensorFlow.js. */
async function probabilitiesOf(path: string): Promise<readonly number[]> {
  const { modelTopology, weightsManifest } = JSON.parse(await readFile(join(exported, "model.json"), "utf8"));
  const weightData = Uint8Array.from(await readFile(join(exported, "weights.bin"))).buffer;
  const artifacts = { modelTopology, weightSpecs: weightsManifest[0].weights, weightData };
  const model = await tf.loadLayersModel({ load: async () => artifacts });
  const pixels = await sharp(path).removeAlpha().raw().toBuffer();
  const input = tf.tensor4d(Float32Array.from(pixels), [1, 8, 8, 3]);
  return Array.from(await tf.softmax(model.predict(input) as tf.Tensor).data());
}

describe("kdflow predict", () => {
  it("gives the probabilities of stock TensorFlow.js, from an export and from a run alike", async () => {
    const byFolder = await predict(exported, "new", "--json");
    expect(byFolder.code, byFolder.stderr).toBe(0);
    const events = eventsOf(byFolder);
    expect(events.map(({ event }) => event)).toEqual(["prediction", "prediction", "prediction", "predicted"]);
    expect(events.at(-1)).toMatchObject({ v: 1, images: 3, failed: 0, sheets: [] });
    for (const { file, class: best, probability, top } of events.slice(0, 3)) {
      const expected = await probabilitiesOf(join(folder, String(file)));
      const found = top as { class: string; probability: number }[];
      expect(found).toHaveLength(3);
      for (const each of found) expect(each.probability).toBeCloseTo(expected[classes.indexOf(each.class)] ?? 0, 4);
      expect({ class: best, probability }).toEqual(found[0]);
      expect(found.map((each) => each.probability)).toEqual(
        expected.toSorted((x, y) => y - x).map((x) => expect.closeTo(x, 4)),
      );
    }
    const byRun = await predict("latest", "new", "--json");
    expect(byRun.stderr).toMatch(/^model of stage train of run \S+\n$/);
    const tops = (list: typeof events) => list.map(({ file, top }) => ({ file, top }));
    expect(tops(eventsOf(byRun))).toEqual(tops(events));
  });

  it("fits photos as the run did, unless it is told otherwise", async () => {
    const image = join(folder, "wide.png");
    const white = await sharp({ create: { width: 8, height: 8, channels: 3, background: "#fff" } })
      .png()
      .toBuffer();
    const black = sharp({ create: { width: 24, height: 8, channels: 3, background: "#000" } });
    await black.composite([{ input: white, left: 8, top: 0 }]).toFile(image);
    const top = async (...args: readonly string[]) => eventsOf(await predict(...args, image, "--json"))[0]?.["top"];
    const asInRun = await top("latest");
    const cropped = await top(exported);
    expect(asInRun).toEqual(await top(exported, "--fit", "stretch"));
    expect(await top("latest", "--fit", "crop")).toEqual(cropped);
    expect(asInRun).not.toEqual(cropped);
  });

  it("names and counts images that do not decode, and predicts the others", async () => {
    await writeFile(join(folder, "broken.jpg"), "no picture");
    const result = await predict("latest", "broken.jpg", "new/0.png", "nowhere.png", "new/1.png", "--top", "2");
    expect(result.code).toBe(1);
    const [head, ...rows] = result.stdout.trimEnd().split("\n");
    expect(head).toMatch(/^file +class +probability +next$/);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(/^new\/0\.png +[abc] +\d+\.\d % {2}[abc] \d+\.\d %$/);
    expect(result.stderr).toContain("bad image: broken.jpg: ");
    expect(result.stderr).toContain("bad image: nowhere.png: there is no such file or folder");
    expect(result.stderr).toContain("2 images predicted, 2 failed");
  });

  it("writes a contact sheet: every thumbnail in its place, text under it, as PNG", async () => {
    const result = await predict("latest", "new", "--sheet", "sheet.png");
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toContain("3 images predicted, contact sheet in sheet.png");
    const { data, info } = await sharp(join(folder, "sheet.png")).raw().toBuffer({ resolveWithObject: true });
    // two columns of 128 pixels and two rows of 128 + two lines of 16, 10 apart
    expect(info).toMatchObject({ width: 10 + 2 * 138, height: 10 + 2 * (138 + 32), channels: 3 });
    const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)];
    expect(at(74, 74)).toEqual([0x3c, 0, 0]);
    expect(at(212, 74)).toEqual([0xb4, 5, 5]);
    expect(at(74, 244)).toEqual([0x78, 0xff, 0x10]);
    expect(at(212, 244)).toEqual([255, 255, 255]);
    const dark = (left: number, top: number) => {
      let count = 0;
      for (let y = top; y < top + 32; y++)
        for (let x = left; x < left + 128; x++) if ((at(x, y)[0] ?? 0) < 128) count++;
      return count;
    };
    expect(dark(10, 138)).toBeGreaterThan(20);
    expect(dark(148, 308)).toBe(0);
  });

  it("takes a folder of bare model files with the classes of a file, and gives as many as --top says", async () => {
    await mkdir(join(folder, "bare"));
    for (const name of ["model.json", "weights.bin"]) await copyFile(join(exported, name), join(folder, "bare", name));
    const nameless = await predict("bare", "new/0.png");
    expect([nameless.code, nameless.stderr]).toEqual([2, expect.stringContaining("KDF_INPUT_CLASSES: nothing names")]);
    await writeFile(join(folder, "names.txt"), "ape\nbee\ncow\n");
    const named = await predict("bare/model.json", "new/0.png", "--classes", "names.txt", "--json", "--top", "1");
    const own = await predict(exported, "new/0.png", "--json");
    const [{ class: best, probability }] = eventsOf(own) as [{ class: string; probability: number }];
    const renamed = ["ape", "bee", "cow"][classes.indexOf(best)];
    expect(eventsOf(named)[0]).toMatchObject({ class: renamed, probability, top: [{ class: renamed, probability }] });
    const misspelt = await predict("./bard", "new/0.png");
    expect(misspelt.stderr).toContain('(did you mean "bare"?)');
  });

  it("refuses a model that is not there with the nearest names", async () => {
    const cases: readonly (readonly [readonly string[], string, string])[] = [
      [["lates", "new"], "KDF_RUN_NOT_FOUND", 'did you mean "latest"?'],
      [["./new", "new"], "KDF_INPUT_MISSING_FILE", "there is no model.json in"],
      [["latest", "new", "--stage", "trian"], "KDF_PLAN_UNKNOWN_STAGE", 'did you mean "train"?'],
      [["latest", "new", "--classes", "broken.jpg"], "KDF_INPUT_CLASSES", "names 1 classes, and the model has 3"],
      [["latest", "new", "--sheet", "sheet.gif"], "KDF_CLI_USAGE", "contact sheets are PNG files"],
      [["latest"], "KDF_CLI_USAGE", "needs <images>"],
    ];
    for (const [args, code, text] of cases) {
      const { code: exit, stderr } = await predict(...args);
      expect({ args, exit }).toEqual({ args, exit: 2 });
      expect(stderr).toContain(`${code}: `);
      expect(stderr).toContain(text);
    }
  });

  describe("models that are no layers models", () => {
    const size = { height: 8, width: 8, channels: 3 };
    /** Class c scores the mean of colour c, for pixels of 0…255, in either order of the axes. */
    const linear = (layout: "nchw" | "nhwc") => ({
      kernel: Float32Array.from({ length: 192 * 3 }, (_, at) => {
        const feature = Math.floor(at / 3);
        const channel = layout === "nchw" ? Math.floor(feature / 64) : feature % 3;
        return channel === at % 3 ? 1 / 64 : 0;
      }),
      bias: new Float32Array(3),
    });
    /** Softmax of the colours of new/1.png, times `scale`. */
    const expected = (scale: number): readonly number[] => {
      const powers = [0xb4, 5, 5].map((value) => Math.exp(value * scale));
      return powers.map((power) => power / powers.reduce((sum, each) => sum + each, 0));
    };
    const probabilities = (result: Awaited<ReturnType<typeof predict>>): readonly number[] => {
      expect(result.code, result.stderr).toBe(0);
      const top = (eventsOf(result)[0]?.["top"] ?? []) as { class: string; probability: number }[];
      return classes.map((name) => top.find((each) => each.class === name)?.probability ?? Number.NaN);
    };
    const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5));

    beforeAll(async () => {
      await writeFile(join(folder, "abc.txt"), "a\nb\nc\n");
      const graph = linearGraph({ shape: ["N", 3, 8, 8], ...linear("nchw") });
      await writeFile(join(folder, "teacher.onnx"), onnxBytes(graph));
      await writeGraphModel(join(folder, "graph"), linear("nhwc"), size);
      await writeFile(join(folder, "graph", "export.json"), JSON.stringify({ classNames: classes }));
    });

    it("are read as an ONNX file, with options, and through the run whose teacher they are", async () => {
      const wanted = ["teacher.onnx", "new/1.png", "--json", "--classes", "abc.txt", "--set", "normalize=unit"];
      const byFile = await predict(...wanted);
      expect(probabilities(byFile)).toEqual(close(expected(1 / 255)));
      expect(eventsOf(byFile).at(-1)).toMatchObject({ event: "predicted", images: 1, backend: "onnxruntime" });
      const teacher = `kdflow: 1
name: teacher
stages:
  data: { use: image-folder, root: ./photos, imageSize: 8, workers: 1 }
  teacher: { use: onnx, model: ./teacher.onnx, classes: ./abc.txt, normalize: unit }
`;
      await writeFile(join(folder, "teacher.yaml"), teacher);
      const ran = await kdflow(["run", "teacher.yaml", "--store", "other"], { cwd: folder });
      expect(ran.code, ran.stderr).toBe(0);
      const byRun = ["latest", "new/1.png", "--json", "--store", "other"];
      expect(probabilities(await predict(...byRun))).toEqual(close(expected(1 / 255)));
      await writeFile(join(folder, "abc.txt"), "c\nb\na\n");
      expect((await predict(...byRun)).stderr).toContain("KDF_INPUT_CHANGED: ");
      await writeFile(join(folder, "abc.txt"), "a\nb\nc\n");
    });

    it("are read as a graph of TensorFlow.js, whose pixels are not scaled", async () => {
      const args = ["new/1.png", "--json", "--set", "normalize=unit"];
      expect(probabilities(await predict("./graph", ...args))).toEqual(close(expected(1 / 255)));
      const plain = await predict("graph/model.json", "new/1.png");
      expect(plain.stdout).toMatch(/new\/1\.png +a +100\.0 %/);
    });

    it("are refused with what is wrong", async () => {
      await writeFile(join(folder, "cut.onnx"), (await readFile(join(folder, "teacher.onnx"))).subarray(0, 900));
      const graph = linearGraph({ shape: ["N", 192], ...linear("nchw") });
      await writeFile(join(folder, "rows.onnx"), onnxBytes(graph));
      const names = ["--classes", "abc.txt"];
      const cases: readonly (readonly [readonly string[], string, string])[] = [
        [["cut.onnx", "new", ...names], "KDF_INPUT_TRUNCATED", "ends too early"],
        [["none.onnx", "new", ...names], "KDF_INPUT_MISSING_FILE", "none.onnx"],
        [["rows.onnx", "new", ...names], "KDF_TEACHER_SHAPE", "not a batch of images"],
        [["teacher.onnx", "new"], "KDF_INPUT_CLASSES", "--classes names every output"],
        [["teacher.onnx", "new", ...names, "--set", "normalise=unit"], "KDF_CLI_USAGE", 'did you mean "normalize"?'],
        [["teacher.onnx", "new", ...names, "--set", "normalize=most"], "KDF_CLI_USAGE", '"normalize" must'],
        [["latest", "new", "--set", "normalize=unit"], "KDF_CLI_USAGE", "--set has no option to change"],
      ];
      for (const [args, code, text] of cases) {
        const { code: exit, stderr } = await predict(...args);
        expect({ args, exit, stderr }).toMatchObject({ args, exit: 2, stderr: expect.stringContaining(`${code}: `) });
        expect(stderr).toContain(text);
      }
    });
  });
});
