/** A task that kdflow does not know goes the whole way from YAML, supplied by one plugin. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Metrics } from "../../../core/index.ts";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";
import { nativeReason } from "../../support/backend.ts";
import { kdflow } from "../cli/command-line.ts";

const plugin = new URL("../../fixtures/plugins/points.js", import.meta.url).pathname;
const pipeline = `kdflow: 1
name: points
plugins: [${plugin}]
stages:
  data: { use: spots, train: 512 }
  teacher: { use: train, epochs: 24, batchSize: 32, network: { use: point-net, filters: 16 }, loss: point-distance,
    optimizer: { use: adam, learningRate: 0.005 } }
  softLabels: { use: logits, views: 1, precision: float32 }
  student: { use: point-net, filters: 8 }
  loss: { point-distance: 0.5, point-imitation: 0.5 }
  train: { epochs: 16, batchSize: 32, optimizer: { use: adam, learningRate: 0.005 } }
  evaluate: { use: scores, require: { distance: 0.2 } }
  export: layers-model
`;

let folder: string;
let reason: string | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-points-"));
  reason = await nativeReason();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("is trained, stored, distilled, compared, exported and predicted with, captured", async () => {
  const file = join(folder, "points.yaml");
  await writeFile(file, pipeline);
  const modes = new Map<string, unknown>();
  const session = await openSession({
    file,
    builtins: [builtins],
    storeDir: join(folder, ".kdflow"),
    backend: reason === undefined ? "tensorflow" : "wasm",
    observe: (hooks) =>
      hooks.log.tap("test", ({ stage, event, data }) => {
        if (event === "stepMode") modes.set(stage, data["mode"]);
      }),
  });
  const outcome = await session.run();
  if (outcome.error !== undefined) throw outcome.error;
  const mode = reason === undefined ? "captured" : "eager";
  expect(Object.fromEntries(modes)).toEqual({ teacher: mode, train: mode, "train.baseline": mode });

  const { rows, task } = outcome.metrics["evaluate"] as Metrics;
  expect(task).toBe("points");
  expect(rows.map(({ role }) => role)).toEqual(["teacher", "student", "baseline"]);
  const distances = rows.map(({ metrics }) => metrics["distance"]?.mean ?? Number.NaN);
  // the middle of the image is about 0.27 off
  for (const distance of distances) expect(distance).toBeLessThan(0.2);
  expect(rows[1]?.metrics["agreement"]?.mean).toBeGreaterThan(0);

  await mkdir(join(folder, "new"));
  const spot = Buffer.alloc(16 * 16, 20);
  for (const at of [3 * 16 + 10, 3 * 16 + 11, 4 * 16 + 10, 4 * 16 + 11, 5 * 16 + 10, 5 * 16 + 11]) spot[at] = 255;
  await sharp(spot, { raw: { width: 16, height: 16, channels: 1 } })
    .png()
    .toFile(join(folder, "new/spot.png"));
  const result = await kdflow(
    "predict",
    "latest",
    join(folder, "new"),
    "--json",
    "--sheet",
    join(folder, "sheet.png"),
    "--store",
    join(folder, ".kdflow"),
  );
  expect(result.stderr).not.toContain("KDF_");
  const prediction = JSON.parse(result.stdout.split("\n")[0] ?? "{}");
  expect(prediction).toMatchObject({ event: "prediction", file: expect.stringContaining("spot.png") });
  const [x, y] = prediction.point;
  expect(Math.hypot(x - 11 / 16, y - 4.5 / 16)).toBeLessThan(0.25);
  expect((await readFile(join(folder, "sheet.png"))).subarray(1, 4).toString()).toBe("PNG");
}, 300_000);
