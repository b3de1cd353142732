import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs";
import {
  buildLayersModel,
  type Dataset,
  KdflowError,
  layersModelFiles,
  type ModelDescription,
  type PortValues,
  readModelArtifacts,
  type StageContext,
  type Tf,
} from "../../../core/index.ts";
import { countMultiplyAdds, countParameters } from "../../networks/measures/multiply-adds.ts";
import type { ModelLayersModelOptions } from "../../options.ts";
import { classificationId, classifierOutputs } from "../../tasks/classification/names.ts";
import { type ModelClasses, modelClasses } from "../../teachers/asking/model-classes.ts";
import { bindInput, type ModelInput } from "../../teachers/asking/model-input.ts";
import { type PixelScaling, pixelScaling } from "../../teachers/asking/pixel-scaling.ts";
import { classCountOf } from "../../teachers/asking/settle-output.ts";
import { readTfjsFile, type TfjsFile } from "../../teachers/tfjs/tfjs-file.ts";
import { soleOutput } from "../../teachers/tfjs/tfjs-scorer.ts";
import { bindTopology, withoutSoftmax } from "./layers-topology.ts";

interface LayersModelPlan {
  readonly file: TfjsFile;
  readonly input: ModelInput;
  readonly scaling: PixelScaling;
  readonly classes: ModelClasses | undefined;
}

/** Reads the file and binds what it leaves free. Nothing is loaded. */
export async function planLayersModel(
  options: ModelLayersModelOptions,
  data: readonly string[] | undefined,
  baseDir: string,
): Promise<LayersModelPlan> {
  const file = await readTfjsFile(options.model, baseDir, "layers-model");
  const { path, inputName, inputShape } = file;
  soleOutput(file.outputNames, path, "a model to evaluate or export has one output, the scores");
  const { imageSize } = options;
  const input = bindInput(
    { model: path, name: inputName, shape: inputShape, usualLayout: "nhwc" },
    { layout: "nhwc", ...(imageSize === undefined ? {} : { imageSize }) },
  );
  const scaling = pixelScaling(options.normalize, input.size.channels);
  const own = file.classNames;
  const classes = await modelClasses({ model: path, count: file.classes, file: options.classes, baseDir, own, data });
  return { file, input, scaling, classes };
}

/** Writes the model as a trained one is written: stock files on pixels 0…255 that give logits, and a description. */
export async function importLayersModel(
  options: ModelLayersModelOptions,
  inputs: PortValues,
  context: StageContext,
): Promise<void> {
  context.signal.throwIfAborted();
  const data = inputs["data"] as Dataset | undefined;
  const { file, input, scaling } = await planLayersModel(options, data?.classNames, context.baseDir);
  const { artifacts } = await readModelArtifacts(file.directory, file.name);
  const topology = structuredClone(artifacts.modelTopology) as object;
  bindTopology(topology, file.inputName, input.size);
  if (withoutSoftmax(topology, file.outputNames[0] ?? "")) {
    const message = `the softmax at the end of "${file.path}" is left out: the model gives logits`;
    context.log.info("modelOutput", { message });
  }
  const model = await buildLayersModel(context.tf, { ...artifacts, modelTopology: topology }, file.directory);
  try {
    const count = classesOf(model, file.path);
    const own = file.classNames;
    const request = { model: file.path, count, file: options.classes, baseDir: context.baseDir, own };
    const named = await modelClasses({ ...request, data: data?.classNames });
    if (named === undefined) {
      throw new KdflowError("KDF_INPUT_CLASSES", `nothing names the ${count} classes of "${file.path}"`, {
        hint: "say `classes: names.txt`, or wire the data: `inputs: { data: data }`",
      });
    }
    const whole = withScaling(context.tf, model, scaling);
    const files = await layersModelFiles(whole);
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(context.outputDir, name), bytes);
    const { trainable, all } = countParameters(model);
    const description: ModelDescription = {
      task: classificationId,
      classNames: named.names,
      imageSize: input.size,
      outputs: classifierOutputs(named.names.length),
      trainableParameters: trainable,
      parameters: all,
      multiplyAdds: countMultiplyAdds(model),
      sizeBytes: Object.values(files).reduce((sum, bytes) => sum + bytes.byteLength, 0),
      history: [],
    };
    await writeFile(join(context.outputDir, "description.json"), `${JSON.stringify(description, null, 2)}\n`);
  } finally {
    model.dispose();
  }
}

function classesOf(model: LayersModel, path: string): number {
  const shape = model.outputs[0]?.shape ?? [];
  // the batch is free; whatever stands for it will do
  return classCountOf([1, ...shape.slice(1).map((size) => size ?? 0)], path, model.outputs[0]?.name ?? "output", 1);
}

/** The model with a first layer that scales pixels: a rescaling, or a 1×1 depthwise convolution where channels differ. */
function withScaling(tf: Tf, model: LayersModel, { scale, offset }: PixelScaling): LayersModel {
  const [factor = 1] = scale;
  const [shift = 0] = offset;
  const same = scale.every((each) => each === factor) && offset.every((each) => each === shift);
  if (same && factor === 1 && shift === 0) return model;
  const pixels = tf.input({ shape: model.inputs[0]?.shape.slice(1) ?? [], name: "pixels" });
  const layer = same
    ? tf.layers.rescaling({ name: "normalize", scale: factor, offset: shift })
    : tf.layers.depthwiseConv2d({ name: "normalize", kernelSize: 1, trainable: false });
  const scaled = layer.apply(pixels) as SymbolicTensor;
  if (!same) {
    const kernel = tf.tensor4d([...scale], [1, 1, scale.length, 1]);
    const bias = tf.tensor1d([...offset]);
    layer.setWeights([kernel, bias]);
    kernel.dispose();
    bias.dispose();
  }
  return tf.model({ name: "scaled", inputs: pixels, outputs: model.apply(scaled) as SymbolicTensor });
}
