import { basename, dirname, extname, isAbsolute, relative } from "node:path";
import type { FoundData } from "../../../core/index.ts";
import type { Choices } from "./choices.ts";
import { flow, use } from "./flow.ts";
import { countText } from "./found-source.ts";
import { type FittingLoss, softLabelsOf } from "./losses.ts";
import { isDetection } from "./settled.ts";
import { costText } from "./students.ts";
import { sideOf, smallSide, teacherBackbone, trainingLines } from "./training.ts";

type Plain = Readonly<Record<string, unknown>>;

/** The line by which editors find the schema of an installed kdflow. */
export const schemaLine = "# yaml-language-server: $schema=./node_modules/kdflow/schemas/pipeline.schema.json";

/** Shares that are held out where files name no such split. */
const heldOut = 0.1;

/** The file that says what was chosen: short, with a comment on each part and the line by which editors know its schema. */
export function composePipeline(choices: Choices): string {
  const { source, teacher, student, loss, truth, epochs, baseline, evaluator, exporter, output, command } = choices;
  const name = basename(output, extname(output));
  const heard = teacher !== "none" && loss !== undefined;
  const weights = weightsOf(source.supplied.provider.task);
  const lines = [
    schemaLine,
    `# ${student.value} learns ${source.found.classNames.length} classes${teacherWords(choices)}.`,
    `# Run: ${command} run ${basename(output)}`,
    "kdflow: 1",
    `name: ${flow(name)}`,
    "stages:",
    `  # ${countText(source.found)}; classes: ${classText(source.found)}`,
    `  data: ${flow(use(source.supplied.provider.id, dataOptions(choices)))}`,
    ...teacherLines(choices),
    ...(heard ? [...labelLines(choices)] : []),
    `  # ${costText(student)}`,
    `  student: ${flow(student.use)}`,
    ...(heard
      ? [
          `  # ${weights.words}; ${loss.id}: ${loss.summary}`,
          `  loss: ${flow({ [truth.id]: term(weights.truth, truth), [loss.id]: { weight: weights.teacher, ...loss.options } })}`,
        ]
      : [`  loss: ${flow({ [truth.id]: term(1, truth) })}`]),
    ...(baseline || !heard
      ? []
      : ["  # baseline: true would train the same student without the teacher, to see what the teacher is worth"]),
    "  train:",
    `    epochs: ${epochs}`,
    ...(heard && !baseline ? ["    baseline: false"] : []),
    ...trainingLines(choices),
    `  evaluate: ${evaluator}`,
    ...(exporter === undefined ? [] : [`  export: ${exporter}`]),
  ];
  return `${lines.join("\n")}\n`;
}

function teacherWords({ teacher, loss }: Choices): string {
  if (teacher === "none") return "";
  if (teacher !== "train" && loss === undefined) return `; ${teacher.value} is scored beside it`;
  return teacher === "train" ? " from a teacher that is trained first" : ` from ${teacher.value}`;
}

function classText({ classNames }: FoundData): string {
  const shown = classNames
    .slice(0, 10)
    .join(", ")
    .replaceAll(/[\r\n]/g, " ");
  return classNames.length > 10 ? `${shown}, …` : shown;
}

/** Paths of options, from the pipeline's folder. */
function fromFile(options: Plain, output: string): Plain {
  const own = (value: unknown): unknown => {
    if (typeof value !== "string" || !isAbsolute(value)) return value;
    const path = relative(dirname(output), value).replaceAll("\\", "/");
    return path.startsWith("..") ? path : `./${path}`;
  };
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [key, own(value)]));
}

/** What a schema says of an option. */
function property(schema: Plain, name: string): Plain | undefined {
  return (schema["properties"] as Readonly<Record<string, Plain>> | undefined)?.[name];
}

/** Crops of a tenth of a photo, as published, ask for trainings that are longer than those that are written here. */
function mildly(augmentation: unknown): unknown {
  return augmentation === "random-resized-crop" ? { use: augmentation, scale: [0.4, 1] } : augmentation;
}

function dataOptions({ source, imageSize, output }: Choices): Plain {
  const { found, supplied } = source;
  const { schema } = supplied;
  const said = Object.entries(fromFile(found.options, output)).filter(
    ([key, value]) => property(schema, key)?.["default"] !== value,
  );
  const drawn = (["validation", "test"] as const).filter((split) => {
    const option = property(schema, split);
    return option !== undefined && option["default"] === undefined && found.counts[split] === undefined;
  });
  const [example] = (schema["examples"] ?? []) as readonly Plain[];
  const augment = example?.["augment"] as readonly unknown[] | undefined;
  return {
    ...Object.fromEntries(said),
    ...Object.fromEntries(drawn.map((split) => [split, heldOut])),
    ...(imageSize === undefined ? {} : { imageSize }),
    ...(property(schema, "cache") === undefined ? {} : { cache: true }),
    ...(augment === undefined ? {} : { augment: isDetection(supplied.provider.task) ? augment : augment.map(mildly) }),
  };
}

/** Terms of a detector are of a like size, and the labels know where nothing is. */
function weightsOf(task: string): { readonly truth: number; readonly teacher: number; readonly words: string } {
  return isDetection(task)
    ? { truth: 1, teacher: 1, words: "as much from the teacher as from the labels" }
    : { truth: 0.1, teacher: 0.9, words: "a little of the labels, the rest from the teacher" };
}

/** A weight alone, where a term has no options. */
function term(weight: number, { options }: FittingLoss): unknown {
  return Object.keys(options).length === 0 ? weight : { weight, ...options };
}

function labelLines(choices: Choices): readonly string[] {
  const { use: stored } = softLabelsOf(choices.source.supplied.provider.task);
  return stored === "logits"
    ? [
        "  # what the teacher says of so many views of each image, computed once and kept",
        `  softLabels: { use: logits, views: ${viewsOf(choices)} }`,
      ]
    : [
        "  # the teacher's boxes of each photo, found once and kept; they are moved by every view of it",
        `  softLabels: ${stored}`,
      ];
}

/** Photos differ more from view to view than small pictures do. */
function viewsOf(choices: Choices): number {
  return sideOf(choices) > smallSide ? 4 : 2;
}

function teacherLines(choices: Choices): readonly string[] {
  const { teacher, epochs, output } = choices;
  if (teacher === "none") return [];
  if (teacher !== "train") {
    const assumed = teacher.named === "data" ? ["its outputs are taken to be the data's classes, in their order"] : [];
    const comments = [...teacher.lines, ...assumed].map((line) => `  # ${line.replaceAll(/[\r\n]/g, " ")}`);
    return [...comments, `  teacher: ${flow(use(teacher.use, fromFile(teacher.options, output)))}`];
  }
  if (isDetection(choices.source.supplied.provider.task)) return detectorLines(choices);
  const backbone = teacherBackbone(choices.student.parameters, sideOf(choices));
  return [
    "  # a larger network, trained on the labels; a model of your own that knows these classes is often better",
    "  teacher:",
    "    use: train",
    `    network: ${flow({ use: "classifier", backbone })}`,
    `    epochs: ${epochs}`,
    ...trainingLines(choices),
  ];
}

function detectorLines(choices: Choices): readonly string[] {
  const network = { use: "yolo", backbone: "mobilenet-v2", neck: "yolov7-tiny", anchors: "auto" };
  return [
    "  # a larger detector, trained on the labels; a model of your own that knows these classes is often better",
    "  teacher:",
    "    use: train",
    `    network: ${flow(network)}`,
    `    loss: ${flow(use(choices.truth.id, choices.truth.options))}`,
    `    epochs: ${choices.epochs}`,
    ...trainingLines(choices),
  ];
}
