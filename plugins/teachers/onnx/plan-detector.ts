import { resolve } from "node:path";
import { KdflowError } from "../../../core/index.ts";
import type { TeacherOnnxOptions } from "../../options.ts";
import type { DetectorOutput } from "../../tasks/detection/decoders/decoder.ts";
import { finishedBoxes } from "../../tasks/detection/decoders/recognise.ts";
import { detectionId } from "../../tasks/detection/names.ts";
import { bindInput, type ModelInput } from "../asking/model-input.ts";
import { countClasses } from "../detector/detector-classes.ts";
import { type OnnxFile, readOnnxFile } from "./onnx-file.ts";
import { sizesInput, soleInput } from "./onnx-inputs.ts";
import type { OnnxWorkerData } from "./onnx-protocol.ts";

/** A detector as its file declares it. */
export interface DetectorPlan {
  readonly path: string;
  readonly name: string;
  readonly type: OnnxWorkerData["input"]["type"];
  readonly input: ModelInput;
  readonly file: OnnxFile;
  /** Name of the input for the photos' sizes. */
  readonly sizes: string | undefined;
  /** Classes, where the shapes in the file tell. */
  readonly classes: number | undefined;
}

/**
 * Whether a file is read as a detector: where a decoder is named, where the data wants one, and where outputs are those
 * of no classifier.
 */
export async function isDetector(
  options: TeacherOnnxOptions,
  baseDir: string,
  task: string | undefined,
): Promise<boolean> {
  if (options.decoder !== undefined) return true;
  if (options.outputName !== undefined) return false;
  const file = await readOnnxFile(resolve(baseDir, options.model));
  if (finishedBoxes(declaredOutputs(file)) !== undefined) return task === detectionId || !isBatchOfScores(file);
  const ranks = file.outputs.map(({ shape }) => shape?.length);
  if (ranks.length === 1 && (ranks[0] === 2 || ranks[0] === undefined)) return false;
  if (task === detectionId) return true;
  if (ranks.length === 1) return ranks[0] === 3;
  return ranks.every((rank) => rank === 5) || (ranks.length === 2 && ranks.every((rank) => rank === 3 || rank === 4));
}

/** Whether an output `[batch, …]` has a row for each image, as a classifier of seven classes has. */
function isBatchOfScores({ inputs: [input], outputs: [output] }: OnnxFile): boolean {
  const rows = output?.shape?.[0];
  return output?.shape?.length === 2 && (typeof rows === "number" || rows === input?.shape?.[0]);
}

/** Outputs by the shapes in the file; sizes that are free are 0. */
export function declaredOutputs({ outputs }: OnnxFile): DetectorOutput[] {
  return outputs.map(({ name, shape = [] }) => ({
    name,
    shape: shape.map((side) => (typeof side === "number" ? side : 0)),
    data: new Float32Array(),
  }));
}

/** @throws KDF_TEACHER_SHAPE where the file takes no photos */
export async function planDetector(options: TeacherOnnxOptions, baseDir: string): Promise<DetectorPlan> {
  const path = resolve(baseDir, options.model);
  const file = await readOnnxFile(path);
  const sizes = sizesInput(file);
  const images = { ...file, inputs: file.inputs.filter((each) => each !== sizes) };
  const { name, type, shape } = soleInput(images, path);
  const input = bindInput({ model: path, name, shape, usualLayout: "nchw" }, options);
  if (input.size.channels !== 3) {
    throw new KdflowError("KDF_TEACHER_SHAPE", `"${path}" takes images with ${input.size.channels} channels`, {
      hint: "a detector takes photos of three channels",
    });
  }
  const classes = countClasses(declaredOutputs(file), input.size);
  return { path, name, type, input, file, sizes: sizes?.name, classes };
}
