import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, vi } from "vitest";
import { parse } from "yaml";
import { openSession, type Session } from "../../core/run/session.ts";
import { builtins } from "../../plugins/index.ts";
import { sharedFile } from "../unit/tasks/detection/shared-data.ts";
import { writeDetectorFiles } from "./detector-files.ts";
import { writeTinyMnist } from "./mnist.ts";
import { writeOwnFiles } from "./own-files.ts";
import { trainingPhotos } from "./own-photos.ts";

interface Recipe {
  readonly vars?: Readonly<Record<string, unknown>>;
  /** Left out by a recipe that only changes its base's values. */
  readonly stages?: Readonly<Record<string, { readonly mix?: readonly number[] }>>;
}

const pipelines = join(import.meta.dirname, "../../pipelines");
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
  "detection/from-scratch/photos-of-cells.yaml": { cells: "photos/blood-cells/BCCD" },
  "detection/evaluate-darknet-on-voc.yaml": {
    root: "photos/voc100/data/database",
    model: "models/mobilenetv2-yolov3-nano-voc-darknet/MobileNetV2-YOLOv3-Nano-voc.cfg",
  },
  "detection/mobilenet-v3-from-yolov4.yaml": {
    model: "models/yolo-fastest-darknet/yolo-fastest-1.1.cfg",
    names: "models/yolo-fastest-darknet/coco.names",
  },
  "detection/shufflenet-v2-from-yolox-nano.yaml": {
    root: "photos/fruit",
    model: "models/yolox-nano-onnx/yolox_nano.onnx",
  },
  "classification/weights/mobilenet-v1-on-clothes.yaml": {
    clothes: "classification/clothing-128/train",
    teacherWeights: "classification/mobilenetv1-0.75-imagenet-tfjs/model.json",
  },
};

/** What makes two steps of the real photos that recipes are tried on. */
const sharedSteps: Readonly<Record<string, readonly string[]>> = {
  "detection/evaluate-darknet-on-voc.yaml": [
    'stages.data.train="*"',
    "stages.data.test=0.2",
    "stages.evaluate.latencyRuns=1",
  ],
  "classification/weights/mobilenet-v1-on-clothes.yaml": [
    `stages.data.limit=${2 * smallBatch}`,
    "stages.data.imageSize=32",
    // a teacher of one epoch knows nothing, and is refused where validation photos show it
    "stages.data.validation=0",
    "stages.data.test=0.2",
  ],
  "detection/from-scratch/photos-of-cells.yaml": [`stages.data.limit=${2 * smallBatch}`],
  "detection/shufflenet-v2-from-yolox-nano.yaml": ["stages.data.limit=40", "stages.data.validation=0.25"],
  // those that answer the same for every photo find nothing either
  "detection/mobilenet-v2-from-yolov7.yaml": ["stages.data.validation=0"],
  "detection/shufflenet-v2-from-yolov5.yaml": ["stages.data.validation=0"],
  "detection/mobilenet-v2-from-rf-detr.yaml": ["stages.data.validation=0"],
  "detection/voc0712-mobilenet-v2-from-yolov5.yaml": ["stages.data.validation=0"],
  "detection/mobilenet-v3-from-yolov4.yaml": ["stages.data.limit=44", "stages.data.validation=0"],
  "detection/shufflenet-v2-from-coco-results.yaml": ["stages.data.validation=0"],
  // a detector of one epoch finds nothing, and is refused where validation photos show it
  "detection/shufflenet-v2-from-yolov7-tiny.yaml": ["stages.data.validation=0"],
};

/** Why a recipe cannot be tried here; empty where it can. */
export function missingFor(name: string): string {
  const found = Object.values(sharedVars[name] ?? {}).map((path) => sharedFile(path).missing);
  return found.find((missing) => missing !== "") ?? "";
}

/** All recipes, by their paths in `pipelines`. */
export const recipeNames: readonly string[] = (await readdir(pipelines, { recursive: true }))
  .filter((name) => name.endsWith(".yaml"))
  .sort();

/** One recipe of each folder, which is a method of a task; the others differ in networks or data. */
export const recipeOfEachMethod: readonly string[] = [
  ...new Map(recipeNames.toReversed().map((name) => [dirname(name), name])).values(),
];

export async function readRecipe(name: string): Promise<{ text: string; recipe: Recipe }> {
  const text = await readFile(join(pipelines, name), "utf8");
  return { text, recipe: parse(text) as Recipe };
}

/** Networks whose backbone has a depth are made small. */
function shallow(stage: string, network: unknown): string[] {
  return JSON.stringify(network).includes('"depth":') ? [`stages.${stage}.network.backbone.depth=8`] : [];
}

/** Small data of every sort, on which recipes run. */
export interface RecipeFolder {
  open(name: string, set: readonly string[], training?: (unit: string, total: number) => void): Promise<Session>;
  /** The `--set` values of a person whose files lie elsewhere. */
  ownFiles(recipe: Recipe, name: string): readonly string[];
  /** Runs a recipe from end to end on a few real images, for two steps, and expects it to succeed. */
  expectToRun(name: string): Promise<void>;
}

/** Makes the data before a file's tests, and removes it after them. */
export function recipeFolder(): RecipeFolder {
  let folder: string;
  let own: Readonly<Record<string, string>>;
  let detectors: Readonly<Record<string, string>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kdflow-recipes-"));
    await writeTinyMnist(join(folder, "mnist"), { train: smallImages, test: 10 });
    detectors = await writeDetectorFiles(join(folder, "detectors"), smallImages);
    own = { ...(await writeOwnFiles(join(folder, "own"), join(folder, "mnist"), smallImages)), ...detectors };
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const open: RecipeFolder["open"] = (name, set, training = () => undefined) =>
    openSession({
      file: join(pipelines, name),
      builtins: [builtins],
      set,
      storeDir: join(folder, "store", name),
      observe: (hooks) =>
        hooks.progress.tap("test", ({ stage, unit, total }) => stage === "train" && training(unit, total)),
    });

  const ownFiles: RecipeFolder["ownFiles"] = ({ vars = {} }, name) => {
    const shared = Object.entries(sharedVars[name] ?? {}).map(([key, path]) => `vars.${key}=${sharedFile(path).path}`);
    const { studentWeights = "", studentSha256 = "" } = own;
    const files = shared.length > 0 ? { ...detectors, studentWeights, studentSha256 } : own;
    return [
      ...Object.entries(files).flatMap(([variable, path]) => (variable in vars ? [`vars.${variable}=${path}`] : [])),
      ...shared,
    ];
  };

  const expectToRun: RecipeFolder["expectToRun"] = async (name) => {
    const { recipe } = await readRecipe(name);
    if (!captured.includes(name)) vi.stubEnv("KDFLOW_STEP", "eager");
    const { pipeline } = await open(name, []);
    const photos = "photos" in (recipe.vars ?? {});
    const set = pipeline.stages.flatMap(({ kind, name: stage, registered, options }) => {
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
        return [`stages.${stage}.epochs=1`, ...shallow(stage, options["network"])];
      return [];
    });
    const size = "imageSize" in (recipe.vars ?? {}) ? ["vars.imageSize=32"] : [];
    const steps = new Set<number>();
    const session = await open(
      name,
      [...ownFiles(recipe, name), ...size, ...set, ...(sharedSteps[name] ?? [])],
      (unit, total) => unit === "steps" && steps.add(total),
    );
    const outcome = await session.run();
    expect(outcome.error).toBeUndefined();
    expect(outcome.status).toBe("ok");
    expect([...steps]).toEqual(pipeline.stages.some(({ kind }) => kind === "train") ? [2] : []);
  };

  return { open, ownFiles, expectToRun };
}
