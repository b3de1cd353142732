/** Commands that other tools have, and what does the same here. */
const commands: Readonly<Record<string, string>> = {
  train: "kdflow run <pipeline> trains, after all that the training needs",
  resume: "a run goes on where it ended by itself: kdflow run <pipeline>",
  list: "kdflow runs list, kdflow plugins list, kdflow cache ls",
  ls: "kdflow runs list, kdflow plugins list, kdflow cache ls",
  show: "kdflow runs show <run>",
  clean: "kdflow cache gc",
  install: "kdflow setup fetches the native backend; plugins are installed by npm",
  test: "kdflow evaluate scores files of detections; the stage `evaluate` of a pipeline scores its models",
};

/** Options that other tools have. */
const options: Readonly<Record<string, string>> = {
  "dry-run": "kdflow plan <pipeline> shows what a run would do",
  resume: "a run goes on where it ended by itself: run it again as it was",
  continue: "a run goes on where it ended by itself: run it again as it was",
  watch: "kdflow does not watch files: run it again, and only what has changed is computed",
  config: "the pipeline file is an argument: kdflow run pipeline.yaml",
  epochs: "--set stages.train.epochs=<count>",
  "batch-size": "--set stages.train.batchSize=<count>",
  seed: "--set stages.train.seed=<number>",
  device: "--backend <id>; kdflow doctor shows which there are",
  quiet: "kdflow run <pipeline> >/dev/null leaves warnings and errors alone",
};

/** What to do instead of a command that kdflow does not have; nothing where it is no habit from elsewhere. */
export const habitOfCommand = (name: string): readonly string[] => [commands[name] ?? []].flat();

/** The same for an option, without its dashes. */
export const habitOfOption = (name: string): readonly string[] => [options[name] ?? []].flat();
