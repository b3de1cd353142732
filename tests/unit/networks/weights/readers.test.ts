import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { KdflowError } from "../../../../core/index.ts";
import { readTensorFile } from "../../../../plugins/networks/weights/read-tensor-file.ts";
import type { TensorFile } from "../../../../plugins/networks/weights/tensor-file.ts";

const fixtures = fileURLToPath(new URL("../../../fixtures/weights/", import.meta.url));

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "kdflow-readers-"));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function read(name: string): Promise<TensorFile> {
  return readTensorFile(join(fixtures, name), sha256(await readFile(join(fixtures, name))));
}

async function readBytes(bytes: Uint8Array, name = "file.pt"): Promise<TensorFile> {
  await writeFile(join(directory, name), bytes);
  return readTensorFile(join(directory, name), sha256(bytes));
}

/** Names, shapes and numbers of a file, as plain data. */
function plain({
  tensors,
}: TensorFile): Readonly<Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>> {
  const entries = [...tensors].map(([name, { shape, values }]) => [name, { shape, values: [...values] }] as const);
  return Object.fromEntries(entries);
}

const eighths = Array.from({ length: 12 }, (_, i) => i / 8);

/** What scripts/goldens/weight_files.py wrote. */
const state = {
  "conv.weight": { shape: [2, 3, 2, 1], values: eighths },
  "conv.half": { shape: [3], values: [0, 2, 4].map((i) => i / 8 - 1) },
  "conv.brain": { shape: [3], values: [0, 2, 4].map((i) => (i / 8) * -4) },
  "conv.double": { shape: [3], values: [7, 9, 11].map((i) => i / 8) },
  "bn.num_batches_tracked": { shape: [], values: [7] },
};

describe("a state dict is the same in every form", () => {
  test.each(["zip.pt", "legacy.pt", "state.safetensors", "stored.npz", "deflated.npz"])("%s", async (name) => {
    expect(plain(await read(name))).toEqual(state);
  });
});

describe("PyTorch files", () => {
  test("of whole trainings give the state dict that they keep, without `module.`", async () => {
    const { tensors } = await read("checkpoint.pt");

    expect([...tensors.keys()]).toEqual(["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]);
    expect([...(tensors.get("running_var")?.values ?? [])]).toEqual([1, 1]);
  });

  test("may hold views of any strides", async () => {
    const { strided, slice } = plain(await read("strided.pt"));

    const at = (o: number, i: number, y: number): number => (6 * o + 2 * i + y) / 8;
    expect(strided?.shape).toEqual([1, 2, 3, 2]);
    expect(strided?.values).toEqual([0, 1].flatMap((y) => [0, 1, 2].flatMap((i) => [0, 1].map((o) => at(o, i, y)))));
    expect(slice?.values).toEqual([0, 1].flatMap((o) => [1, 2].flatMap((i) => [0, 1].map((y) => at(o, i, y)))));
  });

  test.each([
    ["whole-model.pt", "__main__.Net"],
    ["payload.pt", "posix.system"],
    ["payload-legacy.pt", "posix.system"],
  ])("%s is refused by the name of its class, and nothing is run", async (name, className) => {
    await expect(read(name)).rejects.toMatchObject({
      code: "KDF_INPUT_PICKLE",
      message: expect.stringContaining(`"${className}"`),
      hint: expect.arrayContaining([expect.stringContaining("state_dict()")]),
    });
    expect(existsSync("kdflow-was-here")).toBe(false);
  });
});

describe("damaged files end in errors of ours", () => {
  const coded = async (bytes: Uint8Array): Promise<unknown> =>
    readBytes(bytes).then(
      () => undefined,
      (error: unknown) => (error instanceof KdflowError ? undefined : error),
    );

  test.each(["zip.pt", "legacy.pt", "state.safetensors", "stored.npz", "payload-legacy.pt"])(
    "%s, cut anywhere",
    async (name) => {
      const bytes = await readFile(join(fixtures, name));
      for (let length = 0; length < bytes.length; length += 7) {
        expect([length, await coded(bytes.subarray(0, length))]).toEqual([length, undefined]);
      }
    },
  );

  test.each(["zip.pt", "legacy.pt", "state.safetensors", "deflated.npz"])("%s, with any byte changed", async (name) => {
    const bytes = await readFile(join(fixtures, name));
    for (let at = 0; at < bytes.length; at += 5) {
      for (const value of [0x00, 0x28, 0x52, 0xff]) {
        const damaged = Buffer.from(bytes);
        damaged[at] = value;
        expect([at, value, await coded(damaged)]).toEqual([at, value, undefined]);
      }
    }
  });

  test("a cut stream form is told as such", async () => {
    const bytes = await readFile(join(fixtures, "legacy.pt"));

    await expect(readBytes(bytes.subarray(0, -4))).rejects.toMatchObject({ code: "KDF_INPUT_TRUNCATED" });
  });

  test("a folder, and text, are no weights", async () => {
    await expect(readTensorFile(directory, sha256(Buffer.of()))).rejects.toMatchObject({ code: "KDF_INPUT_FORMAT" });
    await expect(readBytes(Buffer.from("weights"), "notes.txt")).rejects.toMatchObject({
      code: "KDF_INPUT_FORMAT",
      hint: [expect.stringContaining("safetensors")],
    });
  });

  test("a header that claims more than the file has is refused before anything is allocated", async () => {
    const header = JSON.stringify({ big: { dtype: "F32", shape: [1e9, 1e9], data_offsets: [0, 16] } });
    const length = Buffer.alloc(8);
    length.writeUInt32LE(header.length);

    await expect(readBytes(Buffer.concat([length, Buffer.from(header), Buffer.alloc(16)]))).rejects.toMatchObject({
      code: "KDF_INPUT_TRUNCATED",
    });
  });
});
