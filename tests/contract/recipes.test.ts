import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { openSession } from "../../core/run/session.ts";
import { builtins } from "../../plugins/index.ts";
import { writeTinyMnist } from "../support/mnist.ts";
import { writeOwnFiles } from "../support/own-files.ts";
import { trainingPhotos } from "../support/own-photos.ts";
import { sharedFile } from "../unit/tasks/detection/shared-data.ts";

interface Recipe {
  readonly vars?: Readonly<Record<string, unknown>>;
  /** Left out by a recipe that only changes its base's values. */
  readonly stages?: Readonly<Record<string, { readonly mix?: readonly number[] }>>;
}

const pipelines = join(import.meta.dirname, "../../pipelines");
const recipes = (await readdir(pipelines, { recursive: true })).filter((name) => name.endsWith(".yaml"));
const headings = ["Data", "Hardware", "Wall time", "Expected", "Run"];
/** Digits, or other small images, that a data set has: two batches of this many are all that are trained on. */
const smallImages = 40;
const smallBatch = 24;
/** Recipes whose steps are captured. Those of the others are much the same, and to capture them takes longer than two steps. */
const captured = ["quickstart.yaml"];

/** Real photos and detectors that recipes are tried on; without them these recipes are skipped. */
const sharedVars: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "detection/evaluate-yolox-on-coco128.yaml": {
    root: "photos/coco128-val",
    model: "models/yolox-nano-onnx/yolox_nano.onnx",
  },
  "detection/evaluate-darknet-on-voc.yaml": {
    root: "photos/voc100/data/database",
    model: "models/mobilenetv2-yolov3-nano-voc-darknet/MobileNetV2-YOLOv3-Nano-voc.cfg",
  },
};

/** Why a recipe cannot be tried here. */
const missingFor = (name: string): string =>
  Object.values(sharedVars[name] ?? {})
    .map((path) => sharedFile(path).missing)
    .find((missing) => missing !== "") ?? "";

let folder: string;
let own: Readonly<Record<string, string>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-recipes-"));
  await writeTinyMnist(join(folder, "mnist"), { train: smallImages, test: 10 });
  own = await writeOwnFiles(join(folder, "own"), join(folder, "mnist"), smallImages);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** The `--set` values of a person whose files lie elsewhere. */
function ownFiles({ vars = {} }: Recipe, name: string): string[] {
  const shared = Object.entries(sharedVars[name] ?? {}).map(([key, path]) => `vars.${key}=${sharedFile(path).path}`);
  if (shared.length > 0) return shared;
  return Object.entries(own).flatMap(([name, path]) => (name in vars ? [`vars.${name}=${path}`] : []));
}

describe.each(recipes)("the recipe %s", (name) => {
  const missing = missingFor(name);
  const open = (set: readonly string[], training: (unit: string, total: number) => void = () => undefined) =>
    openSession({
      file: join(pipelines, name),
      builtins: [builtins],
      set,
      storeDir: join(folder, "store", name),
      observe: (hooks) =>
        hooks.progress.tap("test", ({ stage, unit, total }) => stage === "train" && training(unit, total)),
    });
  const read = async (): Promise<{ text: string; recipe: Recipe }> => {
    const text = await readFile(join(pipelines, name), "utf8");
    return { text, recipe: parse(text) as Recipe };
  };

  it.skipIf(missing !== "")(`validates and plans ${missing}`, async () => {
    const session = await open(ownFiles((await read()).recipe, name));
    await session.check();
    expect((await session.plan()).stages.length).toBeGreaterThan(0);
  });

  it.runIf(name.startsWith("classification"))("says in its head what it is and what to expect", async () => {
    const [schema, ...lines] = (await read()).text.split("\n");
    expect(schema).toMatch(/^# yaml-language-server: \$schema=(\.\.\/)+schemas\/pipeline\.schema\.json$/);
    const head = lines.slice(0, lines.indexOf("kdflow: 1"));
    const said = head.flatMap((line) => /^# ([A-Z][a-z ]+): \S/.exec(line)?.[1] ?? []);
    const isTrained = (await open([])).pipeline.stages.some(({ kind }) => kind === "train");
    expect(said).toEqual([...(isTrained ? [expect.stringMatching(/^Papers?$/)] : []), ...headings]);
    const command = head.find((line) => line.startsWith("# Run: ")) ?? "";
    if (!command.includes("npm run")) expect(command).toContain(`kdflow run pipelines/${name}`);
  });

  it.skipIf(missing !== "")(`runs from end to end on a few real images, for two steps ${missing}`, async () => {
    const { recipe } = await read();
    if (!captured.includes(name)) vi.stubEnv("KDFLOW_STEP", "eager");
    const { pipeline } = await open([]);
    const photos = "photos" in (recipe.vars ?? {});
    const set = pipeline.stages.flatMap(({ kind, name: stage, registered }) => {
      if (registered.provider.id === "mnist")
        return [`stages.${stage}.root=${join(folder, "mnist")}`, `stages.${stage}.limit=${smallImages}`];
      // a teacher of one epoch is sure of nothing
      if (registered.provider.id === "pseudo-labels" && !photos) return [`stages.${stage}.minScore=0`];
      if (kind === "train") {
        const sources = (recipe.stages?.[stage]?.mix ?? [1]).reduce((sum, part) => sum + part, 0);
        const batch = sources * (photos ? trainingPhotos / 2 : smallBatch);
        return [`stages.${stage}.epochs=1`, `stages.${stage}.seeds=1`, `stages.${stage}.batchSize=${batch}`];
      }
      if (kind === "evaluate") return [`stages.${stage}.require={}`, `stages.${stage}.latencyRuns=1`];
      if (kind === "teacher" && registered.provider.id === "train")
        return [`stages.${stage}.epochs=1`, `stages.${stage}.network.backbone.depth=8`];
      return [];
    });
    const size = "imageSize" in (recipe.vars ?? {}) ? ["vars.imageSize=32"] : [];
    const steps = new Set<number>();
    const session = await open(
      [...ownFiles(recipe, name), ...size, ...set],
      (unit, total) => unit === "steps" && steps.add(total),
    );
    const outcome = await session.run();
    expect(outcome.error).toBeUndefined();
    expect(outcome.status).toBe("ok");
    expect([...steps]).toEqual(pipeline.stages.some(({ kind }) => kind === "train") ? [2] : []);
  });
});
