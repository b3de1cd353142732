import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  type Dataset,
  type Description,
  KdflowError,
  type Log,
  type PlanContext,
  type StageContext,
  type Teacher,
} from "../../../core/index.ts";
import type { TeacherDarknetOptions } from "../../options.ts";
import { detectionId } from "../../tasks/detection/names.ts";
import { detectorClasses } from "../detector/detector-classes.ts";
import { type DetectorFile, readDetectorFile, writeDetectorFile } from "../detector/detector-file.ts";
import { usualReadings } from "../detector/usual-reading.ts";
import { openedDetector, usualTop } from "../onnx/onnx-detector-teacher.ts";
import type { OnnxWorkerData } from "../onnx/onnx-protocol.ts";
import { executionProvider, onnxPackage, onnxRuntime } from "../onnx/onnx-runtime.ts";
import { type DarknetModel, translateDarknet } from "./darknet-model.ts";

/** Bytes of a `.weights` header, at most. */
const headerBytes = 20;

interface DarknetFiles {
  readonly cfg: string;
  readonly weights: string;
}

function filesOf({ model, weights }: TeacherDarknetOptions, baseDir: string): DarknetFiles {
  const cfg = resolve(baseDir, model);
  return { cfg, weights: weights === undefined ? cfg.replace(/\.cfg$/i, ".weights") : resolve(baseDir, weights) };
}

async function translated({ cfg, weights }: DarknetFiles): Promise<DarknetModel & { readonly sizeBytes: number }> {
  const text = await readText(cfg, "`model` is the .cfg, relative to the pipeline file");
  const bytes = await readBytes(
    weights,
    "`weights` is the .weights; by default it lies beside the .cfg under its name",
  );
  return { ...translateDarknet({ file: cfg, text }, { file: weights, bytes }), sizeBytes: bytes.byteLength };
}

async function readText(file: string, hint: string): Promise<string> {
  return Buffer.from(await readBytes(file, hint)).toString("utf8");
}

function readBytes(file: string, hint: string): Promise<Uint8Array> {
  return readFile(file).catch((cause: unknown) => {
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `cannot read "${file}"`, { hint, cause });
  });
}

export async function darknetFingerprint(
  options: TeacherDarknetOptions,
  context: Pick<PlanContext, "baseDir" | "fileDigest">,
): Promise<Readonly<Record<string, string>>> {
  const { cfg, weights } = filesOf(options, context.baseDir);
  // both are looked at here, so that a missing one is told in words
  await translated({ cfg, weights });
  const { version } = await onnxRuntime();
  return {
    cfg: await context.fileDigest(cfg),
    weights: await context.fileDigest(weights),
    ...(options.classes !== undefined && {
      classes: await context.fileDigest(resolve(context.baseDir, options.classes)),
    }),
    runtime: `${onnxPackage} ${version} ${executionProvider}`,
  };
}

async function namesOf(
  { heads }: DarknetModel,
  { classes, model }: TeacherDarknetOptions,
  data: readonly string[] | undefined,
  baseDir: string,
  log?: Pick<Log, "info">,
): Promise<readonly string[]> {
  const count = heads[0]?.classCount ?? 0;
  const names = await detectorClasses({ model, count, file: classes, baseDir, data }, log);
  if (names.length === count) return names;
  throw new KdflowError(
    "KDF_INPUT_CLASSES",
    `"${classes}" names ${names.length} classes, and "${model}" has ${count}`,
    {
      hint: "`classes` names every class of the detector, in its order",
    },
  );
}

export async function describeDarknet(
  options: TeacherDarknetOptions,
  data: readonly string[] | undefined,
  baseDir: string,
): Promise<Description> {
  const model = await translated(filesOf(options, baseDir));
  const { width, height, channels, heads } = model;
  const classNames = await namesOf(model, options, data, baseDir);
  const levels = heads.map((head) => {
    const anchors = head.anchors.map((sides) => sides.join(",")).join(" ");
    return `${head.width}×${head.height} at a stride of ${width / head.width}, anchors ${anchors}`;
  });
  const words = `${width}×${height}, ${options.fit ?? usualReadings.darknet.fit}, cells of ${heads.length} ${heads.length === 1 ? "level" : "levels"}: ${levels.join("; ")}; with objectness`;
  return { task: detectionId, classNames, imageSize: { width, height, channels }, taps: [], words };
}

export async function writeDarknet(
  options: TeacherDarknetOptions,
  data: Dataset | undefined,
  context: StageContext,
): Promise<void> {
  context.signal.throwIfAborted();
  const model = await translated(filesOf(options, context.baseDir));
  const { width, height, channels, heads, sizeBytes, multiplyAdds } = model;
  const { runtime = "", classes: _names, ...files } = await darknetFingerprint(options, context);
  const usual = usualReadings.darknet;
  const rows = heads.reduce((sum, head) => sum + head.anchors.length * head.height * head.width, 0);
  const own = data?.task === detectionId ? data.classNames : undefined;
  await writeDetectorFile(context.outputDir, {
    format: 1,
    task: detectionId,
    files,
    runtime,
    input: {
      name: "images",
      type: "float32",
      layout: "nchw",
      size: { width, height, channels },
      batch: null,
      normalize: usual.normalize,
      channelOrder: usual.channelOrder,
      fit: options.fit ?? usual.fit,
    },
    outputs: heads.map(({ output }) => output),
    decode: { kind: "darknet", heads, width, height },
    top: Math.min(options.top ?? usualTop, rows),
    objectness: true,
    classNames: await namesOf(model, options, own, context.baseDir, context.log),
    parameters: Math.floor((sizeBytes - headerBytes) / 4),
    sizeBytes,
    multiplyAdds,
  });
}

export async function openDarknet(
  directory: string,
  options: TeacherDarknetOptions,
  context: StageContext,
): Promise<Teacher> {
  const detector = await readDetectorFile(directory);
  if (detector === undefined) throw new KdflowError("KDF_STORE_DAMAGED", `"${directory}" holds no detector`);
  const files = filesOf(options, context.baseDir);
  const { onnx } = await translated(files);
  return openedDetector(detector, await workerData(files.weights, onnx, detector));
}

async function workerData(weights: string, bytes: Uint8Array, detector: DetectorFile): Promise<OnnxWorkerData> {
  const { folder } = await onnxRuntime();
  const { height, width, channels } = detector.input.size;
  return {
    runtime: folder,
    model: weights,
    bytes,
    input: { name: "images", type: "float32", size: [height, width, channels], batch: undefined },
    output: detector.outputs[0] ?? "",
    innerTensors: [],
    detector,
  };
}
