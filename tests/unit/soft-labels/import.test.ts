import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Dataset } from "../../../core/index.ts";
import { openParts } from "../../../core/store/parts.ts";
import { openStore } from "../../../core/store/store.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { encodeArrowFile } from "../../../plugins/soft-labels/files/arrow-file.ts";
import { openSoftLabels } from "../../../plugins/soft-labels/storing/label-store.ts";
import { classLabels } from "../../../plugins/tasks/classification/class-labels.ts";
import { mnistFolder } from "../../support/mnist-folder.ts";
import { npyBytes } from "../../support/npy.ts";
import { runPipeline } from "../../support/pipeline-run.ts";

let folder: string;
let dataset: Dataset;
/** Logits that favour the label, `[samples, views, classes]`. */
let logits: Float32Array;
let count = 0;
let runs = 0;
const views = 2;

beforeAll(async () => {
  ({ folder, dataset } = await mnistFolder({ train: 150, test: 10 }, { validation: 0.25 }));
  count = dataset.splits.train.count;
  const rng = createRng(3, "imported labels");
  logits = Float32Array.from({ length: count * views * 10 }, (_, at) => {
    const sample = Math.floor(at / 10 / views);
    return rng.normal() + (at % 10 === classLabels(dataset.splits.train)[sample] ? 4 : 0);
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const augment = "augment: [{ use: shift-crop, shift: 0.125 }]";

async function run(options: string, data = augment) {
  const storeDir = join(folder, `.kdflow-${++runs}`);
  const { made, notes, outcome } = await runPipeline(
    folder,
    `  data: { use: mnist, root: ./mnist, validation: 0.25, ${data} }\n  softLabels: { use: import, ${options} }\n`,
    { storeDir },
  );
  if (outcome.error !== undefined) throw outcome.error;
  const store = await openStore(storeDir);
  const labels = await openSoftLabels(made["softLabels"] ?? "", openParts(store, { provider: "import" }));
  const read = async (sample: number, view: number): Promise<number[]> => {
    const out = new Float32Array(10);
    await labels.read([sample], [view], out);
    return [...out];
  };
  const close = async (): Promise<void> => {
    await labels.close();
    await store.close();
  };
  return { notes, read, labels, close };
}

const row = (sample: number, view: number): number[] => {
  const at = (sample * views + view) * 10;
  return [...logits.subarray(at, at + 10)];
};

describe("soft labels made elsewhere", () => {
  it("are read from a NumPy file [samples, views, classes]", async () => {
    await writeFile(join(folder, "labels.npy"), npyBytes([count, views, 10], logits));
    const { read, notes, labels, close } = await run("file: ./labels.npy, views: 2, shardSize: 32");
    expect(labels).toMatchObject({ views: 2, sampleCount: count, classNames: dataset.classNames });
    for (const [sample, view] of [
      [0, 0],
      [33, 1],
      [count - 1, 1],
    ] as const) {
      expect(await read(sample, view)).toEqual(row(sample, view));
    }
    expect(notes[0]).toMatch(/labels\.npy" are taken to be logits$/);
    expect(notes[1]).toMatch(/labels\.npy" gets \d+ of \d+ training samples right \(\d\d\.\d %\)$/);
    await close();
  });

  it("are read from a NumPy file [samples, classes] of probabilities", async () => {
    const probabilities = new Float32Array(count * 10);
    for (let sample = 0; sample < count; sample++) {
      const total = row(sample, 0).reduce((sum, logit) => sum + Math.exp(logit), 0);
      for (const [c, logit] of row(sample, 0).entries()) probabilities[sample * 10 + c] = Math.exp(logit) / total;
    }
    await writeFile(join(folder, "probabilities.npy"), npyBytes([count, 10], probabilities));
    const { read, close } = await run("file: ./probabilities.npy");
    const found = await read(7, 0);
    // logits and logarithms of probabilities differ by one number in each row
    const shift = (found[0] ?? 0) - (row(7, 0)[0] ?? 0);
    for (const [c, logit] of row(7, 0).entries()) expect((found[c] ?? 0) - logit).toBeCloseTo(shift, 5);
    expect(found.reduce((sum, each) => sum + Math.exp(each), 0)).toBeCloseTo(1, 5);
    await close();
  });

  it("are found by sample and view in an Arrow file, in any order", async () => {
    const order = createRng(1, "rows").permutation(count * views);
    const bytes = await encodeArrowFile(
      count * views,
      [
        { name: "sample", type: "uint32", values: Uint32Array.from(order, (at) => Math.floor(at / views)) },
        { name: "view", type: "uint16", values: Uint16Array.from(order, (at) => at % views) },
        {
          name: "logits",
          type: "float32",
          listSize: 10,
          values: Float32Array.from([...order].flatMap((at) => row(Math.floor(at / views), at % views))),
        },
      ],
      new Map([["kdflow.classes", JSON.stringify(dataset.classNames)]]),
    );
    await writeFile(join(folder, "labels.arrow"), bytes);
    const { read, close } = await run("file: ./labels.arrow, views: 2");
    for (const [sample, view] of [
      [0, 0],
      [50, 1],
      [count - 1, 0],
    ] as const) {
      expect(await read(sample, view)).toEqual(row(sample, view));
    }
    await close();
  });

  it("are found by the records' digests, whatever the split leaves out", async () => {
    const { train, validation } = dataset.splits;
    const digests = [...validation.digests, ...train.digests].reverse();
    const places = digests.map((digest) => train.digests.indexOf(digest));
    const bytes = await encodeArrowFile(
      digests.length,
      [
        { name: "digest", type: "uint8", listSize: 32, values: Uint8Array.from(Buffer.from(digests.join(""), "hex")) },
        {
          name: "logits",
          type: "float32",
          listSize: 10,
          values: Float32Array.from(
            places.flatMap((place) => (place < 0 ? new Array<number>(10).fill(0) : row(place, 0))),
          ),
        },
      ],
      new Map(),
    );
    await writeFile(join(folder, "digests.arrow"), bytes);
    const { read, close } = await run("file: ./digests.arrow");
    for (const sample of [0, 20, count - 1]) expect(await read(sample, 0)).toEqual(row(sample, 0));
    await close();
  });

  it("in another order than the samples are refused", async () => {
    const turned = Float32Array.from({ length: count }, (_, at) => count - 1 - at);
    const rows = Float32Array.from([...turned].flatMap((sample) => row(sample, 0)));
    await writeFile(join(folder, "turned.npy"), npyBytes([count, 10], rows));
    await expect(run("file: ./turned.npy")).rejects.toMatchObject({ code: "KDF_TEACHER_CHANCE" });
  });

  it.each([
    ["rows", () => npyBytes([count - 1, 10], logits.slice(0, (count - 1) * 10)), "views: 1", "KDF_INPUT_ROWS"],
    ["views", () => npyBytes([count, views, 10], logits), "views: 3", "KDF_INPUT_ROWS"],
    [
      "classes",
      () => npyBytes([count * views, 9], new Float32Array(count * views * 9)),
      "views: 2",
      "KDF_INPUT_CLASSES",
    ],
    ["length", () => npyBytes([count, views, 10], logits.subarray(1)), "views: 2", "KDF_INPUT_FORMAT"],
    ["format", () => Buffer.from("sample,logit\n"), "views: 2", "KDF_INPUT_FORMAT"],
    [
      "NaN",
      () =>
        npyBytes(
          [count, views, 10],
          logits.map((logit, at) => (at === 47 ? Number.NaN : logit)),
        ),
      "views: 2",
      "KDF_TEACHER_NOT_FINITE",
    ],
  ])("of wrong %s are refused", async (what, bytes, options, code) => {
    await writeFile(join(folder, `${what}.npy`), bytes());
    await expect(run(`file: ./${what}.npy, ${options}`)).rejects.toMatchObject({ code });
  });
});
