import { type Dataset, type Exported, type Metrics, type Model, metricsCells } from "../../../core/index.ts";
import type { ExportedScores } from "../onnx/exported-scores.ts";
import type { Licences } from "./model-facts.ts";

/** What an exporter wrote, as far as a card tells it. */
export interface Written {
  readonly files: Exported["files"];
  /** What the file takes, in words. */
  readonly takes: string;
  /** How it is run, as Markdown. */
  readonly howToRun: readonly string[];
  /** Largest difference of its answers to the trained network's, relative to the largest one. */
  readonly parity: number;
  readonly images: { readonly count: number; readonly source: "validation" | "noise" };
  readonly scores: Pick<ExportedScores, "sampleCount" | "trained" | "exported"> | undefined;
}

export interface ModelCard extends Written {
  readonly chosen: Model;
  readonly data: Dataset | undefined;
  /** Of the student, its teacher and its baseline, where they were evaluated. */
  readonly metrics: Metrics | undefined;
}

/** What somebody who is handed a file wants to know, as Markdown: what it is, of what it was made, how good it is, how it is run. */
export function modelCard(card: ModelCard, licences: Licences): string {
  const { task, imageSize } = card.chosen.description;
  const fit = imageSize.fit === undefined ? [] : [`Photos are fitted so: \`${JSON.stringify(imageSize.fit)}\`.`, ""];
  return [
    `# Model card: ${task}, ${imageSize.width}×${imageSize.height}`,
    "",
    ...table(["", ""], [...factRows(card), ...licenceRows(licences, card)]),
    "",
    ...fit,
    ...evaluationLines(card.metrics),
    ...fileScoreLines(card.scores),
    "## Run it",
    "",
    ...card.howToRun,
    "",
  ].join("\n");
}

function factRows({ chosen, files, takes, parity, images, data, metrics }: ModelCard): readonly Cells[] {
  const { task, classNames, parameters, multiplyAdds, best, unfinished, history } = chosen.description;
  const terms = Object.keys(history.at(-1)?.losses ?? {}).filter((name) => name !== "loss" && !name.includes("/"));
  const student = metrics?.rows.find(({ role }) => role === "student")?.stages ?? [];
  const teacher = metrics?.rows.find(({ role }) => role === "teacher")?.stages ?? [];
  return [
    ["task", task],
    ["classes", `${classNames.length}: ${shortened(classNames)}`],
    ["input", takes],
    ["parameters", parameters.toLocaleString("en")],
    ["multiply-adds of one image", multiplyAdds.toLocaleString("en")],
    ["size", files.map(({ path, bytes }) => `${path} ${(bytes / 1e6).toFixed(2)} MB`).join(", ")],
    ...(terms.length === 0
      ? []
      : [["trained with", `${terms.join(", ")}; ${history.length} ${history.length === 1 ? "epoch" : "epochs"}`]]),
    ...(student.length === 0 ? [] : [["student", student.join(", ")]]),
    ...(teacher.length === 0 ? [] : [["teacher", teacher.join(", ")]]),
    ...(data === undefined ? [] : [["data", dataText(data)]]),
    [
      "best epoch",
      best === undefined ? "not trained here" : `${best.epoch}, ${best.metric} ${best.value.toFixed(4)} on validation`,
    ],
    ...(unfinished === undefined ? [] : [["its training", `not over: ${unfinished}`]]),
    [
      "largest difference to the trained network",
      `${parity.toExponential(1)} of the largest answer, on ${images.count} ${images.source === "noise" ? "images of noise" : "validation images"}`,
    ],
    ["trained network (SHA-256)", `\`${chosen.digest}\``],
  ];
}

function licenceRows({ teacher, data, student }: Licences, { metrics }: ModelCard): readonly Cells[] {
  const hasTeacher = metrics === undefined || metrics.rows.some(({ role }) => role === "teacher");
  return [
    ...(hasTeacher || teacher !== undefined ? [["licence of the teacher", teacher ?? "not declared"]] : []),
    ["licence of the data", data ?? "not declared"],
    ["licence of this file", student ?? "not declared"],
  ];
}

function dataText({ splits, digest }: Dataset): string {
  const counts = Object.values(splits).map(({ name, count }) => `${count.toLocaleString("en")} ${name}`);
  return `${counts.join(", ")} images; SHA-256 \`${digest}\``;
}

function shortened(names: readonly string[]): string {
  const shown = names.slice(0, 20).map(plain).join(", ");
  return names.length > 20 ? `${shown}, …` : shown;
}

/** Teacher, student and baseline as they were evaluated: scores with their spread, cost, latency and what computed it. */
function evaluationLines(metrics: Metrics | undefined): readonly string[] {
  if (metrics === undefined) return ["## Evaluation", "", "None: the export has no stage on its input `evaluate`.", ""];
  const { title, columns, rows } = metricsCells("evaluate", metrics);
  const verdict = metrics.verdict === undefined ? [] : [metrics.verdict.text, ""];
  return [`## ${title[0]?.toUpperCase()}${title.slice(1)}`, "", ...table(columns, rows), "", ...verdict];
}

function fileScoreLines(scores: Written["scores"]): readonly string[] {
  if (scores === undefined) return [];
  const number = (value: number | undefined): string => (value === undefined ? "" : value.toFixed(4));
  const rows = Object.keys(scores.trained).map((name) => {
    return [name, number(scores.trained[name]), number(scores.exported[name])];
  });
  const title = `## This file on the validation split (${scores.sampleCount} images)`;
  return [title, "", ...table(["", "trained network", "this file"], rows), ""];
}

/** A name that shows as it is written: Markdown and HTML read nothing in it. */
function plain(name: string): string {
  return name.replaceAll(/[\\`*_<>[\]&~]/g, "\\$&");
}

type Cells = readonly string[];

function table(head: Cells, rows: readonly Cells[]): readonly string[] {
  const line = (cells: Cells): string => `| ${cells.map(cellText).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

/** Neither a bar nor a line break ends it. */
function cellText(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s*[\r\n]+\s*/g, " ");
}
