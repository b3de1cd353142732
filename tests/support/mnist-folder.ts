import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dataset } from "../../core/index.ts";
import { writeTinyMnist } from "./mnist.ts";
import { openWorkbench } from "./stage-workbench.ts";

/**
 * A temporary folder with a small MNIST in `mnist`, and the dataset that `data: { use: mnist, root: ./mnist }` makes of
 * it. Who asks removes the folder.
 *
 * @param options further options of the data, such as `validation`
 */
export async function mnistFolder(
  images: { readonly train: number; readonly test: number },
  options: object,
): Promise<{ readonly folder: string; readonly dataset: Dataset }> {
  const folder = await mkdtemp(join(tmpdir(), "kdflow-digits-"));
  await writeTinyMnist(join(folder, "mnist"), images);
  await using bench = await openWorkbench();
  return { folder, dataset: await bench.data({ root: join(folder, "mnist"), ...options }, 0) };
}
