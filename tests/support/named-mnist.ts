import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Dataset, type DatasetSplit, definePlugin, defineProvider, type Plugin } from "../../core/index.ts";
import { mnist } from "../../plugins/data/mnist.ts";
import { classLabels } from "../../plugins/tasks/classification/class-labels.ts";

interface NamedOptions {
  readonly root: string;
  readonly validation: number;
  /** Names of the classes in their order; some may have no images. */
  readonly classes: readonly string[];
  /** The class of each digit. */
  readonly digits: readonly string[];
}

const mnistOptions = ({ root, validation }: NamedOptions) => ({ root, validation, augment: [] }) as never;

/** MNIST's images under other class names, in another order, or with digits put together into one class. */
const named = defineProvider<"data", NamedOptions>("data", {
  id: "named-mnist",
  task: "classification",
  summary: "MNIST with classes of other names.",
  cacheVersion: 1,
  seeded: true,
  schema: {
    type: "object",
    description: "MNIST with classes of other names.",
    additionalProperties: false,
    required: ["root", "classes", "digits"],
    properties: {
      root: { type: "string", description: "Folder of the IDX files." },
      validation: { type: "number", default: 0.1, description: "Share held out." },
      classes: { type: "array", items: { type: "string" }, description: "Names of the classes in their order." },
      digits: { type: "array", items: { type: "string" }, description: "The class of each digit." },
    },
  },
  fingerprint: async (options, context) => (await mnist.fingerprint?.(mnistOptions(options), context)) ?? {},
  describe: async (options, inputs, context) => ({
    ...(await mnist.describe?.(mnistOptions(options), inputs, context)),
    classNames: options.classes,
  }),
  async run(options, inputs, context) {
    await mnist.run(mnistOptions(options), inputs, context);
    await writeFile(join(context.outputDir, "names.json"), JSON.stringify([options.classes, options.digits]));
  },
  async open(artifact, options, context): Promise<Dataset> {
    const dataset = await mnist.open(artifact, mnistOptions(options), context);
    const { train, validation, test } = dataset.splits;
    const relabelled = (split: DatasetSplit): DatasetSplit => {
      const truth = classLabels(split).map((digit) => options.classes.indexOf(options.digits[digit] ?? ""));
      return { ...split, truth };
    };
    return {
      ...dataset,
      classNames: options.classes,
      digest: createHash("sha256")
        .update(JSON.stringify([dataset.digest, options]))
        .digest("hex"),
      splits: { train: relabelled(train), validation: relabelled(validation), test: relabelled(test) },
    };
  },
});

export const namedMnist: Plugin = definePlugin({
  name: "named-mnist",
  version: "1.0.0",
  kdflow: "^1",
  providers: [named],
});
