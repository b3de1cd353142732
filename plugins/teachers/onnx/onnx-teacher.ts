import { resolve } from "node:path";
import { type Dataset, KdflowError, type StageContext, type Teacher } from "../../../core/index.ts";
import type { TeacherOnnxOptions } from "../../options.ts";
import {
  fileTeacher,
  type PixelReading,
  readTeacherFile,
  type ScoringModel,
  writeTeacherFile,
} from "../asking/file-teacher.ts";
import { bindInput, type ModelInput } from "../asking/model-input.ts";
import { type Normalize, normalizeText, pixelScaling, usualNormalize } from "../asking/pixel-scaling.ts";
import { classCountOf, scoreAxes, settleOutput, wrongOutput } from "../asking/settle-output.ts";
import { measureTaps } from "./measure-taps.ts";
import { executionProviderFor } from "./onnx-device.ts";
import { type OnnxFile, type OnnxValue, readOnnxFile } from "./onnx-file.ts";
import { onnxFingerprint } from "./onnx-fingerprint.ts";
import { soleInput } from "./onnx-inputs.ts";
import type { OnnxWorkerData } from "./onnx-protocol.ts";
import { onnxRuntime } from "./onnx-runtime.ts";
import { type OnnxSession, openOnnxSession } from "./onnx-session.ts";
import { findTaps, type OnnxTap } from "./onnx-taps.ts";

type ElementType = OnnxWorkerData["input"]["type"];

/** What an ONNX file and the options say together, before it is loaded. */
export interface OnnxPlan {
  readonly path: string;
  readonly name: string;
  readonly type: ElementType;
  readonly input: ModelInput;
  readonly normalize: Normalize;
  readonly reading: PixelReading;
  readonly output: OnnxValue;
  /** Classes, where the file says how many. */
  readonly classes: number | undefined;
  /** Inner tensors by tap. */
  readonly taps: Readonly<Record<string, OnnxTap>>;
  /** Tensors of taps that are no outputs of the file. */
  readonly innerTensors: readonly string[];
}

/**
 * Reads the file and binds what it leaves free.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_TRUNCATED, KDF_INPUT_FORMAT, KDF_TEACHER_SHAPE, KDF_PLAN_OPTIONS
 */
export async function planOnnx(options: TeacherOnnxOptions, baseDir: string): Promise<OnnxPlan> {
  const path = resolve(baseDir, options.model);
  const file = await readOnnxFile(path);
  const { name, type, shape } = soleInput(file, path);
  const input = bindInput({ model: path, name, shape, usualLayout: "nchw" }, options);
  const normalize = options.normalize ?? usualNormalize(input.size.channels, type);
  if (type === "uint8" && normalize !== "none") {
    throw new KdflowError(
      "KDF_PLAN_OPTIONS",
      `\`normalize: ${normalizeText(normalize)}\` cannot be applied: "${path}" takes pixels as integers`,
      { hint: "leave `normalize` out: a model on uint8 normalises inside" },
    );
  }
  const output = chosenOutput(file, path, options.outputName);
  const [classes, ...others] = scoreAxes(output.shape ?? []);
  if (output.shape !== undefined && (output.shape.length < 2 || others.length > 0)) {
    throw wrongOutput(path, output.name, output.shape);
  }
  const taps = findTaps(file, path, options.taps);
  const tapped = new Set(Object.values(taps).map(({ tensor }) => tensor));
  return {
    path,
    name,
    type,
    input,
    normalize,
    reading: {
      layout: input.layout,
      channelOrder: options.channelOrder ?? "rgb",
      scaling: pixelScaling(normalize, input.size.channels),
    },
    output,
    classes: typeof classes === "number" && classes > 0 ? classes : undefined,
    taps,
    innerTensors: [...tapped].filter((tensor) => !file.outputs.some((given) => given.name === tensor)),
  };
}

function chosenOutput({ outputs }: OnnxFile, path: string, wanted: string | undefined): OnnxValue {
  const names = outputs.map(({ name }) => name);
  const found = wanted === undefined ? outputs : outputs.filter(({ name }) => name === wanted);
  const [output, ...others] = found;
  if (output !== undefined && others.length === 0) return output;
  const what = wanted === undefined ? `has ${outputs.length} outputs` : `has no output "${wanted}"`;
  throw new KdflowError("KDF_PLAN_OPTIONS", `"${path}" ${what}`, {
    hint: `say which one holds the scores, \`outputName: ${names[0]}\`; allowed: ${names.join(", ")}`,
  });
}

/** Loads the model once, looks at its answers, and writes what decides them. */
export async function writeOnnxTeacher(
  options: TeacherOnnxOptions,
  data: Dataset | undefined,
  context: StageContext,
): Promise<void> {
  context.signal.throwIfAborted();
  const plan = await planOnnx(options, context.baseDir);
  const { path, name, type, input, normalize, reading, output } = plan;
  const { runtime, ...files } = await onnxFingerprint(options, context);
  const session = await openOnnxSession(await workerData(plan, options));
  try {
    const settled = await settleOutput(
      {
        model: path,
        outputName: output.name,
        size: input.size,
        wanted: options.output,
        classes: options.classes,
        data,
        label: (pixels, count) => session.label(pixels, count, reading),
      },
      context,
    );
    const taps = await measureTaps(session, plan, context);
    const { layout, eitherLayout, size, batch } = input;
    const { classes: _names, ...modelFiles } = files as Record<string, string>;
    await writeTeacherFile(context.outputDir, {
      format: 1,
      files: modelFiles,
      runtime: runtime ?? "",
      input: {
        name,
        type,
        layout,
        eitherLayout,
        size,
        batch: batch ?? null,
        normalize,
        channelOrder: options.channelOrder ?? "rgb",
      },
      output: { name: output.name, scores: settled.scores },
      classNames: settled.classNames,
      ...(taps === undefined ? {} : { taps }),
    });
  } finally {
    session.close();
  }
}

export async function openOnnxTeacher(
  directory: string,
  options: TeacherOnnxOptions,
  context: StageContext,
): Promise<Teacher> {
  const file = await readTeacherFile(directory);
  const plan = await planOnnx(options, context.baseDir);
  const session = await openOnnxSession(await workerData(plan, options));
  return fileTeacher(file, scoringModel(session, plan));
}

function scoringModel(session: OnnxSession, { path, output, taps }: OnnxPlan): ScoringModel {
  return {
    worksApart: true,
    async scores(pixels, count, reading) {
      const { scores, shape } = await session.label(pixels, count, reading);
      classCountOf(shape, path, output.name, count);
      return scores;
    },
    async scoresWithFeatures(pixels, count, reading, names) {
      const asked = names.flatMap((name) => taps[name] ?? []);
      const { scores, shape, features } = await session.label(pixels, count, reading, asked);
      classCountOf(shape, path, output.name, count);
      const byName = names.map((name, place) => [name, features[place]?.values ?? new Float32Array()] as const);
      return { scores, features: Object.fromEntries(byName) };
    },
    dispose: () => session.close(),
  };
}

async function workerData(
  { path, name, type, input, output, innerTensors }: OnnxPlan,
  { device }: TeacherOnnxOptions,
): Promise<OnnxWorkerData> {
  const runtime = await onnxRuntime();
  const provider = await executionProviderFor(device, runtime);
  const { height, width, channels } = input.size;
  return {
    runtime: runtime.folder,
    provider,
    model: path,
    input: { name, type, size: [height, width, channels], batch: input.batch },
    output: output.name,
    innerTensors,
  };
}
