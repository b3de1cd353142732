import { readFile, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import type { GraphModel, io, Tensor } from "@tensorflow/tfjs";
import {
  type Dataset,
  type Description,
  KdflowError,
  loadLayersModel,
  type ModelDescription,
  type PlanContext,
  type PortDescriptions,
  readModelArtifacts,
  type StageContext,
  type Teacher,
  type Tf,
} from "../../../core/index.ts";
import { countMultiplyAdds, countParameters } from "../../networks/measures/multiply-adds.ts";
import type { TeacherGraphModelOptions, TeacherLayersModelOptions } from "../../options.ts";
import { classificationId, classifierOutputs } from "../../tasks/classification/names.ts";
import {
  fileTeacher,
  type PixelReading,
  readingOf,
  readTeacherFile,
  type TeacherFile,
  writeTeacherFile,
} from "../asking/file-teacher.ts";
import { modelClasses } from "../asking/model-classes.ts";
import { bindInput, type ModelInput } from "../asking/model-input.ts";
import { pixelScaling } from "../asking/pixel-scaling.ts";
import { settleOutput } from "../asking/settle-output.ts";
import { countGraphMultiplyAdds } from "./graph-multiply-adds.ts";
import { assertWeightFiles, readTfjsFile, type TfjsFile, tfjsFingerprint } from "./tfjs-file.ts";
import { createScorer, type LoadedModel, modelInputOf, scoreOnce, soleOutput } from "./tfjs-scorer.ts";

export type TfjsOptions = TeacherLayersModelOptions &
  Pick<TeacherGraphModelOptions, "outputName" | "decoder" | "fit" | "outputNames" | "score" | "top">;
export type TfjsFormat = "layers-model" | "graph-model";

interface TfjsPlan {
  readonly file: TfjsFile;
  readonly input: ModelInput;
  readonly reading: PixelReading;
}

/** Reads the file and binds what it leaves free. Nothing is loaded. */
async function planTfjs(options: TfjsOptions, format: TfjsFormat, baseDir: string): Promise<TfjsPlan> {
  const file = await readTfjsFile(options.model, baseDir, format);
  const { path, inputName, inputShape } = file;
  const shape = inputShape?.map((size) => (size === -1 ? null : size));
  const input = bindInput({ model: path, name: inputName, shape, usualLayout: "nhwc" }, options);
  const scaling = pixelScaling(options.normalize, input.size.channels);
  if (format === "layers-model") soleOutput(file.outputNames, path, "a teacher has one output, the scores");
  return { file, input, reading: { layout: input.layout, channelOrder: options.channelOrder, scaling } };
}

export async function describeTfjs(
  options: TfjsOptions,
  format: TfjsFormat,
  inputs: PortDescriptions,
  { baseDir }: PlanContext,
): Promise<Description> {
  const { file, input } = await planTfjs(options, format, baseDir);
  await assertWeightFiles(file);
  const classes = await modelClasses({
    model: file.path,
    count: file.classes,
    file: options.classes,
    baseDir,
    own: file.classNames,
    data: inputs["data"]?.[0]?.classNames,
  });
  return { classNames: classes?.names, imageSize: input.size };
}

export async function fingerprintTfjs(
  options: TfjsOptions,
  format: TfjsFormat,
  context: PlanContext,
): Promise<Readonly<Record<string, string>>> {
  return tfjsFingerprint(await readTfjsFile(options.model, context.baseDir, format), options.classes, context);
}

/** Loads the model once, looks at its answers, and writes what decides them. */
export async function writeTfjsTeacher(
  options: TfjsOptions,
  format: TfjsFormat,
  data: Dataset | undefined,
  context: StageContext,
): Promise<void> {
  context.signal.throwIfAborted();
  const { file, input, reading } = await planTfjs(options, format, context.baseDir);
  const { tf } = context;
  const { model } = await loadModel(tf, file, format, options.outputName);
  try {
    const outputName = options.outputName ?? file.outputNames[0] ?? "output";
    const settled = await settleOutput(
      {
        model: file.path,
        outputName,
        size: input.size,
        wanted: options.output,
        classes: options.classes,
        own: file.classNames,
        data,
        label: (pixels, count) => scoreOnce(tf, model, { pixels, count }, input, reading),
      },
      context,
    );
    const { classes: _names, names: _own, ...files } = await tfjsFingerprint(file, options.classes, context);
    const { layout, eitherLayout, size, batch } = input;
    await writeTeacherFile(context.outputDir, {
      format: 1,
      files,
      runtime: "tfjs",
      input: {
        name: file.inputName,
        type: file.inputType,
        layout,
        eitherLayout,
        size,
        batch: batch ?? null,
        normalize: options.normalize,
        channelOrder: options.channelOrder,
      },
      output: { name: outputName, scores: settled.scores },
      classNames: settled.classNames,
    });
  } finally {
    model.dispose();
  }
}

export async function openTfjsTeacher(
  directory: string,
  options: TfjsOptions,
  format: TfjsFormat,
  context: StageContext,
): Promise<Teacher> {
  const teacher = await readTeacherFile(directory);
  const file = await readTfjsFile(options.model, context.baseDir, format);
  const { model, cost, size } = await loadModel(context.tf, file, format, options.outputName);
  const graphCost = size && { ...size, ...(await graphProducts(context.tf, model, teacher)) };
  const scorer = createScorer(context.backend, context.log, model, teacher);
  const { classNames, input } = teacher;
  const description: ModelDescription | undefined =
    cost === undefined
      ? undefined
      : {
          task: classificationId,
          classNames,
          imageSize: input.size,
          outputs: classifierOutputs(classNames.length),
          ...cost,
          history: [],
        };
  return { ...fileTeacher(teacher, scorer), description, cost: graphCost };
}

/** Multiply-adds of one image, where they can be counted. */
async function graphProducts(tf: Tf, model: LoadedModel, file: TeacherFile): Promise<{ multiplyAdds?: number }> {
  const { size, batch } = file.input;
  const { height, width, channels } = size;
  const count = batch ?? 1;
  const products = await countGraphMultiplyAdds(tf, () => {
    const pixels = tf.zeros([count, height, width, channels], "int32");
    return model.apply(modelInputOf(tf, pixels, readingOf(file), model.inputType));
  });
  return products === undefined ? {} : { multiplyAdds: products / count };
}

/** A graph model by its JSON file, or the folder of it. */
export async function recogniseGraphModel(path: string): Promise<{ readonly model: string } | undefined> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  const model = isFolder ? join(path, "model.json") : path;
  if (extname(model) !== ".json") return undefined;
  try {
    const { format } = JSON.parse(await readFile(model, "utf8")) as { readonly format?: unknown };
    return format === "graph-model" ? { model } : undefined;
  } catch {
    return undefined;
  }
}

/** All weights that a graph holds, and its bytes. */
type GraphSize = Pick<ModelDescription, "parameters" | "sizeBytes">;
type Cost = Pick<ModelDescription, "trainableParameters" | "parameters" | "multiplyAdds" | "sizeBytes">;

async function loadModel(
  tf: Tf,
  file: TfjsFile,
  format: TfjsFormat,
  outputName: string | undefined,
): Promise<{ readonly model: LoadedModel; readonly cost?: Cost | undefined; readonly size?: GraphSize }> {
  const { directory, name, inputType } = file;
  const read = await readModelArtifacts(directory, name);
  const weightBytes = [read.artifacts.weightData ?? []].flat().reduce((sum, bytes) => sum + bytes.byteLength, 0);
  const sizeBytes = weightBytes + JSON.stringify(read.json).length;
  if (format === "graph-model") {
    const numbers = ({ shape }: io.WeightsManifestEntry): number => shape.reduce((product, side) => product * side, 1);
    // whole numbers are shapes and axes of operations
    const weights = (read.artifacts.weightSpecs ?? []).filter(({ dtype }) => dtype === "float32");
    const parameters = weights.reduce((sum, spec) => sum + numbers(spec), 0);
    return { model: await graphModel(tf, file, read.artifacts, outputName), size: { parameters, sizeBytes } };
  }
  const layers = await loadLayersModel(tf, directory, name);
  const { trainable, all } = countParameters(layers);
  const isBound = layers.inputs[0]?.shape.slice(1).every((size) => size !== null) === true;
  return {
    model: { inputType, apply: (input) => layers.apply(input) as Tensor, dispose: () => layers.dispose() },
    cost: isBound
      ? { trainableParameters: trainable, parameters: all, multiplyAdds: countMultiplyAdds(layers), sizeBytes }
      : undefined,
  };
}

async function graphModel(
  tf: Tf,
  { path, inputName, inputType }: TfjsFile,
  artifacts: io.ModelArtifacts,
  outputName: string | undefined,
): Promise<LoadedModel> {
  const loaded: GraphModel = await tf.loadGraphModel({ load: async () => artifacts }).catch((cause: unknown) => {
    throw new KdflowError("KDF_INPUT_FORMAT", `TensorFlow.js cannot build the graph in "${path}"`, {
      hint: "convert the SavedModel again with tensorflowjs_converter",
      cause,
    });
  });
  const names = loaded.outputs.map(({ name }) => name);
  const hint = `say which one holds the scores: \`outputName: ${names[0]}\``;
  const output = outputName ?? soleOutput(names, path, hint);
  return {
    inputType,
    apply(input) {
      try {
        return loaded.execute({ [loaded.inputs[0]?.name ?? inputName]: input }, output) as Tensor;
      } catch (cause) {
        throw new KdflowError(
          "KDF_TEACHER_OPERATOR",
          `TensorFlow.js cannot run "${path}": ${(cause as Error).message}`,
          {
            hint: "the graph may use operators that TensorFlow.js has not, or control flow; convert another export of it",
            cause,
          },
        );
      }
    },
    dispose: () => loaded.dispose(),
  };
}
