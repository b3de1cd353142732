import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ClassMap, type Dataset, defineProvider, type ProviderOf, type SoftLabels } from "../../core/index.ts";
import type { DataPseudoLabelsOptions } from "../options.ts";
import { classificationId } from "../tasks/classification/names.ts";
import { selectedDataset } from "./samples/selected-dataset.ts";

/** The artifact's `pseudo-labels.json`: which samples were kept, and what the teacher takes them for. */
interface PseudoLabelsFile {
  readonly format: 1;
  readonly classNames: readonly string[];
  readonly indices: readonly number[];
  readonly labels: readonly number[];
}

/**
 * The training samples of a dataset of which the teacher is sure, labelled by it. The dataset's own labels, where it
 * has any, play no part.
 *
 * @see Lee (2013), "Pseudo-Label: The Simple and Efficient Semi-Supervised Learning Method for Deep Neural Networks"
 */
export const pseudoLabels: ProviderOf<"data"> = defineProvider<"data", DataPseudoLabelsOptions>("data", {
  id: "pseudo-labels",
  task: classificationId,
  summary: "the samples of a dataset of which a teacher is sure, under the teacher's labels",
  cacheVersion: 1,
  ports: { data: { accepts: ["data"] }, softLabels: { accepts: ["softLabels"] } },

  describe(_options, inputs) {
    const labels = inputs["softLabels"]?.[0];
    return {
      classNames: labels?.classNames && pseudoClasses(labels.classNames, labels.classMap),
      imageSize: inputs["data"]?.[0]?.imageSize,
    };
  },

  async run({ minScore }, inputs, context) {
    const { confidentSamples } = await import("./samples/confident-samples.ts");
    const { data, softLabels } = inputs as unknown as { readonly data: Dataset; readonly softLabels: SoftLabels };
    const classNames = pseudoClasses(softLabels.classNames, softLabels.classMap);
    const { indices, labels } = await confidentSamples(softLabels, classNames, { minScore, context });
    const kept = `kept ${indices.length} of ${softLabels.sampleCount} samples, with a score of ${minScore} or more`;
    context.log.info("pseudoLabels", { message: kept, kept: indices.length, of: data.splits.train.count });
    const file: PseudoLabelsFile = { format: 1, classNames, indices, labels };
    await writeFile(join(context.outputDir, "pseudo-labels.json"), `${JSON.stringify(file)}\n`);
  },

  async open({ directory }, _options, context) {
    const base = (await context.openInput("data")) as Dataset;
    const file = JSON.parse(await readFile(join(directory, "pseudo-labels.json"), "utf8")) as PseudoLabelsFile;
    const { classNames, indices, labels } = file;
    return selectedDataset(base, {
      classNames,
      indices: Int32Array.from(indices),
      labels: Int32Array.from(labels),
    });
  },
});

/** What the pipeline calls the teacher's classes; several that stand for one are one. */
function pseudoClasses(classNames: readonly string[], classMap: ClassMap | undefined): readonly string[] {
  return [...new Set(classNames.map((name) => classMap?.[name] ?? name))];
}
