import { defineProvider, KdflowError, type PlanContext, type ProviderOf } from "../../core/index.ts";
import type { DataCifarOptions } from "../options.ts";
import { classificationId } from "../tasks/classification/names.ts";
import { type CifarFiles, cifarForm, cifarSide, countRecords, findCifar } from "./cifar/cifar-files.ts";
import { emptySplits } from "./samples/empty-splits.ts";
import { augmentFacts } from "./views/views.ts";

/**
 * CIFAR-10 and CIFAR-100 from the files of their binary version. Pixels stay in these files.
 *
 * @see Krizhevsky (2009), "Learning Multiple Layers of Features from Tiny Images"
 */
export const cifar: ProviderOf<"data"> = defineProvider<"data", DataCifarOptions>("data", {
  id: "cifar",
  task: classificationId,
  summary: "CIFAR-10 and CIFAR-100 from their own binary files",
  cacheVersion: 1,
  cacheIgnore: ["root"],
  seeded: true,

  async recognise(folder) {
    for (const version of [10, 100] as const) {
      const form = cifarForm(version, "fine");
      const files = await findCifar(form, folder, folder).catch(() => undefined);
      if (files === undefined) continue;
      const trains = await Promise.all(files.train.map((path) => countRecords(path, form)));
      const counts = {
        train: trains.reduce((sum, count) => sum + count, 0),
        test: await countRecords(files.test, form),
      };
      const { classNames } = files;
      return { options: { root: folder, version }, classNames, counts, sizes: [[cifarSide, cifarSide]] };
    }
    return undefined;
  },

  async fingerprint(options, context) {
    const { train, test, classNames } = await find(options, context);
    const digests: Record<string, string> = { classes: classNames.join(", ") };
    for (const [place, path] of train.entries()) digests[`train${place + 1}`] = await context.fileDigest(path);
    return { ...digests, test: await context.fileDigest(test) };
  },

  async describe(options, _inputs, context) {
    if (options.version === 10 && options.labels === "coarse") {
      throw new KdflowError("KDF_PLAN_OPTIONS", "CIFAR-10 has no coarse labels", {
        hint: "leave out `labels`, or set `version: 100`",
      });
    }
    const { classNames } = await find(options, context);
    const imageSize = { height: cifarSide, width: cifarSide, channels: 3 };
    const facts = { emptySplits: emptySplits(options, new Set(["test"])), ...augmentFacts(options.augment, context) };
    return { classNames, imageSize, ...facts };
  },

  async run(options, _inputs, context) {
    const { writeCifar } = await import("./cifar/cifar-dataset.ts");
    await writeCifar(options, context);
  },

  async open({ directory }, options, context) {
    const { openCifar } = await import("./cifar/cifar-dataset.ts");
    return openCifar(directory, options, context);
  },
});

function find({ version, labels, root }: DataCifarOptions, { baseDir }: PlanContext): Promise<CifarFiles> {
  return findCifar(cifarForm(version, labels), root, baseDir);
}
