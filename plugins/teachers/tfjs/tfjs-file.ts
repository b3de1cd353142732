import { access, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { KdflowError, modelJsonProblem, type PlanContext, readRegularFile } from "../../../core/index.ts";
import { mistakenFormat } from "../asking/mistaken-format.ts";
import { scoreAxes } from "../asking/settle-output.ts";

/** What the files of a TensorFlow.js model say without being loaded. */
export interface TfjsFile {
  /** Folder and name of its JSON file. */
  readonly directory: string;
  readonly name: string;
  readonly path: string;
  readonly inputName: string;
  /** Batch first; −1 or null where a size is free. `undefined` where the file says nothing. */
  readonly inputShape: readonly (number | null)[] | undefined;
  readonly inputType: string;
  readonly outputNames: readonly string[];
  /** Classes, where they can be told. */
  readonly classes: number | undefined;
  /** Files of weights, relative to the folder. */
  readonly weightFiles: readonly string[];
  /** Names in the report of `kdflow export` beside the model. */
  readonly classNames: readonly string[] | undefined;
}

type Format = "layers-model" | "graph-model";
/** A topology of some hundred thousand layers. */
const largestJson = 256 * 1024 * 1024;

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a model's JSON file; its weights are left alone.
 *
 * @param model the file, or its folder
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT
 */
export async function readTfjsFile(model: string, baseDir: string, wanted: Format): Promise<TfjsFile> {
  const given = resolve(baseDir, model);
  const isFolder = (await stat(given).catch(() => undefined))?.isDirectory() === true;
  const path = isFolder ? join(given, "model.json") : given;
  const json = await readJson(path);
  const format = json["format"] ?? "layers-model";
  const topology = json["modelTopology"];
  if (typeof topology !== "object" || topology === null) {
    throw new KdflowError("KDF_INPUT_FORMAT", `"${path}" is no model of TensorFlow.js: it has no "modelTopology"`, {
      hint: "it has to be what model.save() of TensorFlow.js or its converter writes",
    });
  }
  if (format !== wanted) {
    const other = format === "graph-model" || format === "layers-model" ? `take \`use: ${format}\`` : undefined;
    throw new KdflowError("KDF_INPUT_FORMAT", `"${path}" is not a ${wanted}, its format is "${format}"`, {
      hint: other ?? "a model.json of TensorFlow.js says its format and has a topology",
    });
  }
  const problem = modelJsonProblem(json);
  if (problem !== undefined) {
    throw new KdflowError("KDF_INPUT_FORMAT", `"${path}" is no model that can be built: ${problem}`, {
      hint: "save the model with model.save() of TensorFlow.js, or convert it again",
    });
  }
  const read = wanted === "graph-model" ? readGraph(json, topology as Json) : readLayers(topology as Json);
  const manifest = Array.isArray(json["weightsManifest"]) ? (json["weightsManifest"] as { paths: string[] }[]) : [];
  const directory = dirname(path);
  return {
    directory,
    name: basename(path),
    path,
    ...read,
    weightFiles: manifest.flatMap(({ paths }) => paths),
    classNames: await exportedNames(directory),
  };
}

/** @throws KDF_INPUT_MISSING_FILE where a file of weights is not beside the model */
export async function assertWeightFiles(file: TfjsFile): Promise<void> {
  for (const name of file.weightFiles) {
    await access(join(file.directory, name)).catch((cause: unknown) => {
      throw noWeights(file, name, cause);
    });
  }
}

function noWeights({ path }: TfjsFile, name: string, cause: unknown): KdflowError {
  return new KdflowError("KDF_INPUT_MISSING_FILE", `"${path}" keeps weights in "${name}", which is not beside it`, {
    hint: "copy model.json together with the weight files that it names",
    cause,
  });
}

/** Digests of the model's files. */
export async function tfjsFingerprint(
  file: TfjsFile,
  classes: string | undefined,
  context: Pick<PlanContext, "baseDir" | "fileDigest">,
): Promise<Readonly<Record<string, string>>> {
  const digests: Record<string, string> = { model: await context.fileDigest(file.path) };
  for (const name of file.weightFiles) {
    digests[`weights ${name}`] = await context.fileDigest(join(file.directory, name)).catch((cause: unknown) => {
      throw noWeights(file, name, cause);
    });
  }
  if (classes !== undefined) digests["classes"] = await context.fileDigest(resolve(context.baseDir, classes));
  else if (file.classNames !== undefined) digests["names"] = file.classNames.join("\n");
  return digests;
}

async function readJson(path: string): Promise<Json> {
  const bytes = await readRegularFile(path, largestJson).catch((cause: unknown) => {
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `cannot read "${path}"`, {
      hint: "`model` is a model.json, or its folder, relative to the pipeline file",
      cause,
    });
  });
  try {
    const json: unknown = JSON.parse(bytes.toString("utf8"));
    if (typeof json === "object" && json !== null) return json as Json;
  } catch {
    // said below
  }
  const other = mistakenFormat(bytes);
  const what = other === undefined || other === "JSON" ? "is not JSON" : `is no model: it is ${other}`;
  throw new KdflowError("KDF_INPUT_FORMAT", `"${path}" ${what}`, {
    hint: "it has to be a model.json of TensorFlow.js",
  });
}

interface LayerJson {
  readonly class_name?: string;
  readonly name?: string;
  readonly config?: Json & { readonly name?: string };
}

/** The parts of a Keras topology that say what goes in and what comes out. */
function readLayers(
  topology: Json,
): Pick<TfjsFile, "inputName" | "inputShape" | "inputType" | "outputNames" | "classes"> {
  const { config: wrapped } = (topology["model_config"] ?? topology) as { readonly config?: unknown };
  const config = (Array.isArray(wrapped) ? { layers: wrapped } : (wrapped ?? {})) as Json & {
    readonly layers?: readonly LayerJson[];
    readonly input_layers?: readonly unknown[];
    readonly output_layers?: readonly unknown[];
  };
  const layers = config.layers ?? [];
  const nameOf = (layer: LayerJson | undefined): string => String(layer?.config?.name ?? layer?.name ?? "");
  const named = (name: unknown): LayerJson | undefined => layers.find((layer) => nameOf(layer) === name);
  const input = config.input_layers === undefined ? layers[0] : named(linksOf(config.input_layers)[0]?.[0]);
  const outputs =
    config.output_layers === undefined ? [layers.at(-1)] : linksOf(config.output_layers).map(([name]) => named(name));
  const units = outputs[0]?.config?.["units"];
  const dtype = input?.config?.["dtype"];
  return {
    inputName: nameOf(input),
    inputShape: shapeOf(input?.config?.["batch_input_shape"] ?? input?.config?.["batch_shape"]),
    inputType: typeof dtype === "string" ? dtype : "float32",
    outputNames: outputs.map(nameOf),
    classes: typeof units === "number" ? units : undefined,
  };
}

/** Where a model begins or ends; Keras 3 writes a single link without a list around it. */
function linksOf(links: readonly unknown[]): readonly (readonly unknown[])[] {
  return typeof links[0] === "string" ? [links] : links.filter(Array.isArray);
}

/** Sizes of an input, where they are such; Keras 3 calls them `batch_shape`. */
function shapeOf(value: unknown): readonly (number | null)[] | undefined {
  const isShape = Array.isArray(value) && value.every((size) => size === null || Number.isSafeInteger(size));
  return isShape ? (value as (number | null)[]) : undefined;
}

interface TensorJson {
  readonly name?: string;
  readonly dtype?: string;
  readonly tensorShape?: { readonly dim?: readonly { readonly size?: string | number }[] };
}

interface NodeJson {
  readonly name: string;
  readonly op: string;
  readonly attr?: {
    readonly shape?: { readonly shape?: TensorJson["tensorShape"] };
    readonly dtype?: { readonly type?: unknown };
  };
}

/** A graph's signature, or its placeholders where it has none. */
function readGraph(json: Json, topology: Json): ReturnType<typeof readLayers> {
  const metadata = json["userDefinedMetadata"] as { readonly signature?: unknown } | undefined;
  const signature = (json["signature"] ?? metadata?.signature ?? {}) as {
    readonly inputs?: Readonly<Record<string, TensorJson>>;
    readonly outputs?: Readonly<Record<string, TensorJson>>;
  };
  const nodes = (topology["node"] ?? []) as readonly NodeJson[];
  const placeholder = nodes.find(({ op }) => op === "Placeholder");
  const input = Object.values(signature.inputs ?? {})[0];
  const outputs = Object.values(signature.outputs ?? {});
  const shape = input?.tensorShape ?? placeholder?.attr?.shape?.shape;
  const sizes = outputs.length === 1 ? (outputs[0]?.tensorShape?.dim ?? []).map(({ size }) => Number(size)) : [];
  const [classes = Number.NaN] = scoreAxes(sizes);
  return {
    inputName: input?.name ?? placeholder?.name ?? "",
    inputShape: shape?.dim?.map(({ size }) => Number(size)),
    // TensorFlow.js keeps bytes as int32.
    inputType: /INT32|UINT8/u.test(String(input?.dtype ?? placeholder?.attr?.dtype?.type ?? "")) ? "int32" : "float32",
    outputNames: outputs.map(({ name }) => name ?? ""),
    classes: classes > 0 ? classes : undefined,
  };
}

/** The report that `kdflow export`, or the description that a training, wrote beside a model. */
async function exportedNames(directory: string): Promise<readonly string[] | undefined> {
  for (const name of ["export.json", "description.json"]) {
    const text = await readFile(join(directory, name), "utf8").catch(() => undefined);
    if (text === undefined) continue;
    try {
      const { classNames } = JSON.parse(text) as { readonly classNames?: unknown };
      if (Array.isArray(classNames) && classNames.every((each) => typeof each === "string")) return classNames;
    } catch {
      // another program's file of that name
    }
  }
  return undefined;
}
