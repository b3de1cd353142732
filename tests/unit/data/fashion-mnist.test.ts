import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fashionMnist } from "../../../plugins/data/fashion-mnist.ts";
import { classLabels } from "../../../plugins/tasks/classification/class-labels.ts";
import { openWorkbench, type Workbench } from "../../support/stage-workbench.ts";

const script = fileURLToPath(new URL("../../../scripts/fashion-mnist-to-idx.mjs", import.meta.url));

let bench: Workbench;
beforeEach(async () => {
  bench = await openWorkbench();
});
afterEach(() => bench[Symbol.asyncDispose]());

/** The layout of the npm package: a file per class, a list of images each, one of them empty. */
async function writePackage(folder: string, perClass: number): Promise<void> {
  await mkdir(join(folder, "src", "clothes"), { recursive: true });
  for (let label = 0; label < 10; label++) {
    const data: number[][] = Array.from({ length: perClass }, (_, place) =>
      Array.from({ length: 784 }, (_, pixel) => (label * 20 + place + pixel) % 256),
    );
    if (label === 3) data.push([]);
    await writeFile(join(folder, "src", "clothes", `${label}.json`), JSON.stringify({ data }));
  }
}

const options = { root: "fashion", validation: 0, augment: [] };

describe("data/fashion-mnist", () => {
  it("reads the IDX files that the converter makes of the npm package", async () => {
    await writePackage(join(bench.folder, "package"), 12);
    const folders = [join(bench.folder, "package"), join(bench.folder, "fashion")];
    const { stdout } = await promisify(execFile)(process.execPath, [script, ...folders]);
    expect(stdout.trim()).toBe("100 training and 20 test records; 1 empty records left out");
    const data = await bench.data(options, 7, fashionMnist);
    expect(data.classNames[9]).toBe("Ankle boot");
    expect([...classLabels(data.splits.train).subarray(0, 12)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    // the sixth and the twelfth record of each class
    expect([...classLabels(data.splits.test)]).toEqual([...Array(2)].flatMap(() => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    const pixels = new Uint8Array(784);
    await data.splits.test.render([13], undefined, data.imageSize, pixels);
    expect([...pixels]).toEqual(Array.from({ length: 784 }, (_, pixel) => (3 * 20 + 11 + pixel) % 256));
  });

  it("says where its files come from where they are missing", async () => {
    const planned = async () => fashionMnist.describe?.(options as never, {}, bench.context(0, bench.folder));
    await expect(planned()).rejects.toMatchObject({
      code: "KDF_INPUT_MISSING_FILE",
      hint: expect.arrayContaining([expect.stringContaining("scripts/fashion-mnist-to-idx.mjs")]),
    });
  });
});
