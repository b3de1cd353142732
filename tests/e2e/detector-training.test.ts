import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nativeReason } from "../support/backend.ts";
import { eventsOf, kdflow, repository } from "./support/cli.ts";
import { storeContent } from "./support/store-content.ts";

const side = 128;
const images = 8;
const killPlugin = join(repository, "tests/fixtures/kill/kill-plugin.mjs");

const pipeline = `kdflow: 1
name: digits
plugins: [${killPlugin}]
vars: { epochs: 3 }
stages:
  data: { use: voc, root: ./scenes, imageSize: ${side} }
  student:
    use: yolo
    backbone: { use: shufflenet-v2, width: 0.5, stem: imagenet }
    neck: { use: pan-lite, width: 0.5 }
    anchors: auto
  loss: { yolov7: { weight: 1, rescale: false } }
  train:
    epochs: $vars.epochs
    batchSize: 8
    optimizer: { use: adam, learningRate: 0.004 }
    ema: { decay: 0.9 }
  evaluate: detection
  export: layers-model
`;

let folder: string;
let reason: string | undefined;

beforeAll(async () => {
  reason = await nativeReason();
  folder = await mkdtemp(join(tmpdir(), "kdflow-detector-"));
  const scenes = join(folder, "scenes");
  const script = join(repository, "scripts/digits-scenes.mjs");
  // a fifth of the training scenes is for validation
  const asked = ["--format", "voc", "--train", "10", "--test", "2", "--side", String(side)];
  await promisify(execFile)(process.execPath, [script, "--out", scenes, ...asked]);
  await writeFile(join(folder, "digits.yaml"), pipeline);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const backend = (): string[] => ["--backend", reason === undefined ? "tensorflow" : "wasm"];

const isPicture = (name: string): boolean => name.endsWith(".png");

describe("a detector on scenes of digits", () => {
  // natively killed now and then, for a reason that is not known yet; the next try resumes
  it("learns eight images by heart, captured, and finds their boxes when it is asked", {
    retry: 2,
    timeout: 600_000,
  }, async () => {
    const overfit = ["--overfit", String(images)];
    const run = await kdflow(["run", "digits.yaml", "--json", ...overfit, ...backend()], { cwd: folder });
    expect(run.code, run.stderr).toBe(0);
    const events = eventsOf(run);
    const modes = events
      .filter(({ event }) => event === "log")
      .flatMap(({ name, data }) => {
        return name === "stepMode" ? [(data as { mode: string }).mode] : [];
      });
    expect(modes).toEqual([reason === undefined ? "captured" : "eager"]);
    const epochs = events.filter(({ event }) => event === "epochEnd") as unknown as {
      values: Record<string, number>;
    }[];
    expect(epochs).toHaveLength(240);
    for (const { values } of epochs) {
      const part = (name: string): number => values[`yolov7/${name}`] ?? Number.NaN;
      const sum = 0.05 * part("box") + 0.5 * part("class") + part("objectness");
      expect(Math.abs(sum / (values["yolov7"] ?? 0) - 1)).toBeLessThan(1e-4);
      expect(part("positives")).toBeGreaterThanOrEqual(images);
    }
    const { metrics } = events.at(-1) as unknown as {
      metrics: { evaluate: { rows: { role: string; metrics: Record<string, { mean: number }> }[] } };
    };
    const [student] = metrics.evaluate.rows;
    expect(student?.metrics["AP50"]?.mean).toBeGreaterThanOrEqual(0.95);

    const photo = join(folder, "scenes/JPEGImages/train-00003.png");
    const told = await kdflow(["predict", "latest", photo, "--json", ...backend()], { cwd: folder });
    expect(told.code, told.stderr).toBe(0);
    const prediction = eventsOf(told).find(({ event }) => event === "prediction") as unknown as {
      boxes: { class: string; box: [number, number, number, number] }[];
    };
    const xml = await readFile(join(folder, "scenes/Annotations/train-00003.xml"), "utf8");
    const objects = [...xml.matchAll(/<name>(.*?)<.*?<xmin>(\d+)<.*?<ymin>(\d+)<.*?<xmax>(\d+)<.*?<ymax>(\d+)</g)];
    expect(prediction.boxes.map((box) => box.class).sort()).toEqual(objects.map(([, name]) => name).sort());
  });

  it("ends in the same bytes after kill -9 in its second epoch", async () => {
    const args = ["run", "digits.yaml", "--json", ...backend()];
    const undisturbed = join(folder, "undisturbed");
    const killed = join(folder, "killed");
    const whole = await kdflow([...args, "--store", join(undisturbed, ".kdflow")], { cwd: folder });
    expect(whole.code, whole.stderr).toBe(0);
    const cut = await kdflow([...args, "--store", join(killed, ".kdflow")], {
      cwd: folder,
      env: { KDFLOW_TEST_KILL: "epochEnd:train:2" },
    });
    expect(cut.signal, cut.stderr).toBe("SIGKILL");
    const resumed = await kdflow([...args, "--store", join(killed, ".kdflow")], { cwd: folder });
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stdout).toContain("resumed from the checkpoint after 2 of 3 epochs");
    expect(await storeContent(killed)).toEqual(await storeContent(undisturbed));

    const told = eventsOf(whole).flatMap(({ event, name, data }) =>
      event === "log" && (name === "firstBatches" || name === "worstPhotos") ? [(data as { file: string }).file] : [],
    );
    expect(told).toHaveLength(2);
    const collected = await kdflow(
      ["cache", "gc", "--keep", "1", "--yes", "--json", "--store", join(undisturbed, ".kdflow")],
      { cwd: folder },
    );
    expect(collected.code, collected.stderr).toBe(0);
    expect(eventsOf(collected).at(-1)).toMatchObject({ event: "cacheGc", removed: [] });
    for (const file of told) expect(basename(file), file).toBe((await readdir(dirname(file))).find(isPicture));
  }, 600_000);
});
