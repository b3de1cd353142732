import { scaffoldSpecs } from "../../plugins/scaffold/cli/command-specs.ts";
import type { CommandSpec, OptionSpec, PositionalSpec } from "./command.ts";

const set: OptionSpec = {
  name: "set",
  value: "path=value",
  repeatable: true,
  summary: "Change one value of the pipeline, such as stages.train.epochs=4; the value is read as YAML.",
};
const from: OptionSpec = {
  name: "from",
  value: "stage",
  summary: "Start at this stage; what it needs must be stored.",
};
const until: OptionSpec = { name: "until", value: "stage", summary: "Stop after this stage." };
const force: OptionSpec = {
  name: "force",
  value: "stage",
  repeatable: true,
  summary: "Compute this stage again although its result is stored; `all` for every stage.",
};
const overfit: OptionSpec = {
  name: "overfit",
  value: "photos",
  summary: "Only check that a detector learns so many training photos by heart: its scores are no result.",
};
const cost: OptionSpec = {
  name: "cost",
  summary: "Show what each stage would take instead: seconds, bytes, memory, measured on a few batches.",
};
const verbose: OptionSpec = { name: "verbose", summary: "Also show what stages log for whoever looks closer." };
const json: OptionSpec = { name: "json", summary: "Write events for programs to stdout, one JSON object per line." };
const store: OptionSpec = {
  name: "store",
  value: "folder",
  summary: "Where results and runs are kept; default: .kdflow in the working directory.",
};
const backend: OptionSpec = {
  name: "backend",
  value: "id",
  summary: "Tensor backend to compute with; default: auto, the best that loads.",
};
const pipeline: PositionalSpec = { name: "pipeline", summary: "The pipeline file." };

/** Every command, in the order in which help and docs list them. */
export const commandTable: readonly CommandSpec[] = [
  {
    name: "run",
    summary: "Run a pipeline: compute what is not stored yet, reuse the rest.",
    positionals: [pipeline],
    options: [set, from, until, force, overfit, verbose, json, store, backend],
    load: () => import("./commands/run.ts"),
  },
  {
    name: "validate",
    summary: "Check a pipeline file and print every mistake with its line; computes nothing.",
    positionals: [pipeline],
    options: [set, json],
    load: () => import("./commands/validate.ts"),
  },
  {
    name: "plan",
    summary: "Show what a run would compute, what it would reuse, and why.",
    positionals: [pipeline],
    options: [set, from, until, force, cost, json, store, backend],
    load: () => import("./commands/plan.ts"),
  },
  {
    name: "explain",
    summary: "Show what a stage's key is made from and what changed since its last run.",
    positionals: [pipeline, { name: "stage", summary: "The stage to explain." }],
    options: [set, json, store, backend],
    load: () => import("./commands/explain.ts"),
  },
  {
    name: "predict",
    summary: "Tell the classes of image files by a model from disk, or by that of a run.",
    positionals: [
      {
        name: "model",
        summary: "An ONNX file, a folder with `model.json`, or a run: its id, the beginning of one, or `latest`.",
      },
      { name: "images", repeatable: true, summary: "Image files, and folders of them with all that is below." },
    ],
    options: [
      { name: "stage", value: "stage", summary: "Take the model of this stage of the run; default: the last student." },
      {
        name: "classes",
        value: "file",
        summary: "Class names in the order of the model's outputs, one per line or a JSON array.",
      },
      {
        ...set,
        value: "option=value",
        summary: "An option of the teacher that reads ONNX files and graph models, such as normalize=unit.",
      },
      { name: "top", value: "count", summary: "Classes to name for each image; default: 3." },
      {
        name: "fit",
        value: "way",
        summary: "Cut images that are not square (`crop`) or `stretch` them; default: as in the run, else `crop`.",
      },
      { name: "sheet", value: "file", summary: "Also write thumbnails with their classes to this PNG file." },
      json,
      store,
      backend,
    ],
    load: () => import("./commands/predict.ts"),
  },
  {
    name: "evaluate",
    summary: "Score a file of detections against a file of ground truth; prints one JSON object.",
    positionals: [],
    options: [
      { name: "ground-truth", value: "file", summary: "Boxes in COCO's instances form." },
      { name: "detections", value: "file", summary: "Detections in COCO's results form." },
      {
        name: "protocol",
        value: "coco|voc07|voc",
        summary: "COCO's twelve numbers, or VOC's AP at 11 recalls or over all; default: coco.",
      },
      { name: "json", summary: "Changes nothing: the result is JSON." },
    ],
    load: () => import("./commands/evaluate.ts"),
  },
  ...scaffoldSpecs.map(
    (spec): CommandSpec => ({
      ...spec,
      load: async () => (await import("./commands/scaffold.ts")).scaffoldCommand(spec.name, commandTable),
    }),
  ),
  {
    name: "taps",
    summary: "List the taps of every teacher and student, with shape and stride, for `at` of losses on features.",
    positionals: [pipeline],
    options: [set, json, store, backend],
    load: () => import("./commands/taps.ts"),
  },
  {
    name: "conformance",
    summary: "Compare losses with a reference program's values and gradients; docs/losses.md has the form of the file.",
    positionals: [
      { name: "vectors", summary: "A JSON file of cases: loss, options, inputs, value, gradients." },
      { ...pipeline, optional: true, summary: "Also know the losses of the plugins that this pipeline file loads." },
    ],
    options: [
      {
        name: "tolerance",
        value: "error",
        summary: "Largest max|Δ| / max|reference| that is no failure; default: 1e-5.",
      },
      json,
      backend,
    ],
    load: () => import("./commands/conformance.ts"),
  },
  {
    name: "setup",
    summary: "Fetch or build what can work on this machine: tensor backends, and runtimes of teachers.",
    positionals: [],
    options: [
      { ...backend, summary: "Provision this backend alone." },
      { name: "force", summary: "Start anew even where a backend works already." },
      json,
    ],
    load: () => import("./commands/setup.ts"),
  },
  {
    name: "doctor",
    summary: "Tell what is there: tools, backends, disk space, store.",
    positionals: [],
    options: [json, store, { ...backend, summary: "Backend to load for the check; default: auto." }],
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "plugins list",
    summary: "List every provider that a pipeline can name.",
    positionals: [
      {
        name: "what",
        optional: true,
        repeatable: true,
        summary: "A family such as `losses`, to list no other; a pipeline file, to list the plugins that it loads too.",
      },
    ],
    options: [json],
    load: () => import("./commands/plugins-list.ts"),
  },
  {
    name: "plugins info",
    summary: "Describe a provider: what it is, its paper, its options with their defaults.",
    positionals: [
      { name: "provider", summary: "An id such as `kd`, or `family/id` such as `losses/kd`." },
      { ...pipeline, optional: true, summary: "Also look in the plugins that this pipeline file loads." },
    ],
    options: [json],
    load: () => import("./commands/plugins-info.ts"),
  },
  {
    name: "schema",
    summary: "Write the schema by which editors complete and check pipelines, a project's own plugins among it.",
    positionals: [],
    options: [
      { name: "pipeline", value: "file", summary: "The plugins of this pipeline file are part of it." },
      { name: "out", value: "file", summary: "File to write; default: stdout." },
      json,
    ],
    load: () => import("./commands/schema.ts"),
  },
  {
    name: "runs list",
    summary: "List the runs of this store, latest first.",
    positionals: [],
    options: [json, store],
    load: () => import("./commands/runs-list.ts"),
  },
  {
    name: "runs show",
    summary: "Show a run: its stages with their times, its metrics, how it ended.",
    positionals: [{ name: "run", summary: "A run's id, the beginning of one, or `latest`." }],
    options: [json, store],
    load: () => import("./commands/runs-show.ts"),
  },
  {
    name: "runs diff",
    summary: "Show what differs between two runs: options, keys, metrics, times, versions.",
    positionals: [
      { name: "before", summary: "A run's id, the beginning of one, or `latest`." },
      { name: "after", summary: "The run that is held against it, named likewise." },
    ],
    options: [json, store],
    load: () => import("./commands/runs-diff.ts"),
  },
  {
    name: "cache ls",
    summary: "List the stored results.",
    positionals: [],
    options: [json, store],
    load: () => import("./commands/cache-ls.ts"),
  },
  {
    name: "cache verify",
    summary: "Hash every stored result again and set damaged ones aside.",
    positionals: [
      {
        ...pipeline,
        optional: true,
        summary: "Also compute a sample of this pipeline's results anew, such as soft labels by their teacher.",
      },
    ],
    options: [set, json, store, { ...backend, summary: "Backend for results that are computed anew; default: auto." }],
    load: () => import("./commands/cache-verify.ts"),
  },
  {
    name: "cache gc",
    summary: "Delete stored results that no recent run used, and what was set aside as damaged.",
    positionals: [],
    options: [
      {
        name: "keep",
        value: "runs",
        summary: "Keep what so many last successful runs of each pipeline used; default: 5.",
      },
      { name: "unfinished", summary: "Also delete the checkpoints of work that was never finished." },
      { name: "dry-run", summary: "Only say what would be deleted." },
      { name: "yes", summary: "Delete without asking." },
      json,
      store,
    ],
    load: () => import("./commands/cache-gc.ts"),
  },
  {
    name: "load-backend",
    summary: "Load a backend, multiply two numbers and report; started by doctor and setup.",
    positionals: [{ name: "backend", summary: "The backend's id." }],
    options: [],
    hidden: true,
    load: () => import("./commands/load-backend.ts"),
  },
];
