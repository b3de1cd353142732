import { join } from "node:path";
import { parseArgs } from "node:util";
import { wholeNumber } from "../command-line.ts";

export interface ViewsBenchOptions {
  /** The recipe whose soft labels are changed. */
  readonly pipeline: string;
  /** Numbers of views that are stored; a teacher in the loop comes last. */
  readonly views: readonly number[];
  /** As for `kdflow run`, for all variants. */
  readonly set: readonly string[];
  /** The teacher is taken from there, or kept there. */
  readonly store: string;
  /** File for the JSON. */
  readonly output: string;
}

export const usage = `usage: npm run bench -- views [options]
  --pipeline FILE  a recipe with the stages teacher, softLabels, train and evaluate
                   (default: pipelines/classification/kd/shufflenet-v2-from-resnet.yaml)
  --views A,B      views of each sample that are stored; online comes last by itself (default: 1,4,8)
  --set PATH=VALUE as for kdflow run, for all variants; may be repeated
  --store FOLDER   whose teacher is used; soft labels and students are made anew (default: .kdflow)
  --output FILE    where the JSON goes (default: .kdflow/bench/views.json)`;

/** @throws Error that says what is wrong with the arguments */
export function parseOptions(args: readonly string[]): ViewsBenchOptions {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { pipeline: text, views: text, set: { type: "string", multiple: true }, store: text, output: text },
  });
  return {
    pipeline: values.pipeline ?? join("pipelines", "classification", "kd", "shufflenet-v2-from-resnet.yaml"),
    views: (values.views ?? "1,4,8").split(",").map((count) => wholeNumber("views", count)),
    set: values.set ?? [],
    store: values.store ?? ".kdflow",
    output: values.output ?? ".kdflow/bench/views.json",
  };
}
