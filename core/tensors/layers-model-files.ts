import { join } from "node:path";
import type { io, LayersModel } from "@tensorflow/tfjs";
import type { Tf } from "../contracts/backend.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { readRegularFile, UnfitFileError } from "../store/regular-file.ts";
import { withKnownNames } from "./layers-topology.ts";
import { modelJsonProblem } from "./model-json.ts";

const modelFile = "model.json";
const weightsFile = "weights.bin";
/** What Node reads into one buffer. */
const largestFile = 2 ** 32 - 1;
const bytesOfType: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1, complex64: 8 };

/** What stock `model.json` files hold, as far as it is read here. */
interface ModelJson {
  readonly format?: string;
  readonly generatedBy?: string;
  readonly convertedBy?: string | null;
  readonly modelTopology: object;
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly io.WeightsManifestEntry[];
  }[];
}

/**
 * Writes a model as the stock files `model.json` and `weights.bin`, which `tf.loadLayersModel` reads anywhere.
 * The bytes depend on the topology, the weights and the version of TensorFlow.js alone.
 *
 * @returns file contents by name
 */
export async function layersModelFiles(model: LayersModel): Promise<Readonly<Record<string, Uint8Array>>> {
  const saved: io.ModelArtifacts[] = [];
  await model.save({
    save: async (artifacts) => {
      saved.push(artifacts);
      // TensorFlow.js wants a date in its answer; it reaches no file.
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    },
  });
  const [artifacts] = saved;
  if (artifacts?.weightSpecs === undefined) throw new KdflowError("KDF_INTERNAL", "a model was saved without weights");
  const json = {
    format: "layers-model",
    generatedBy: artifacts.generatedBy,
    convertedBy: null,
    modelTopology: artifacts.modelTopology,
    weightsManifest: [{ paths: [weightsFile], weights: artifacts.weightSpecs }],
  };
  return { [modelFile]: new TextEncoder().encode(JSON.stringify(json)), [weightsFile]: joined(artifacts.weightData) };
}

/** A model's files, read into memory as TensorFlow.js takes them. */
export interface ModelArtifacts {
  readonly format: "layers-model" | "graph-model";
  readonly json: Readonly<Record<string, unknown>>;
  readonly artifacts: io.ModelArtifacts;
}

/**
 * Reads a model that TensorFlow.js or its converter saved: `model.json` and the files of weights that it names.
 *
 * @param name of the file in the folder
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT, KDF_INPUT_TRUNCATED
 */
export async function readModelArtifacts(directory: string, name: string = modelFile): Promise<ModelArtifacts> {
  const json = parseModelJson(await readBytes(directory, name), name);
  const weightSpecs = json.weightsManifest.flatMap((group) => group.weights);
  const shards: Uint8Array[] = [];
  for (const path of json.weightsManifest.flatMap((group) => group.paths))
    shards.push(await readBytes(directory, path));
  const weights = Buffer.concat(shards);
  const weightData = weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength) as ArrayBuffer;
  assertWeights(weightSpecs, weightData, directory);
  const { modelTopology, signature, userDefinedMetadata, modelInitializer, initializerSignature } = json as object &
    io.ModelArtifacts;
  const artifacts = {
    weightSpecs: [...weightSpecs],
    weightData,
    ...(modelTopology === undefined ? {} : { modelTopology }),
    ...(signature === undefined ? {} : { signature }),
    ...(userDefinedMetadata === undefined ? {} : { userDefinedMetadata }),
    ...(modelInitializer === undefined ? {} : { modelInitializer }),
    ...(initializerSignature === undefined ? {} : { initializerSignature }),
  };
  const format = json.format === "graph-model" ? "graph-model" : "layers-model";
  return { format, json: { ...json }, artifacts };
}

/**
 * Loads a stock layers model from a folder; its weights may be in several files, as the converter writes them.
 *
 * @returns the model; caller disposes
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT, KDF_INPUT_TRUNCATED
 */
export async function loadLayersModel(tf: Tf, directory: string, name: string = modelFile): Promise<LayersModel> {
  const { format, artifacts } = await readModelArtifacts(directory, name);
  if (format !== "layers-model") throw notLayers(name, format);
  return buildLayersModel(tf, artifacts, directory);
}

/** @throws KDF_INPUT_FORMAT */
export function buildLayersModel(tf: Tf, artifacts: io.ModelArtifacts, directory: string): Promise<LayersModel> {
  return tf.loadLayersModel({ load: async () => artifacts }).catch((cause: unknown) => {
    throw new KdflowError("KDF_INPUT_FORMAT", `TensorFlow.js cannot build the model in "${directory}"`, {
      hint: "a layers model may use stock layers only",
      cause,
    });
  });
}

function notLayers(name: string, format: string): KdflowError {
  return new KdflowError("KDF_INPUT_FORMAT", `"${name}" is not a layers model, its format is "${format}"`, {
    hint: "save the model with model.save() of TensorFlow.js, or convert it to tfjs_layers_model",
  });
}

function joined(weightData: io.WeightData | undefined): Uint8Array {
  return Buffer.concat([weightData ?? []].flat().map((buffer) => new Uint8Array(buffer)));
}

async function readBytes(directory: string, name: string): Promise<Uint8Array> {
  const path = join(directory, name);
  return readRegularFile(path, largestFile).catch((cause: unknown) => {
    if (cause instanceof UnfitFileError) throw new KdflowError("KDF_INPUT_FORMAT", `"${path}" ${cause.message}`);
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `cannot read "${path}"`, {
      hint: "a layers model is a folder with model.json and the weight files that it names",
      cause,
    });
  });
}

function parseModelJson(bytes: Uint8Array, name: string): ModelJson {
  let json: Partial<ModelJson>;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes)) ?? {};
  } catch (cause) {
    throw new KdflowError("KDF_INPUT_FORMAT", `"${name}" is not JSON`, { cause });
  }
  const { format = "layers-model", modelTopology, weightsManifest } = json;
  const isKnown = format === "layers-model" || format === "graph-model";
  if (!isKnown || typeof modelTopology !== "object" || modelTopology === null || !Array.isArray(weightsManifest)) {
    throw notLayers(name, format);
  }
  const wrong = modelJsonProblem(json);
  if (wrong !== undefined) {
    throw new KdflowError("KDF_INPUT_FORMAT", `"${name}" is no model that can be built: ${wrong}`, {
      hint: "save the model with model.save() of TensorFlow.js, or convert it again",
    });
  }
  const known = format === "layers-model" ? withKnownNames(modelTopology) : modelTopology;
  return { ...json, modelTopology: known, weightsManifest };
}

/** TensorFlow.js would read past the end of short files without a word; and of weights of NaN the first class comes first. */
function assertWeights(specs: readonly io.WeightsManifestEntry[], weightData: ArrayBuffer, directory: string): void {
  let expected = 0;
  let wrong: string | undefined;
  for (const { name, shape, dtype, quantization } of specs) {
    const bytes = bytesOfType[dtype];
    if (bytes === undefined || quantization !== undefined) return; // their size is not known from the shape
    const start = expected;
    expected += bytes * shape.reduce((product, size) => product * size, 1);
    if (dtype !== "float32" || expected > weightData.byteLength) continue;
    if (new Float32Array(weightData.slice(start, expected)).some(Number.isNaN)) wrong ??= name;
  }
  const found = weightData.byteLength;
  if (found === expected && wrong === undefined) return;
  if (found === expected) throw new KdflowError("KDF_INPUT_FORMAT", `weight "${wrong}" in "${directory}" has NaN`);
  throw new KdflowError(
    "KDF_INPUT_TRUNCATED",
    `the weights in "${directory}" have ${found} bytes where ${modelFile} describes ${expected}`,
    { hint: "copy model.json and its weight files together" },
  );
}
