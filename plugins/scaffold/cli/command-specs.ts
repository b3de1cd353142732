/** What the command line has to know of the commands that write files to start from. */
export interface ScaffoldSpec {
  readonly name: string;
  readonly summary: string;
  readonly positionals: readonly { readonly name: string; readonly optional?: boolean; readonly summary: string }[];
  readonly options: readonly {
    readonly name: string;
    readonly value?: string;
    readonly repeatable?: boolean;
    readonly summary: string;
  }[];
}

const json = { name: "json", summary: "Write events for programs to stdout, one JSON object per line." };

/** Flags that answer the questions of `kdflow init`, in their order. */
export const answerFlags: ScaffoldSpec["options"] = [
  { name: "data", value: "folder", summary: "Images to learn from: a folder, or `mnist`." },
  { name: "image-size", value: "pixels", summary: "Side at which the student sees photos." },
  {
    name: "teacher",
    value: "file",
    summary: "A model to learn from: an ONNX file, a model.json, a darknet .cfg; or `train`, or `none`.",
  },
  {
    name: "classes",
    value: "file",
    summary:
      "Names of a teacher's classes that its file does not tell, one per line; or `data`, where they are the data's.",
  },
  {
    name: "budget",
    value: "count",
    summary: "Most parameters that the student may have, such as 500k or 1M; or `any`.",
  },
  { name: "student", value: "network", summary: "The student, such as mobilenet-v2:width=0.5." },
  { name: "loss", value: "id", summary: "Loss that brings the student to its teacher." },
  { name: "epochs", value: "count", summary: "Passes over the images." },
  { name: "baseline", value: "yes|no", summary: "Whether to train the student once more without its teacher." },
  { name: "export", value: "id", summary: "Exporter for the student, or `none`." },
  { name: "output", value: "file", summary: "File to write; default: distill.yaml." },
  { name: "overwrite", value: "yes|no", summary: "Whether to take the place of a file that is there." },
];

export const scaffoldSpecs: readonly ScaffoldSpec[] = [
  {
    name: "init",
    summary: "Ask what a pipeline needs, looking at images and models that are there, and write it.",
    positionals: [],
    options: [
      ...answerFlags,
      { name: "answers", value: "file", summary: "YAML file with answers, by the names of the options above." },
      { name: "yes", summary: "Answer every other question with its default." },
      {
        name: "from",
        value: "recipe",
        summary: "Start from a recipe that comes with kdflow instead; see kdflow recipes.",
      },
      { name: "no-probe", summary: "Do not measure on a few batches what a run would take." },
      json,
    ],
  },
  {
    name: "recipes",
    summary: "List the pipelines that come with kdflow, one line each, for kdflow init --from.",
    positionals: [],
    options: [json],
  },
  {
    name: "completion",
    summary: "Print the script by which a shell completes commands, options and their values.",
    positionals: [{ name: "shell", summary: "The shell: bash or zsh." }],
    options: [json],
  },
  {
    name: "plugins create",
    summary: "Make a package with one provider, its schema and its test, ready to build and publish.",
    positionals: [{ name: "name", summary: "Its folder; the package is kdflow-plugin-<name>." }],
    options: [
      {
        name: "family",
        value: "losses|backbones|data|teachers|exporters",
        summary: "What the provider is; default: losses.",
      },
      json,
    ],
  },
  {
    name: "export",
    summary: "Export the student of a run, finished or not, in a form that other programs run.",
    positionals: [{ name: "run", summary: "A run's id, the beginning of one, or `latest`." }],
    options: [
      {
        name: "format",
        value: "exporter",
        repeatable: true,
        summary: "An exporter, such as onnx, graph-model or layers-model; default: onnx.",
      },
      { name: "set", value: "option=value", repeatable: true, summary: "An option of the exporter, such as batch=1." },
      {
        name: "stage",
        value: "stage",
        summary: "Export the student of this stage; default: the last that is trained.",
      },
      {
        name: "weights",
        value: "best|last",
        summary: "Those of the best epoch so far, or the last ones; default: best.",
      },
      { name: "to", value: "folder", summary: "Put the files there; default: they stay in the store." },
      json,
      { name: "store", value: "folder", summary: "Where results and runs are kept; default: .kdflow." },
    ],
  },
  {
    name: "labels export",
    summary: "Write a detector's stored boxes of the training photos as labels, to be corrected and trained on.",
    positionals: [{ name: "run", summary: "A run's id, the beginning of one, or `latest`." }],
    options: [
      { name: "format", value: "coco|yolo|voc", summary: "Form of the files; needed." },
      { name: "to", value: "folder", summary: "Folder for the files, new or empty; default: labels-<format>." },
      { name: "min-score", value: "score", summary: "Boxes are written that score above this; default: 0.1." },
      { name: "stage", value: "stage", summary: "Boxes of this stage of soft labels; needed where there are several." },
      json,
      { name: "store", value: "folder", summary: "Where results and runs are kept; default: .kdflow." },
    ],
  },
  {
    name: "report",
    summary: "Tell where a run's page is: curves, metrics, stages, warnings; also with what a board measured.",
    positionals: [
      { name: "run", optional: true, summary: "A run's id, the beginning of one, or `latest`, which is the default." },
    ],
    options: [
      {
        name: "board",
        value: "result.json",
        repeatable: true,
        summary: "Also show, there and in the page, what measure.py of an export wrote on a board.",
      },
      { name: "open", summary: "Also open it in the browser." },
      json,
      { name: "store", value: "folder", summary: "Where results and runs are kept; default: .kdflow." },
    ],
  },
  {
    name: "data stats",
    summary: "Count photos, boxes of each class and their sizes, and tell what was left out and why; stores nothing.",
    positionals: [{ name: "pipeline", summary: "The pipeline file; all its data of photos with boxes are counted." }],
    options: [
      { name: "set", value: "path=value", repeatable: true, summary: "Change one value of the pipeline." },
      json,
    ],
  },
];
