import type { Model } from "../../../core/index.ts";
import type { ExportedScores } from "../onnx/exported-scores.ts";
import { inputName } from "../onnx/write-graph.ts";
import { boxesName } from "../trace/decode-boxes.ts";

/** Name of the card that is written beside exported files. */
export const modelCardName = "model-card.md";

export interface CardRequest {
  readonly chosen: Model;
  readonly format: "onnx" | "graph-model";
  readonly options: {
    readonly input: "tensor" | "photo";
    readonly batch: number | "dynamic";
    readonly layout: "nhwc" | "nchw";
  };
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly outputNames: readonly string[];
  readonly parity: number;
  readonly images: { readonly count: number; readonly source: "validation" | "noise" };
  readonly scores: ExportedScores | undefined;
}

/** What somebody who is handed the file wants to know, as Markdown: what it is, what it takes, how good it is, how it is run. */
export function modelCard(request: CardRequest): string {
  const { chosen, files, parity, images } = request;
  const { task, imageSize, classNames, parameters, multiplyAdds, best, unfinished } = chosen.description;
  const rows = [
    ["task", task],
    ["classes", `${classNames.length}: ${shortened(classNames)}`],
    ["input", inputText(request)],
    ["parameters", parameters.toLocaleString("en")],
    ["multiply-adds of one image", multiplyAdds.toLocaleString("en")],
    ["size", files.map(({ path, bytes }) => `${path} ${(bytes / 1e6).toFixed(2)} MB`).join(", ")],
    [
      "best epoch",
      best === undefined ? "not trained here" : `${best.epoch}, ${best.metric} ${best.value.toFixed(4)} on validation`,
    ],
    ...(unfinished === undefined ? [] : [["its training", `not over: ${unfinished}`]]),
    [
      "largest difference to the trained network",
      `${parity.toExponential(1)} of the largest answer, on ${images.count} ${images.source === "noise" ? "images of noise" : "validation images"}`,
    ],
    ["licences of teacher and data", "not declared"],
    ["trained network (SHA-256)", `\`${chosen.digest}\``],
  ];
  const fit = imageSize.fit === undefined ? "" : `\nPhotos are fitted so: \`${JSON.stringify(imageSize.fit)}\`.\n`;
  return [
    `# Model card: ${task}, ${imageSize.width}×${imageSize.height}`,
    "",
    ...table(["", ""], rows),
    fit,
    ...scoreLines(request.scores),
    "## Run it",
    "",
    ...snippets(request),
    "",
    ...(request.format === "onnx"
      ? ["`python3 measure.py` measures the latency where the file will run, and writes `result.json`.", ""]
      : []),
  ].join("\n");
}

function shortened(names: readonly string[]): string {
  const shown = names.slice(0, 20).join(", ");
  return names.length > 20 ? `${shown}, …` : shown;
}

function inputText(request: CardRequest): string {
  const { chosen, options, format } = request;
  return `\`${inputName}\` ${format === "onnx" ? "uint8" : "int32"} ${shapeText(chosen, options)}, 0…255; ${request.options.input === "photo" ? "a decoded photo of any size, fitted and scaled inside" : "scaling is inside"}`;
}

function shapeText({ description }: Model, { input, batch, layout }: CardRequest["options"]): string {
  if (input === "photo") return "[1, height, width, 3]";
  const { height, width, channels } = description.imageSize;
  const first = batch === "dynamic" ? "batch" : batch;
  const sides = layout === "nchw" ? [first, channels, height, width] : [first, height, width, channels];
  return `[${sides.join(", ")}]`;
}

function scoreLines(scores: ExportedScores | undefined): string[] {
  if (scores === undefined) return [];
  const names = Object.keys(scores.trained);
  const number = (value: number | undefined): string => (value === undefined ? "" : value.toFixed(4));
  const rows = names.map((name) => [name, number(scores.trained[name]), number(scores.exported[name])]);
  const title = `## On the validation split (${scores.sampleCount} images)`;
  return [title, "", ...table(["", "trained network", "this file"], rows), ""];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

function snippets(request: CardRequest): string[] {
  const { chosen, options, outputNames } = request;
  const names = outputNames.join(", ");
  const note = outputNames.includes("classes")
    ? "`boxes` are left, top, right, bottom in pixels of the input, the surest first, overlaps suppressed; rows of class −1 are empty."
    : outputNames.includes(boxesName)
      ? "`boxes` are left, top, right, bottom in pixels of the input; keep those with high `scores` and suppress overlaps."
      : "Outputs are logits.";
  if (request.format === "graph-model") {
    return [
      "```js",
      'import * as tf from "@tensorflow/tfjs";',
      'const model = await tf.loadGraphModel("model.json");',
      `const input = tf.tensor(pixels, shape, "int32"); // ${shapeText(chosen, options)}, 0…255`,
      `const [${names}] = model.execute(input, ${JSON.stringify(outputNames)});`,
      "```",
      "",
      note,
    ];
  }
  return [
    "```python",
    "import json, onnxruntime",
    'session = onnxruntime.InferenceSession("model.onnx")',
    'names = json.loads(session.get_modelmeta().custom_metadata_map["classNames"])',
    `${names} = session.run(${JSON.stringify(outputNames)}, {"${inputName}": pixels})  # uint8 ${shapeText(chosen, options)}`,
    "```",
    "",
    "```js",
    'import { InferenceSession, Tensor } from "onnxruntime-node";',
    'const session = await InferenceSession.create("model.onnx");',
    `const { ${names} } = await session.run({ ${inputName}: new Tensor("uint8", pixels, shape) }); // ${shapeText(chosen, options)}`,
    "```",
    "",
    "```js",
    'import * as ort from "onnxruntime-web"; // in a page',
    'const session = await ort.InferenceSession.create("model.onnx");',
    `const { ${names} } = await session.run({ ${inputName}: new ort.Tensor("uint8", pixels, shape) });`,
    "```",
    "",
    note,
  ];
}
