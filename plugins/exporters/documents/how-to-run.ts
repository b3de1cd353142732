import type { Model } from "../../../core/index.ts";
import { inputName } from "../onnx/write-graph.ts";
import { probabilitiesName } from "../trace/class-probabilities.ts";
import { boxesName } from "../trace/decode-boxes.ts";

/** A file that takes pixels, as far as its user must know it. */
export interface FileUse {
  readonly chosen: Model;
  readonly type: "uint8" | "int32";
  readonly layout: "nhwc" | "nchw";
  readonly batch: number | "dynamic";
  readonly isPhoto: boolean;
  readonly outputNames: readonly string[];
}

const tfjsImport = `import * as tf from "${"@tensorflow/tfjs"}";`;
const measureText = "`python3 measure.py` measures the latency where the file will run, and writes `result.json`.";

/** What a file takes, in words. */
export function takesText(use: FileUse): string {
  const inside = use.isPhoto ? "a decoded photo of any size, fitted and scaled inside" : "scaling is inside";
  return `\`${inputName}\` ${use.type} ${shapeText(use)}, 0…255; ${inside}`;
}

/** Snippets for Python, Node and pages, and the way to ncnn. */
export function runOnnx(use: FileUse, operators: readonly string[]): readonly string[] {
  const names = use.outputNames.join(", ");
  const shape = shapeText(use);
  return [
    ...code("python", [
      "import json, onnxruntime",
      'session = onnxruntime.InferenceSession("model.onnx")',
      'names = json.loads(session.get_modelmeta().custom_metadata_map["classNames"])',
      `${use.outputNames.length === 1 ? `(${names},)` : names} = session.run(${JSON.stringify(use.outputNames)}, {"${inputName}": pixels})  # uint8 ${shape}`,
    ]),
    ...code("js", [
      'import { InferenceSession, Tensor } from "onnxruntime-node";',
      'const session = await InferenceSession.create("model.onnx");',
      `const { ${names} } = await session.run({ ${inputName}: new Tensor("uint8", pixels, shape) }); // ${shape}`,
    ]),
    ...code("js", [
      'import * as ort from "onnxruntime-web"; // in a page',
      'const session = await ort.InferenceSession.create("model.onnx");',
      `const { ${names} } = await session.run({ ${inputName}: new ort.Tensor("uint8", pixels, shape) });`,
    ]),
    outputsText(use),
    "",
    measureText,
    "",
    ...ncnnLines(use, operators),
  ];
}

/** The converter wants to know all sides, and ncnn has no operators that choose boxes. */
function ncnnLines(use: FileUse, operators: readonly string[]): readonly string[] {
  const isFixed = !use.isPhoto && !operators.includes("NonMaxSuppression");
  const shape = shapeText({ ...use, batch: 1 }).replaceAll(" ", "");
  return [
    "## ncnn",
    "",
    ...(isFixed
      ? code("sh", ["pip install pnnx", `pnnx model.onnx inputshape=${shape}u8`])
      : [
          "Export it with `input: tensor`, and a detector with `boxes: raw` or `decoded`, to convert it with pnnx.",
          "",
        ]),
    `It needs these operators: ${operators.join(", ")}.`,
  ];
}

export function runGraphModel(use: FileUse): readonly string[] {
  return [
    ...code("js", [
      tfjsImport,
      'const model = await tf.loadGraphModel("model.json");',
      `const input = tf.tensor(pixels, shape, "int32"); // ${shapeText(use)}, 0…255`,
      `const [${use.outputNames.join(", ")}] = model.execute(input, ${JSON.stringify(use.outputNames)});`,
    ]),
    outputsText(use),
  ];
}

export function runLayersModel(use: Pick<FileUse, "chosen">): readonly string[] {
  const { outputs } = use.chosen.description;
  const shape = shapeText({ ...use, isPhoto: false, batch: "dynamic", layout: "nhwc" });
  return [
    ...code("js", [
      tfjsImport,
      'const model = await tf.loadLayersModel("model.json");',
      `const [${Object.keys(outputs).join(", ")}] = [model.predict(tf.tensor(pixels, shape, "float32"))].flat(); // ${shape}, 0…255`,
    ]),
    "Outputs are logits; a detector's are the cells of its head.",
  ];
}

export function runSavedModel(use: FileUse): readonly string[] {
  return [
    ...code("python", [
      "import tensorflow",
      'answer = tensorflow.saved_model.load("saved-model").signatures["serving_default"]',
      `outputs = answer(${inputName}=tensorflow.constant(pixels))  # uint8 ${shapeText(use)}; ${use.outputNames.join(", ")}`,
    ]),
    outputsText(use),
  ];
}

export function runTflite(use: FileUse): readonly string[] {
  return [
    ...code("python", [
      "from ai_edge_litert.interpreter import Interpreter  # or tensorflow.lite",
      'run = Interpreter("model.tflite").get_signature_runner()',
      `outputs = run(${inputName}=pixels)  # uint8 ${shapeText(use)}; ${use.outputNames.join(", ")}`,
    ]),
    outputsText(use),
    "",
    measureText,
  ];
}

function code(language: string, lines: readonly string[]): readonly string[] {
  return [`\`\`\`${language}`, ...lines, "```", ""];
}

function shapeText({ chosen, isPhoto, batch, layout }: Omit<FileUse, "type" | "outputNames">): string {
  if (isPhoto) return "[1, height, width, 3]";
  const { height, width, channels } = chosen.description.imageSize;
  const first = batch === "dynamic" ? "batch" : batch;
  const sides = layout === "nchw" ? [first, channels, height, width] : [first, height, width, channels];
  return `[${sides.join(", ")}]`;
}

function outputsText({ outputNames }: FileUse): string {
  if (outputNames.includes("classes")) {
    return "`boxes` are left, top, right, bottom in pixels of the input, the surest first, overlaps suppressed; rows of class −1 are empty.";
  }
  if (outputNames.includes(boxesName)) {
    return "`boxes` are left, top, right, bottom in pixels of the input; keep those with high `scores` and suppress overlaps.";
  }
  return outputNames.includes(probabilitiesName)
    ? "`logits` are those of the network; `probabilities` are of logits / temperature, which stands in export.json."
    : "Outputs are logits.";
}
