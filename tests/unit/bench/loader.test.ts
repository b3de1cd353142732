import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { trainOnPhotos } from "../../bench/loader/measure.ts";
import { measureLoader } from "../../bench/loader/measure-loader.ts";
import { parseOptions } from "../../bench/loader/options.ts";
import { markdown } from "../../bench/loader/report.ts";
import { writeSyntheticPhotos } from "../../bench/loader/synthetic-photos.ts";

it("measures a training on photos, and the same with its photos in memory", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kdflow-bench-loader-"));
  vi.stubEnv("KDFLOW_STEP", "eager");
  const backbone = "{ use: resnet, depth: 8 }";
  const options = parseOptions(["--images", "30", "--side", "24", "--batch", "16", "--backbone", backbone]);
  const photos = join(folder, "photos");
  await writeSyntheticPhotos(photos, 30, 24);
  expect(await measureLoader(photos, 16, options)).toBeGreaterThan(0);
  for (const inMemory of [false, true]) {
    const trainedOn = { photos, inMemory, images: 30, inputSide: 16 };
    const epochs = await trainOnPhotos(trainedOn, folder, { ...options, epochs: 2 }, () => undefined);
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
    for (const { waiting, step, reading, rest } of epochs) expect(waiting + step + reading + rest).toBeCloseTo(1, 9);
  }
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

it("holds decoding against the step, both alone, and takes medians of all epochs but the first", () => {
  const options = parseOptions(["--images", "640", "--input", "64,96", "--workers", "1"]);
  const epoch = (number: number, imagesPerSecond: number, waiting: number) => {
    const shares = { waiting, step: 0.9 - waiting, reading: 0.06, rest: 0.04 };
    return { epoch: number, seconds: 1, imagesPerSecond, ...shares, rssMib: 300, load: 0.5 };
  };
  const epochs = [epoch(1, 10, 0.5), epoch(2, 300, 0.02), epoch(3, 310, 0.03), epoch(4, 290, 0.01)];
  const inMemory = [epoch(1, 10, 0), epoch(2, 400, 0)];
  const [what, , , , row] = markdown(options, 2, [{ inputSide: 64, loaderAlone: 500, epochs, inMemory }]).split("\n");
  expect(options.inputSides).toEqual([64, 96]);
  expect(what).toContain("640 JPEGs of 224 px, { use: mobilenet-v2, width: 0.35 }, batch 32; 1 thread decodes");
  const cells = (row ?? "").split("|").map((cell) => cell.trim());
  expect(cells).toEqual(["", "64 px", "500 images/s", "400 images/s", "0.80", "300 images/s", "2.0 %", ""]);
});
