/** What a failing command should tell the shell; see `docs/errors.md`. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 70 | 130;

/** Every error code of kdflow with its exit code and one sentence. A code is never reused for another meaning. */
export const errorCatalogue = {
  // config: reading, composing and validating the pipeline file
  KDF_CONFIG_MISSING_FILE: { exit: 2, summary: "A pipeline file, or a file it extends, is not there or not readable." },
  KDF_CONFIG_SYNTAX: { exit: 2, summary: "The file is not valid YAML." },
  KDF_CONFIG_VERSION: {
    exit: 2,
    summary: "The key `kdflow` is missing or names a version that this kdflow cannot read.",
  },
  KDF_CONFIG_UNKNOWN_KEY: { exit: 2, summary: "A key is not an option here." },
  KDF_CONFIG_MISSING_KEY: { exit: 2, summary: "A required option is missing." },
  KDF_CONFIG_TYPE: { exit: 2, summary: "A value has the wrong type." },
  KDF_CONFIG_VALUE: { exit: 2, summary: "A value is outside what is allowed." },
  KDF_CONFIG_UNKNOWN_PROVIDER: { exit: 2, summary: "`use` names a provider that no loaded plugin supplies." },
  KDF_CONFIG_MISSING_USE: { exit: 2, summary: "A stage or slot names no provider and its kind has no default one." },
  KDF_CONFIG_UNKNOWN_KIND: {
    exit: 2,
    summary: "A stage's name is not a kind and it has no `kind`, or its `kind` is none.",
  },
  KDF_CONFIG_UNKNOWN_VARIABLE: { exit: 2, summary: "A `$vars` or `$env` name is not defined." },
  KDF_CONFIG_EXTENDS_CYCLE: { exit: 2, summary: "Files extend each other in a circle." },
  KDF_CONFIG_RESERVED: {
    exit: 2,
    summary: "A feature whose key is reserved but which does not exist yet, such as `matrix`.",
  },
  KDF_CONFIG_SET: { exit: 2, summary: "A `--set` argument has no `=`, or its path does not exist." },
  // plan: wiring and checks before any compute
  KDF_PLAN_NOT_STORED: { exit: 2, summary: "What the stage that `--from` names takes is not stored." },
  KDF_PLAN_UNKNOWN_STAGE: {
    exit: 2,
    summary: "`inputs`, `--from`, `--until` or `--force` names a stage that does not exist.",
  },
  KDF_PLAN_UNFILLED_PORT: { exit: 2, summary: "A stage needs an input that no stage provides." },
  KDF_PLAN_UNKNOWN_PORT: { exit: 2, summary: "`inputs` names a port that the stage does not have." },
  KDF_PLAN_PORT_KIND: { exit: 2, summary: "A stage of the wrong kind is wired to a port." },
  KDF_PLAN_CYCLE: { exit: 2, summary: "Stages depend on each other in a circle." },
  KDF_PLAN_CLASSES: { exit: 2, summary: "A model does not know all classes of the data." },
  KDF_PLAN_CLASS_MAP: { exit: 2, summary: "`classMap` names a class that the model or the data does not have." },
  KDF_PLAN_TEACHER_INPUT: {
    exit: 2,
    summary: "A loss term needs the teacher, but neither soft labels nor a teacher are wired.",
  },
  KDF_PLAN_LOSS_INPUT: { exit: 2, summary: "A loss term needs an input that the trainer does not give." },
  KDF_PLAN_UNLABELLED: { exit: 2, summary: "A stage that needs labels is given data without any." },
  KDF_PLAN_LOSS_LABELS: {
    exit: 2,
    summary: "A loss term on labels does not take the second labels or class weights that the training has.",
  },
  KDF_PLAN_FEATURES: {
    exit: 2,
    summary: "A loss term does not say where it takes features, or names no tap, or one that is not stored.",
  },
  KDF_PLAN_CLASS_WEIGHTS: { exit: 2, summary: "`classWeights` names a class that the data does not have." },
  KDF_PLAN_OPTIONS: { exit: 2, summary: "Options are each valid but do not fit together." },
  KDF_PLAN_WEIGHTS: {
    exit: 2,
    summary: "The stage on `weights` cannot be started from, is for other classes, or there is none for `fresh`.",
  },
  KDF_PLAN_SOURCES: { exit: 2, summary: "Several sources of data, their soft labels and `mix` do not fit together." },
  // plugins
  KDF_PLUGIN_NOT_FOUND: { exit: 4, summary: "A plugin in `plugins:` cannot be found from the pipeline file's folder." },
  KDF_PLUGIN_LOAD: { exit: 4, summary: "A plugin throws while it is imported or applied, or its import does not end." },
  KDF_PLUGIN_INVALID: {
    exit: 4,
    summary: "A plugin does not export what `definePlugin` describes, or a provider of it is malformed.",
  },
  KDF_PLUGIN_API_VERSION: { exit: 4, summary: "A plugin was written for another version of the plugin API." },
  KDF_PLUGIN_DUPLICATE: { exit: 4, summary: "Two plugins supply a provider of the same family and id." },
  KDF_PLUGIN_HOOK: { exit: 1, summary: "A plugin's tap on a hook throws." },
  KDF_PLUGIN_HOOK_UNKNOWN: {
    exit: 4,
    summary: "A plugin taps a hook, or orders itself before a tap, that does not exist.",
  },
  KDF_PLUGIN_HANG: { exit: 1, summary: "A plugin's promise never settles and nothing else is left to do." },
  KDF_PLUGIN_PROVIDER: { exit: 1, summary: "A provider throws an error of its own while it works." },
  KDF_PLUGIN_FOREIGN_TENSOR: {
    exit: 1,
    summary: "A plugin hands over a tensor made by another copy of TensorFlow.js.",
  },
  // inputs from outside
  KDF_INPUT_MISSING_FILE: { exit: 2, summary: "A file or folder that an option points at is not there." },
  KDF_INPUT_FORMAT: { exit: 2, summary: "A file is not in the format that it should be in." },
  KDF_INPUT_TRUNCATED: { exit: 2, summary: "A file is shorter or longer than its header says." },
  KDF_INPUT_CLASSES: {
    exit: 2,
    summary: "A label lies outside the classes, or the class count is not what options say.",
  },
  KDF_INPUT_IMAGE_IDS: { exit: 2, summary: "Detections are of images that the ground truth does not have." },
  KDF_INPUT_DATASET: { exit: 1, summary: "What a provider of data opened contradicts itself." },
  KDF_INPUT_NO_CLASSES: {
    exit: 2,
    summary:
      "A folder that should hold a sub-folder for each class has none, or one that stands above the folders of the classes; or a training has one class alone.",
  },
  KDF_INPUT_IMAGE: { exit: 2, summary: "An image does not decode, or more images than `maxBadImages` allows." },
  KDF_INPUT_ROWS: {
    exit: 2,
    summary: "A file of soft labels does not have one row for each training sample and view.",
  },
  KDF_INPUT_CHANGED: { exit: 2, summary: "Files that a run used are no longer what they were." },
  KDF_INPUT_DOWNLOAD: { exit: 1, summary: "A file that the pipeline names could not be downloaded." },
  KDF_INPUT_SHA256: { exit: 2, summary: "A file's content does not have the SHA-256 that the pipeline gives." },
  KDF_INPUT_PICKLE: {
    exit: 2,
    summary: "A PyTorch file holds an object of a class other than those that state dicts consist of.",
  },
  KDF_INPUT_EMPTY: { exit: 2, summary: "A dataset, split or limit leaves no samples." },
  // tensors and training
  KDF_TENSORS_NO_BACKEND: { exit: 1, summary: "A backend was asked for that cannot be used here." },
  KDF_TENSORS_CAPTURE: { exit: 1, summary: "A captured training step changed after it was captured." },
  KDF_TENSORS_SHAPE: { exit: 1, summary: "A tensor does not have the shape it was declared with." },
  KDF_TRAIN_LOSS_VALUE: { exit: 1, summary: "A loss term gives something else than one number." },
  KDF_TRAIN_NETWORK: { exit: 1, summary: "A network or backbone builds something else than feature maps." },
  KDF_TRAIN_NOT_FINITE: { exit: 1, summary: "The loss, or one of its terms, became NaN or infinite." },
  KDF_TRAIN_NO_GRADIENT: { exit: 1, summary: "A trained weight has no gradient path from the loss." },
  KDF_TRAIN_STEP_MODE: { exit: 1, summary: "A checkpoint was written in another step mode or by another backend." },
  KDF_TRAIN_CHECKPOINT: { exit: 1, summary: "A checkpoint does not fit the model that should continue from it." },
  KDF_TRAIN_INPUT: { exit: 1, summary: "A loss term asks for an output or a tap that is not there." },
  KDF_TRAIN_FEATURES: { exit: 1, summary: "Features of student and teacher do not fit each other." },
  KDF_TRAIN_LAYERS: {
    exit: 1,
    summary: "`freeze`, `groups` or `fresh` names no layer of the network, or `freeze` leaves none to train.",
  },
  KDF_TRAIN_WEIGHTS: { exit: 1, summary: "The weights that a training starts from do not fit its network." },
  KDF_TEACHER_CHANCE: { exit: 1, summary: "The teacher scores near chance on a validation sample." },
  KDF_TEACHER_RUNTIME: { exit: 1, summary: "The runtime that a teacher needs is not installed or fails." },
  KDF_TEACHER_SHAPE: { exit: 2, summary: "A teacher's input or output does not have a shape that can be used." },
  KDF_TEACHER_DARKNET: {
    exit: 2,
    summary: "A darknet `.cfg` has a layer that is not translated, or does not fit its `.weights`.",
  },
  KDF_TEACHER_DECODER: { exit: 2, summary: "A detector's outputs do not fit a decoder." },
  KDF_TEACHER_OPERATOR: { exit: 1, summary: "A teacher's file uses an operator that its runtime does not know." },
  KDF_TEACHER_UNSTEADY: { exit: 1, summary: "A teacher answers the same image in different ways." },
  KDF_TEACHER_NOT_FINITE: { exit: 1, summary: "A teacher's or model's answer is NaN." },
  KDF_EVALUATE_REQUIRE: { exit: 1, summary: "A metric is below what `require` asks for." },
  KDF_EXPORT_KERNEL: { exit: 1, summary: "A network uses a kernel that no emitter of the export's format writes." },
  KDF_EXPORT_TRACE: { exit: 1, summary: "A network's forward pass is no fixed graph and cannot be exported." },
  KDF_EXPORT_PLACE: { exit: 1, summary: "An export cannot be put into its folder, or under the names of its photos." },
  KDF_EXPORT_NOTHING: { exit: 2, summary: "A run has no student yet, or no stored boxes, to export." },
  KDF_EXPORT_PYTHON: { exit: 1, summary: "Python, or a package of it that an export needs, is missing or failed." },
  KDF_EXPORT_CALIBRATION: { exit: 1, summary: "There are no images to take the ranges of feature maps from." },
  KDF_EXPORT_PARITY: { exit: 1, summary: "An exported model answers differently from the trained one." },
  // store and runs
  KDF_STORE_LOCKED: { exit: 3, summary: "Another run is working on the same stage result." },
  KDF_STORE_DISK_FULL: { exit: 1, summary: "The disk is full; nothing half-written is kept." },
  KDF_STORE_DAMAGED: { exit: 1, summary: "A stored artifact does not match its manifest." },
  KDF_STORE_UNREADABLE: { exit: 1, summary: "The store cannot be read or written." },
  KDF_RUN_NOT_FOUND: { exit: 2, summary: "There is no run of that id." },
  KDF_RUN_INTERRUPTED: {
    exit: 130,
    summary: "The run was interrupted; it continues from its checkpoint when started again.",
  },
  // command line
  KDF_CONFORMANCE_VECTORS: {
    exit: 2,
    summary: "A file of loss vectors does not have their form, or names options or inputs that the loss does not have.",
  },
  KDF_CLI_USAGE: { exit: 2, summary: "The command line does not fit the command." },
  KDF_CLI_ENVIRONMENT: { exit: 2, summary: "An environment variable of kdflow has a value that cannot be used." },
  KDF_CLI_OUTPUT: { exit: 1, summary: "What a command prints cannot be written." },
  KDF_CLI_OPEN_FILES: { exit: 1, summary: "The system does not let the process open more files." },
  KDF_SETUP_FAILED: { exit: 1, summary: "A runtime could not be provisioned and no other one works." },
  // ours
  KDF_INTERNAL: { exit: 70, summary: "A bug in kdflow." },
} as const;

export type ErrorCode = keyof typeof errorCatalogue;
