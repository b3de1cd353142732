import { defineProvider, type ProviderOf } from "../../core/index.ts";
import type { DataMnistOptions } from "../options.ts";
import { checkMnistFiles } from "./check-mnist-files.ts";
import { readIdxLabels } from "./idx.ts";
import { findMnistFiles, type MnistFiles } from "./mnist-files.ts";
import { mixesSamples } from "./views.ts";

const classNames = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;

/**
 * MNIST, or another data set in its files (Fashion-MNIST, KMNIST). The artifact holds the split and the records'
 * digests; pixels stay in the IDX files and are read when a later stage first wants them.
 *
 * @see LeCun, Bottou, Bengio, Haffner (1998), "Gradient-based learning applied to document recognition"
 */
export const mnist: ProviderOf<"data"> = defineProvider<"data", DataMnistOptions>("data", {
  id: "mnist",
  summary: "MNIST from its own IDX files",
  reference: "doi:10.1109/5.726791",
  cacheVersion: 1,
  cacheIgnore: ["root"],
  seeded: true,

  async fingerprint(options, context) {
    const files = await findMnistFiles(options.root, context.baseDir);
    const names = Object.keys(files) as (keyof MnistFiles)[];
    const digests = await Promise.all(
      names.map(async (name) => [name, await context.fileDigest(files[name])] as const),
    );
    return Object.fromEntries(digests);
  },

  async describe(options, _inputs, context) {
    const files = await findMnistFiles(options.root, context.baseDir);
    const { imageSize } = await checkMnistFiles(files);
    await Promise.all([
      readIdxLabels(files.trainLabels, classNames.length),
      readIdxLabels(files.testLabels, classNames.length),
    ]);
    return { classNames, imageSize, mixes: mixesSamples(options.augment, context) };
  },

  async run(options, _inputs, context) {
    const { writeMnist } = await import("./mnist-dataset.ts");
    await writeMnist(options, classNames, context);
  },

  async open({ directory }, options, context) {
    const { openMnist } = await import("./mnist-dataset.ts");
    return openMnist(directory, options, context);
  },
});
